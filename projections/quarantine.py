"""Quarantine: records that are not events of the contract, kept whole with the reason.

Guarantees: one row per (topic, partition, offset), however often the record is read; the
first reason stays.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from projections.database import Driver


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record as it came, and why it is none of ours. ``reason`` never quotes it."""

    topic: str
    part: int
    off: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    reason: str


_PUT = """
    INSERT INTO quarantine (topic, part, off, key, value, headers, reason, first_seen)
    SELECT u.topic, u.part, u.off, u.key, u.value, u.headers::jsonb, u.reason, $8
      FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bytea[], $5::bytea[], $6::text[],
                  $7::text[]) AS u (topic, part, off, key, value, headers, reason)
    ON CONFLICT (topic, part, off) DO NOTHING"""


async def put(driver: Driver, records: Sequence[BadRecord], now: datetime) -> None:
    """Keep these records, in the transaction that ``driver`` is in."""
    if not records:
        return
    await driver.execute(
        _PUT,
        [record.topic for record in records],
        [record.part for record in records],
        [record.off for record in records],
        [record.key for record in records],
        [record.value for record in records],
        [_headers(record) for record in records],
        [record.reason for record in records],
        now,
    )


def _headers(record: BadRecord) -> str:
    """Names as text, without what jsonb refuses; values in base64."""
    return json.dumps(
        [
            [_name(name), None if value is None else base64.b64encode(value).decode()]
            for name, value in record.headers
        ]
    )


def _name(name: str) -> str:
    r"""NUL as ``\0``; bytes that were no UTF-8, which come as lone surrogates, as ``\xff``."""
    raw = name.encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "backslashreplace").replace("\0", "\\0")


@dataclass(frozen=True, slots=True)
class Kept:
    """A quarantined record without its content."""

    topic: str
    part: int
    off: int
    reason: str
    first_seen: datetime


async def newest(connection: AsyncConnection, limit: int) -> list[Kept]:
    """The records that were quarantined last, the newest first."""
    rows = await connection.execute(
        text("""SELECT topic, part, off, reason, first_seen FROM quarantine
                 ORDER BY first_seen DESC, topic, part, off DESC LIMIT :limit"""),
        {"limit": limit},
    )
    return [Kept(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Whole:
    """A quarantined record with its content; headers are (name, base64 of the value)."""

    kept: Kept
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, str | None]]


async def whole(connection: AsyncConnection, topic: str, part: int, off: int) -> Whole | None:
    """One record with its content, which may hold names; None where there is none."""
    rows = await connection.execute(
        text("""SELECT topic, part, off, reason, first_seen, key, value, headers FROM quarantine
                 WHERE (topic, part, off) = (:topic, :part, :off)"""),
        {"topic": topic, "part": part, "off": off},
    )
    row = rows.one_or_none()
    if row is None:
        return None
    headers = [(name, value) for name, value in row.headers]
    return Whole(Kept(*row[:5]), row.key, row.value, headers)
