"""The servers of a stack: real PostgreSQL and Kafka and the simulator, where none is configured.

``up`` and ``demo`` start here. Guarantees: what has an address in the settings is used as it
is; what is started lives in the data folder and outlives a restart; every server ends with
this process, in whichever way it ends; the addresses are noted in the folder for other
commands once all servers answer.
"""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from rollcall import addresses
from rollcall.addresses import Addresses
from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres
from rollcall.embedded.ports import HOST, is_free, plan_ports
from rollcall.settings import Settings
from simulator.config import SimulatorConfig
from simulator.server import serve

_PORTS = ("postgres", "kafka", "kafka controller", "messenger", "console", "metrics", "webhook")


@asynccontextmanager
async def data_folder(wanted: Path | None) -> AsyncIterator[Path]:
    """The folder that was asked for, or one that is deleted at the end."""
    if wanted is not None:
        yield await asyncio.to_thread(_made, wanted)
        return
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="rollcall-"))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


@asynccontextmanager
async def servers(
    settings: Settings, folder: Path, port_base: int | None
) -> AsyncIterator[Addresses]:
    """Start what has no address; yields all addresses when every server answers.

    Raises:
        EmbeddedError: a server cannot be started; the message says why.
    """
    ports = _ports(folder, port_base)
    async with AsyncExitStack() as running:
        given = addresses.from_settings(settings)
        found = replace(
            given,
            console=f"http://{HOST}:{ports['console']}",
            metrics=f"http://{HOST}:{ports['metrics']}",
        )
        postgres, kafka = await asyncio.gather(
            _postgres(running, given, folder, ports), _kafka(running, given, folder, ports)
        )
        found = replace(found, postgres=postgres, kafka=kafka)
        if given.messenger is None:
            found = await _messenger(running, found, settings, folder, ports["messenger"])
            found = replace(found, webhook=f"http://{HOST}:{ports['webhook']}/webhook")
        addresses.write(folder, found)
        yield found


def _ports(folder: Path, base: int | None) -> dict[str, int]:
    """A port for each server: counted from ``base``, else those of the folder's earlier stack.

    Who subscribed to an address (the webhook) or wrote one down finds it again.
    """
    ports = plan_ports(_PORTS, base)
    if base is None:
        kept = {name: port for name, port in _earlier_ports(folder).items() if is_free(port)}
        return ports | kept
    return ports


def _earlier_ports(folder: Path) -> dict[str, int]:
    try:
        earlier = addresses.read(folder)
    except addresses.NoAddress:
        return {}
    noted = {
        "messenger": earlier.messenger,
        "console": earlier.console,
        "metrics": earlier.metrics,
        "webhook": earlier.webhook,
    }
    found = {name: urlsplit(url or "").port for name, url in noted.items()}
    return {name: port for name, port in found.items() if port is not None}


async def _postgres(
    running: AsyncExitStack, given: Addresses, folder: Path, ports: dict[str, int]
) -> str:
    if given.postgres is not None:
        return given.postgres
    server = EmbeddedPostgres(folder / "postgres", ports["postgres"])
    await running.enter_async_context(server)
    return server.uri


async def _kafka(
    running: AsyncExitStack, given: Addresses, folder: Path, ports: dict[str, int]
) -> str:
    if given.kafka is not None:
        return given.kafka
    server = EmbeddedKafka(
        folder / "kafka", ports["kafka"], controller_port=ports["kafka controller"]
    )
    await running.enter_async_context(server)
    return server.bootstrap


async def _messenger(
    running: AsyncExitStack, found: Addresses, settings: Settings, folder: Path, port: int
) -> Addresses:
    token = found.messenger_token or _kept_token(folder)
    config = SimulatorConfig(
        token=token,
        requests_per_second=settings.simulator.requests_per_second,
        journal=folder / "messenger.journal",
        # Thousands of people are added within seconds, by this very process.
        report_own_additions=False,
    )
    simulator = await running.enter_async_context(serve(config, HOST, port))
    return replace(found, messenger=simulator.base_url, messenger_token=token)


def listening_at(settings: Settings, found: Addresses) -> Settings:
    """The settings with the console and the webhook on the ports that were found for them.

    Where no way to sign in is set, it is the development one.
    """
    host, port = _place(found.console, settings.console.host, settings.console.port)
    _, metrics_port = _place(found.metrics, host, settings.console.metrics_port)
    console = settings.console.model_copy(
        update={"host": host, "port": port, "metrics_port": metrics_port}
    )
    changed: dict[str, object] = {"console": console}
    if settings.sign_in.way is None:
        # A stack of one's own, on this machine: who tries it chooses whom to be.
        changed["sign_in"] = settings.sign_in.model_copy(update={"way": "development"})
    if found.webhook is not None and settings.messenger.webhook_url is None:
        host, port = _place(found.webhook, HOST, settings.messenger.webhook_port)
        changed["messenger"] = settings.messenger.model_copy(
            update={"webhook_url": found.webhook, "webhook_host": host, "webhook_port": port}
        )
    return settings.model_copy(update=changed)


def _place(url: str | None, host: str, port: int) -> tuple[str, int]:
    parts = urlsplit(url or "")
    return parts.hostname or host, parts.port or port


def _kept_token(folder: Path) -> str:
    """The token of the folder's earlier stack, so that its clients still know it."""
    try:
        earlier = addresses.read(folder).messenger_token
    except addresses.NoAddress:
        earlier = None
    return earlier or secrets.token_urlsafe(16)
