"""How to reach Kafka and what to read, as frozen values that wiring makes from the settings."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from schemas.events import LESSONS_TOPIC, ORDERS_TOPIC, PARTITIONS, PROFILES_TOPIC, REGISTER_TOPIC
from schemas.outgoing import CHATS_TOPIC, DECISIONS_TOPIC

REGISTER_TOPICS: Final = (REGISTER_TOPIC, ORDERS_TOPIC, PROFILES_TOPIC, LESSONS_TOPIC)
OUTGOING_TOPICS: Final = (CHATS_TOPIC, DECISIONS_TOPIC)


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """TLS and SASL, named as in Kafka's clients. The password is never shown."""

    protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: Path | None = None
    certfile: Path | None = None
    keyfile: Path | None = None

    def context(self) -> ssl.SSLContext | None:
        """What TLS trusts and shows; None where the protocol has no TLS."""
        if not self.protocol.endswith("SSL"):
            return None
        context = ssl.create_default_context(cafile=self.cafile)
        if self.certfile is not None:
            context.load_cert_chain(self.certfile, self.keyfile)
        return context


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """A Kafka, and the topics that matter to us there."""

    bootstrap: str
    security: KafkaSecurity = KafkaSecurity()
    topics: tuple[str, ...] = REGISTER_TOPICS
    outgoing: tuple[str, ...] = OUTGOING_TOPICS
    group: str = "rollcall"
    partitions: int = PARTITIONS
    replication: int = 1

    def client_arguments(self) -> dict[str, Any]:
        """What every client of aiokafka takes to get there."""
        security = self.security
        arguments: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap.split(","),
            "client_id": "rollcall",
            "security_protocol": security.protocol,
            "ssl_context": security.context(),
        }
        if security.protocol.startswith("SASL"):
            arguments |= {
                "sasl_mechanism": security.mechanism,
                "sasl_plain_username": security.username,
                "sasl_plain_password": security.password,
            }
        return arguments


@dataclass(frozen=True, slots=True)
class IngestConfig:
    """How ingest works. ``poll_ms`` bounds how long a record may wait for the next poll.

    The defaults suit both a region's replay (large batches) and one event (short polls).
    """

    max_records: int = 10_000
    poll_ms: int = 20
    keep_seconds: float = 1.0
    retry_seconds: float = 0.2
    retry_limit_seconds: float = 5.0
    commit_seconds: float = 60.0
    stuck_seconds: float = 30.0
    metadata_max_age_ms: int = 30_000
    session_timeout_ms: int = 10_000
