"""A record of Kafka as it is, event or not: what is published, and what is made up for tests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record exactly as it is to be, whether or not it is an event; where it stood."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    line: int = 0
