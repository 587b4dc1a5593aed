"""How to reach Kafka, as a frozen value named as in Kafka's clients."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from consumers.errors import KafkaMisconfigured, tls_reason

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """Addresses, TLS and SASL. The password is never shown."""

    bootstrap: str
    security_protocol: Protocol = "PLAINTEXT"
    sasl_mechanism: Mechanism = "PLAIN"
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None

    @property
    def servers(self) -> list[str]:
        """The bootstrap addresses."""
        return [server.strip() for server in self.bootstrap.split(",")]

    def tls(self) -> ssl.SSLContext | None:
        """What TLS trusts and shows; None where the protocol has no TLS.

        Raises:
            KafkaMisconfigured: a file cannot be read, or is not what it should be.
        """
        if not self.security_protocol.endswith("SSL"):
            return None
        with _usable("the CA bundle", self.ssl_cafile):
            context = ssl.create_default_context(cafile=self.ssl_cafile)
        if self.ssl_certfile is not None:
            with _usable("our certificate", self.ssl_certfile):
                # A key that has a password is refused; by default OpenSSL asks the terminal.
                context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile, password="")
        return context


@contextmanager
def _usable(what: str, path: Path | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = tls_reason(error) if isinstance(error, ssl.SSLError) else error.strerror
        message = f"{what} for Kafka cannot be used ({path}): {reason}"
        raise KafkaMisconfigured(message) from error


def client_options(config: KafkaConfig) -> dict[str, Any]:
    """What every client of aiokafka takes to get there."""
    options: dict[str, Any] = {
        "bootstrap_servers": config.servers,
        "client_id": "rollcall",
        "security_protocol": config.security_protocol,
        "ssl_context": config.tls(),
    }
    if config.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": config.sasl_mechanism,
            "sasl_plain_username": config.sasl_username,
            "sasl_plain_password": config.sasl_password,
        }
    return options
