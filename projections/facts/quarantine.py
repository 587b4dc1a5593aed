"""Quarantine: records that are not events of the contract, kept whole with the reason.

Guarantees: one row per record (the topic's id, partition, offset), however often it is read; the
first reason stays. What is too large to keep is kept as its beginning, length and hash.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from projections.database import Driver
from projections.instants import rows


class Cause(Enum):
    """Whose fault a quarantined record is; the value is the word in the database."""

    CONTRACT = "contract"
    """It is no event of the contract: upstream sends the entity again, corrected."""
    OURS = "ours"
    """Our own code failed over it: it is read again once that is mended."""
    STORE = "store"
    """PostgreSQL refused what the contract takes: as ``OURS``."""


class Cut(bytes):
    """The beginning of something too large to keep; of the rest only its length and hash."""

    length: int
    sha256: str

    @classmethod
    def of(cls, beginning: bytes, length: int, sha256: str) -> "Cut":
        """The beginning of so many bytes that have this hash."""
        cut = cls(beginning)
        cut.length = length
        cut.sha256 = sha256
        return cut


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record as it came, and why it is set aside. ``reason`` never quotes it.

    Key, value and headers may each be ``Cut``.
    """

    topic: str
    part: int
    off: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    reason: str
    topic_id: str
    cause: Cause = Cause.CONTRACT

    @property
    def value_bytes(self) -> int | None:
        """How long the value was."""
        value = self.value
        if value is None:
            return None
        return value.length if isinstance(value, Cut) else len(value)

    @property
    def value_sha256(self) -> str | None:
        """The hash of a value of which only the beginning is kept."""
        return self.value.sha256 if isinstance(self.value, Cut) else None


_PUT = """
    INSERT INTO quarantine (topic, topic_id, part, off, key, value, headers, reason, cause,
                            value_bytes, value_sha256, first_seen)
    SELECT u.topic, u.topic_id, u.part, u.off, u.key, u.value, u.headers::jsonb, u.reason,
           u.cause, u.value_bytes, u.value_sha256, :now
      FROM unnest(CAST(:topics AS text[]), CAST(:topic_ids AS text[]), CAST(:parts AS int[]),
                  CAST(:offs AS bigint[]), CAST(:keys AS bytea[]), CAST(:values AS bytea[]),
                  CAST(:headers AS text[]), CAST(:reasons AS text[]), CAST(:causes AS text[]),
                  CAST(:lengths AS bigint[]), CAST(:hashes AS text[]))
           AS u (topic, topic_id, part, off, key, value, headers, reason, cause, value_bytes,
                 value_sha256)
    ON CONFLICT (topic_id, part, off) DO NOTHING"""


async def put(driver: Driver, records: Sequence[BadRecord], now: datetime) -> int:
    """Keep these records, in the transaction that ``driver`` is in; how many are new."""
    if not records:
        return 0
    tag = await driver.execute(
        _PUT,
        topics=[record.topic for record in records],
        topic_ids=[record.topic_id for record in records],
        parts=[record.part for record in records],
        offs=[record.off for record in records],
        keys=[record.key for record in records],
        values=[record.value for record in records],
        headers=[_headers(record) for record in records],
        reasons=[record.reason for record in records],
        causes=[record.cause.value for record in records],
        lengths=[record.value_bytes for record in records],
        hashes=[record.value_sha256 for record in records],
        now=now,
    )
    return rows(tag)


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
    cause: Cause
    topic_id: str
    entry: int


async def newest(connection: AsyncConnection, limit: int, start: int = 0) -> list[Kept]:
    """The records that were quarantined last, the newest first, from ``start`` on."""
    found = await connection.execute(
        text(f"""SELECT {_KEPT} FROM quarantine
                  ORDER BY first_seen DESC, topic, part, off DESC
                  LIMIT :limit OFFSET :start"""),  # noqa: S608 - a constant
        {"limit": limit, "start": start},
    )
    return [_kept(row) for row in found]


@dataclass(frozen=True, slots=True)
class Whole:
    """A quarantined record with its content; headers are (name, base64 of the value).

    Of a value longer than what is kept ``value_sha256`` is the hash of the whole.
    """

    kept: Kept
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, str | None]]
    value_bytes: int | None
    value_sha256: str | None


async def whole(connection: AsyncConnection, topic: str, part: int, off: int) -> list[Whole]:
    """The records of this place with their content, which may hold names, the newest first.

    There are several where a topic was made anew under the same name.
    """
    found = await connection.execute(
        text(f"""SELECT {_WHOLE} FROM quarantine
                  WHERE (topic, part, off) = (:topic, :part, :off)
                  ORDER BY first_seen DESC, topic_id"""),  # noqa: S608 - a constant
        {"topic": topic, "part": part, "off": off},
    )
    return [_whole(row) for row in found]


async def set_aside(
    connection: AsyncConnection, after: int, limit: int, *, everything: bool
) -> list[Whole]:
    """The next records after this entry that our own failures set aside; or all."""
    found = await connection.execute(
        text(f"""SELECT {_WHOLE} FROM quarantine
                  WHERE entry > :after AND (:everything OR cause <> 'contract')
                  ORDER BY entry LIMIT :limit"""),  # noqa: S608 - a constant
        {"after": after, "limit": limit, "everything": everything},
    )
    return [_whole(row) for row in found]


async def let_go(connection: AsyncConnection, entries: Sequence[int]) -> None:
    """These are facts now."""
    await connection.execute(
        text("DELETE FROM quarantine WHERE entry = ANY(:entries)"), {"entries": list(entries)}
    )


_KEPT = "topic, part, off, reason, first_seen, cause, topic_id, entry"
_WHOLE = f"{_KEPT}, key, value, headers, value_bytes, value_sha256"


def _kept(row: "Row[Any]") -> Kept:
    return Kept(
        row.topic,
        row.part,
        row.off,
        row.reason,
        row.first_seen,
        Cause(row.cause),
        row.topic_id,
        row.entry,
    )


def _whole(row: "Row[Any]") -> Whole:
    return Whole(
        _kept(row),
        row.key,
        row.value,
        [(name, value) for name, value in row.headers],
        row.value_bytes,
        row.value_sha256,
    )
