"""Where the parts of a stack are, and how a command finds them.

A stack that ``up`` or ``demo`` started notes its addresses in its data folder; a command
takes what the settings say and, for the rest, that note. The note holds the messenger's
token and is readable by its owner alone.
"""

import json
import os
from dataclasses import asdict, dataclass, fields
from enum import Enum
from pathlib import Path

from rollcall.settings import Settings

NOTE = "stack.json"


class NoAddress(Exception):
    """A server is needed, and neither the settings nor a data folder say where it is."""


class Server(Enum):
    """What a command may need: its name in ``Addresses``, and the variable that gives it."""

    KAFKA = ("kafka", "ROLLCALL_KAFKA__BOOTSTRAP")
    POSTGRES = ("postgres", "ROLLCALL_POSTGRES__URL")
    MESSENGER = ("messenger", "ROLLCALL_MESSENGER__URL")
    TOKEN = ("messenger_token", "ROLLCALL_MESSENGER__TOKEN")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Bootstrap address, connection URI, base URLs; what ``up`` prints as one JSON line."""

    kafka: str | None
    postgres: str | None
    messenger: str | None
    messenger_token: str | None
    console: str | None
    metrics: str | None
    webhook: str | None = None
    """Where the messenger tells a stack's own process of changes; no business of others."""

    def shown(self) -> dict[str, str | None]:
        """What others may need."""
        return {name: value for name, value in asdict(self).items() if name != "webhook"}

    def need(self, *servers: Server) -> None:
        """Nothing, or an error that names every one of the servers that has no address."""
        lacking = [server for server in servers if getattr(self, server.value[0]) is None]
        if lacking:
            variables = ", ".join(server.value[1] for server in lacking)
            message = f"no address: set {variables}; or name a running stack by --data-dir"
            raise NoAddress(message)

    def need_kafka(self) -> str:
        """Kafka's bootstrap address, or an error that says how to give one."""
        self.need(Server.KAFKA)
        return self.kafka or ""

    def need_postgres(self) -> str:
        """PostgreSQL's address, or an error that says how to give one."""
        self.need(Server.POSTGRES)
        return self.postgres or ""

    def need_messenger(self) -> tuple[str, str]:
        """The messenger's base URL and token, or an error that says how to give them."""
        self.need(Server.MESSENGER, Server.TOKEN)
        return self.messenger or "", self.messenger_token or ""


def from_settings(settings: Settings) -> Addresses:
    """What the settings say."""
    token = settings.messenger.token
    return Addresses(
        kafka=settings.kafka.bootstrap,
        postgres=settings.postgres.url,
        messenger=settings.messenger.url,
        messenger_token=None if token is None else token.get_secret_value(),
        console=None,
        metrics=None,
    )


def find(settings: Settings) -> Addresses:
    """What the settings say and, for the rest, the note of the stack in ``data_dir``.

    Raises:
        NoAddress: there is no readable note in the folder.
    """
    given = from_settings(settings)
    if settings.data_dir is None:
        return given
    noted = read(settings.data_dir)
    merged = {
        field.name: getattr(given, field.name) or getattr(noted, field.name)
        for field in fields(Addresses)
    }
    return Addresses(**merged)


def read(data_dir: Path) -> Addresses:
    """The note of the stack that runs, or last ran, in this folder."""
    try:
        noted = json.loads((data_dir / NOTE).read_text("utf-8"))
        return Addresses(**noted)
    except (OSError, ValueError, TypeError) as error:
        message = f"no stack was started in {data_dir}: run `up --data-dir {data_dir}` first"
        raise NoAddress(message) from error


def write(data_dir: Path, addresses: Addresses) -> None:
    """Leave the note, whole or not at all, for the owner's eyes only."""
    data_dir.mkdir(parents=True, exist_ok=True)
    draft = data_dir / f"{NOTE}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(addresses.shown(), file)
    draft.replace(data_dir / NOTE)
