"""The settings about the three servers that are not ours: where they are, how to get in."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from consumers.kafka_config import Mechanism, Protocol
from rollcall.settings_drift import fit_secret
from rollcall.settings_section import CommaList, Section
from rollcall.settings_words import kafka_addresses, postgres_address, web_address


class Postgres(Section):
    """The store."""

    url: Annotated[str, AfterValidator(postgres_address)] | None = Field(
        None, description="postgresql://user:password@host:port/database"
    )
    pool_size: int = Field(12, ge=2, description="connections that one process keeps at most")


class Kafka(Section):
    """Where events come from, and where ours go."""

    bootstrap: Annotated[str, AfterValidator(kafka_addresses)] | None = Field(
        None, description="host:port[,host:port…]"
    )
    group: str = Field("rollcall", description="consumer group of ingest")
    topics: Annotated[tuple[str, ...], *CommaList] = Field(
        ("sgo.register", "sgo.orders", "sgo.profiles", "sgo.lessons"),
        min_length=1,
        description="topics that are read; an event counts by whichever it comes",
    )
    partitions: int = Field(12, ge=1, description="partitions of topics that we create")
    replication: int = Field(1, ge=1, description="replication of topics that we create")
    security_protocol: Protocol = Field("PLAINTEXT", description="as in Kafka's clients")
    sasl_mechanism: Mechanism = Field("PLAIN", description="as in Kafka's clients")
    sasl_username: str | None = Field(None, description="for SASL")
    sasl_password: SecretStr | None = Field(None, description="for SASL")
    ssl_cafile: Path | None = Field(None, description="CA bundle of the brokers")
    ssl_certfile: Path | None = Field(None, description="our certificate, for mutual TLS")
    ssl_keyfile: Path | None = Field(None, description="our key, for mutual TLS")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.security_protocol.startswith("SASL") and not (
            self.sasl_username and self.sasl_password
        ):
            raise ValueError(f"{self.security_protocol} needs sasl_username and sasl_password")
        if self.ssl_keyfile is not None and self.ssl_certfile is None:
            raise ValueError("ssl_keyfile needs ssl_certfile")
        return self


class Messenger(Section):
    """MAX: the Bot API and the partner contract."""

    url: Annotated[str, AfterValidator(web_address)] | None = Field(
        None, description="base URL of the Bot API"
    )
    token: SecretStr | None = Field(None, description="the bot's token")
    partner_url: Annotated[str, AfterValidator(web_address)] | None = Field(
        None, description="base URL of the partner contract, if another"
    )
    partner_token: SecretStr | None = Field(None, description="its token, if another")
    ca_file: Path | None = Field(None, description="CA bundle that only this client trusts")
    timeout: float = Field(10.0, gt=0, le=14, description="seconds that one call may take")
    webhook_url: Annotated[str, AfterValidator(web_address)] | None = Field(
        None, description="public address at which MAX tells us of changes; none: no webhook"
    )
    webhook_secret: Annotated[SecretStr, AfterValidator(fit_secret)] | None = Field(
        None, description="5-256 of A-Z a-z 0-9 _ -; none: made from the token"
    )
    webhook_host: str = Field("127.0.0.1", description="address on which the webhook is served")
    webhook_port: int = Field(8081, ge=0, le=65535, description="port of the same")
