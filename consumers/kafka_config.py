"""How to reach Kafka, as a frozen value named as in Kafka's clients."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """Addresses, TLS and SASL. The password is never shown."""

    bootstrap: str
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
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
        """What TLS trusts and shows; None where the protocol has no TLS."""
        if not self.security_protocol.endswith("SSL"):
            return None
        context = ssl.create_default_context(cafile=self.ssl_cafile)
        if self.ssl_certfile is not None:
            context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile)
        return context


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
