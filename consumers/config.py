"""What ingest reads and how it works, as a frozen value that wiring makes from the settings."""

from dataclasses import dataclass
from typing import Final

from schemas.events import LESSONS_TOPIC, ORDERS_TOPIC, PROFILES_TOPIC, REGISTER_TOPIC

REGISTER_TOPICS: Final = (REGISTER_TOPIC, ORDERS_TOPIC, PROFILES_TOPIC, LESSONS_TOPIC)


@dataclass(frozen=True, slots=True)
class IngestConfig:
    """The topics and the group, and how patient ingest is.

    ``poll_ms`` bounds how long a record may wait for the next poll, since after an empty one
    FastStream sleeps as long. With ``max_records`` it suits both one event and a region's replay.
    ``keep_seconds`` is between two looks at what others may have moved, ``tide_seconds`` between
    two marks by which a restored database is recognised; ``stuck_seconds`` of lag without
    progress is not alive.
    """

    topics: tuple[str, ...] = REGISTER_TOPICS
    group: str = "rollcall"
    max_records: int = 10_000
    poll_ms: int = 20
    keep_seconds: float = 1.0
    tide_seconds: float = 10.0
    retry_seconds: float = 0.2
    retry_limit_seconds: float = 5.0
    commit_seconds: float = 60.0
    stuck_seconds: float = 30.0
    metadata_max_age_ms: int = 30_000
    session_timeout_ms: int = 10_000
