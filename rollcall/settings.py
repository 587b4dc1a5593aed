"""Every setting, in one place: ``ROLLCALL_<SECTION>__<NAME>`` or a TOML file.

The file is named by ``ROLLCALL_CONFIG``; the environment wins over it. Nothing is read at
import. A value that does not fit is a ``SettingsError`` that names the setting and not the
value, which may be a secret.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class SettingsError(Exception):
    """A setting that does not fit, or a settings file that cannot be read."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Postgres(_Section):
    """The store."""

    url: str | None = Field(None, description="postgresql://user:password@host:port/database")
    pool_size: int = Field(12, ge=2, description="connections that one process keeps at most")


class Kafka(_Section):
    """Where events come from, and where ours go."""

    bootstrap: str | None = Field(None, description="host:port[,host:port…]")
    group: str = Field("rollcall", description="consumer group of ingest")
    topics: tuple[str, ...] = Field(
        ("sgo.register", "sgo.orders", "sgo.profiles", "sgo.lessons"),
        description="topics that are read; an event counts by whichever it comes",
    )
    partitions: int = Field(12, ge=1, description="partitions of topics that we create")
    replication: int = Field(1, ge=1, description="replication of topics that we create")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="as in Kafka's clients"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "PLAIN", description="as in Kafka's clients"
    )
    sasl_username: str | None = Field(None, description="for SASL")
    sasl_password: SecretStr | None = Field(None, description="for SASL")
    ssl_cafile: Path | None = Field(None, description="CA bundle of the brokers")
    ssl_certfile: Path | None = Field(None, description="our certificate, for mutual TLS")
    ssl_keyfile: Path | None = Field(None, description="our key, for mutual TLS")


class Messenger(_Section):
    """MAX: the Bot API and the partner contract."""

    url: str | None = Field(None, description="base URL of the Bot API")
    token: SecretStr | None = Field(None, description="the bot's token")
    partner_url: str | None = Field(None, description="base URL of the partner contract")
    partner_token: SecretStr | None = Field(None, description="its token, if another")
    ca_file: Path | None = Field(None, description="CA bundle that only this client trusts")
    timeout: float = Field(10.0, gt=0, le=14, description="seconds that one call may take")


class Gateway(_Section):
    """How the messenger is used."""

    adding: Literal["partner", "bot", "invite"] = Field(
        "partner", description="by which way people are added"
    )
    calls_per_second: int = Field(
        30, ge=1, description="grants in a window, all processes together"
    )
    window: float = Field(
        1.1, ge=1.0, description="seconds of that window; over 1 for uneven travel"
    )
    workers: int = Field(8, ge=1, le=64, description="chats reconciled side by side")
    lease_seconds: float = Field(
        45.0, ge=2, description="how long a chat is held; over twice the time-out of a call"
    )
    reread_seconds: float = Field(
        60.0, ge=1, description="when a chat is read again whose former holder died in a call"
    )


class Derive(_Section):
    """The derive loop."""

    workers: int = Field(2, ge=1, le=16, description="batches derived side by side")
    batch: int = Field(2000, ge=1, description="marks that one batch takes at most")
    lease_seconds: float = Field(
        60.0, ge=1, description="how long what a dead process was deriving stays claimed"
    )


class Ingest(_Section):
    """The ingest loop."""

    batch: int = Field(10_000, ge=1, description="records that one batch takes at most")


Kind = Literal["staff_room", "class", "parents", "subject"]


class Chats(_Section):
    """Which kinds of chat exist."""

    off: tuple[Kind, ...] = Field((), description="kinds that are not created in this installation")
    off_by_school: dict[str, tuple[Kind, ...]] = Field(
        default_factory=dict, description="kinds that are not created, by school_id"
    )


class Retention(_Section):
    """How long what is over is kept."""

    fact_history: int = Field(
        400, ge=1, description="days of replaced versions of facts"
    )
    membership_history: int = Field(1200, ge=1, description="days of membership history")
    intents: int = Field(60, ge=1, description="days that settled calls are kept")
    outbox: int = Field(14, ge=1, description="days that published events are kept")


class Console(_Section):
    """Pages, JSON API and metrics."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="port of the pages")
    metrics_port: int = Field(9464, ge=0, le=65535, description="port of the metrics")


class Simulator(_Section):
    """The messenger of our own, for `up`, `demo` and `simulator`."""

    requests_per_second: int = Field(30, ge=1, description="above it the simulator answers 429")


class Log(_Section):
    """Log lines on stderr."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="lowest level")
    format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: console on a terminal, else JSON"
    )


class Settings(BaseSettings):
    """All sections."""

    model_config = SettingsConfigDict(
        env_prefix="ROLLCALL_", env_nested_delimiter="__", extra="ignore", frozen=True
    )

    data_dir: Path | None = Field(None, description="folder of a stack started by up or demo")
    postgres: Postgres = Postgres()
    kafka: Kafka = Kafka()
    messenger: Messenger = Messenger()
    gateway: Gateway = Gateway()
    ingest: Ingest = Ingest()
    derive: Derive = Derive()
    chats: Chats = Chats()
    retention: Retention = Retention()
    console: Console = Console()
    simulator: Simulator = Simulator()
    log: Log = Log()

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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(name))


def load(**overrides: object) -> Settings:
    """Read the settings from the environment and the file.

    Raises:
        SettingsError: names each setting that does not fit.
    """
    name = os.environ.get("ROLLCALL_CONFIG")
    if name is not None and not Path(name).is_file():
        message = f"ROLLCALL_CONFIG names {name}, which is not a file"
        raise SettingsError(message)
    try:
        return Settings(**overrides)  # type: ignore[arg-type] # checked by pydantic
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        lines = [f"{_variable(fault['loc'])}: {fault['msg']}" for fault in faults]
        raise SettingsError("; ".join(lines)) from None
    except ValueError as error:  # broken TOML, or JSON in a variable
        raise SettingsError(f"the settings cannot be read: {error}") from None


def _variable(location: tuple[int | str, ...]) -> str:
    return "ROLLCALL_" + "__".join(str(part).upper() for part in location)


def listing() -> list[tuple[str, str, str]]:
    """(variable, default, description) of every setting."""
    rows = [("ROLLCALL_CONFIG", "", "TOML file with these settings by section")]
    rows.append(("ROLLCALL_DATA_DIR", "", Settings.model_fields["data_dir"].description or ""))
    for section, field in Settings.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            for name, setting in model.model_fields.items():
                default = setting.get_default(call_default_factory=True)
                shown = "" if default is None else str(default)
                variable = _variable((section, name))
                rows.append((variable, shown, setting.description or ""))
    return rows
