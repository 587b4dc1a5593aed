"""Every setting, in one place: ``ROLLCALL_<SECTION>__<NAME>`` or a TOML file.

The file is named by ``ROLLCALL_CONFIG``; the environment wins over it. Nothing is read at
import. A value that does not fit is a ``SettingsError`` that names the setting and not the
value, which may be a secret; so is a name that is no setting, since a guard that is set by a
misspelt name does not guard.
"""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic import ValidationError as Invalid
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from domain.pace import WINDOW_SECONDS
from rollcall.settings_console import Console, SignIn
from rollcall.settings_drift import Drift, SweepSettings
from rollcall.settings_guard import Guard
from rollcall.settings_listing import Row, listed_by_section
from rollcall.settings_profiles import Profiles
from rollcall.settings_section import CommaList, Section
from rollcall.settings_servers import Kafka, Messenger, Postgres
from rollcall.settings_words import (
    SettingsError,
    explained,
    read_file,
    unknown_variables,
)


class Gateway(Section):
    """How the messenger is used."""

    adding: Literal["partner", "bot", "invite"] = Field(
        "partner", description="by which way people are added"
    )
    calls_per_second: int = Field(
        30, ge=1, description="grants in a window, all processes together"
    )
    window: float = Field(
        WINDOW_SECONDS, ge=1.0, description="seconds of that window; over 1 for uneven travel"
    )
    workers: int = Field(8, ge=1, le=64, description="chats reconciled side by side")
    lease_seconds: float = Field(
        45.0, ge=2, description="how long a chat is held; over twice the time-out of a call"
    )
    reread_seconds: float = Field(
        60.0, ge=1, description="when a chat is read again whose former holder died in a call"
    )


class Derive(Section):
    """The derive loop."""

    workers: int = Field(2, ge=1, le=16, description="batches derived side by side")
    batch: int = Field(2000, ge=1, description="marks that one batch takes at most")
    lease_seconds: float = Field(
        15.0, ge=1, description="how long what a dead process was deriving stays claimed"
    )


class Ingest(Section):
    """The ingest loop."""

    batch: int = Field(10_000, ge=1, description="records that one batch takes at most")


Kind = Literal["staff_room", "class", "parents", "subject"]


class Chats(Section):
    """Which kinds of chat exist."""

    off: Annotated[tuple[Kind, ...], *CommaList] = Field(
        (), description="kinds that are not created in this installation"
    )
    off_by_school: dict[str, tuple[Kind, ...]] = Field(
        default_factory=dict, description="kinds that are not created, by school_id"
    )


class Retention(Section):
    """How long what is over is kept."""

    fact_history: int = Field(400, ge=1, description="days of replaced versions of facts")
    membership_history: int = Field(1200, ge=1, description="days of membership history")
    intents: int = Field(60, ge=1, description="days that settled calls are kept")
    outbox: int = Field(14, ge=1, description="days that published events are kept")


class Simulator(Section):
    """The messenger of our own, for `up`, `demo` and `simulator`."""

    requests_per_second: int = Field(30, ge=1, description="above it the simulator answers 429")


class Log(Section):
    """Log lines on stderr."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="lowest level")
    format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: console on a terminal, else JSON"
    )


class Settings(BaseSettings):
    """All sections."""

    model_config = SettingsConfigDict(
        env_prefix="ROLLCALL_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_dir: Path | None = Field(None, description="folder of a stack started by up or demo")
    postgres: Postgres = Postgres()
    kafka: Kafka = Kafka()
    messenger: Messenger = Messenger()
    gateway: Gateway = Gateway()
    ingest: Ingest = Ingest()
    derive: Derive = Derive()
    guard: Guard = Guard()
    drift: Drift = Drift()
    sweep: SweepSettings = SweepSettings()
    chats: Chats = Chats()
    profiles: Profiles = Profiles()
    retention: Retention = Retention()
    console: Console = Console()
    sign_in: SignIn = SignIn()
    simulator: Simulator = Simulator()
    log: Log = Log()

    @model_validator(mode="after")
    def _profiles_come_back(self) -> Self:
        given = self.profiles
        if given.source == "rollcall" and given.topic not in self.kafka.topics:
            raise ValueError("profiles.topic must be one of kafka.topics, or nobody gets linked")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the TOML file."""
        name = os.environ.get("ROLLCALL_CONFIG")
        if name is None:
            return init_settings, env_settings
        return init_settings, env_settings, InitSettingsSource(settings_cls, read_file(Path(name)))


def load(**overrides: object) -> Settings:
    """Read the settings from the environment and the file.

    Raises:
        SettingsError: names each setting that does not fit.
    """
    unknown = unknown_variables(os.environ, [name for name, _, _ in listing()])
    if unknown:
        raise SettingsError("; ".join(unknown))
    try:
        return Settings(**overrides)  # type: ignore[arg-type] # checked by pydantic
    except Invalid as error:
        faults = error.errors(include_input=False, include_url=False)
        raise SettingsError("; ".join(explained(fault, os.environ) for fault in faults)) from None
    except ValueError:  # pydantic-settings: a variable that must be JSON and is not
        raise SettingsError("ROLLCALL_CHATS__OFF_BY_SCHOOL: must be a JSON object") from None


def sections() -> list[tuple[str, str, list[Row]]]:
    """(section, what it is for, its settings)."""
    return listed_by_section(Settings)


def general() -> list[Row]:
    """The settings of no section."""
    return [
        ("ROLLCALL_CONFIG", "", "TOML file with these settings by section"),
        ("ROLLCALL_DATA_DIR", "", Settings.model_fields["data_dir"].description or ""),
    ]


def listing() -> list[Row]:
    """(variable, default, description) of every setting."""
    return general() + [row for _, _, rows in sections() for row in rows]


__all__ = [
    "Kafka",
    "Messenger",
    "Postgres",
    "Settings",
    "SettingsError",
    "general",
    "listing",
    "load",
    "sections",
]
