"""``quarantine`` and ``gaps``: what could not be read, and what is missing."""

import asyncio
import base64
from dataclasses import dataclass
from pathlib import Path

import typer

from consumers.retry import Retried, retry
from projections.database import transaction
from projections.facts import offsets, quarantine
from projections.facts.ingest_store import IngestStore
from rollcall.addresses import Server
from rollcall.commands.session import NOT_SETTLED, remark, say, say_json, wiring_for
from rollcall.failures import CommandFailed


@dataclass(frozen=True, slots=True)
class Place:
    """A partition, or a record in one."""

    topic: str
    part: int
    off: int = 0


def partition(words: str) -> Place:
    """Reads ``TOPIC/PARTITION``.

    Raises:
        BadParameter: it is not of that form.
    """
    topic, _, part = words.rpartition("/")
    if not topic or not part.isdecimal():
        raise typer.BadParameter(f"{words!r} is no partition; give it as TOPIC/PARTITION")
    return Place(topic, int(part))


def record(words: str) -> Place:
    """Reads ``TOPIC/PARTITION/OFFSET``.

    Raises:
        BadParameter: it is not of that form.
    """
    place, _, off = words.rpartition("/")
    topic, _, part = place.rpartition("/")
    if not topic or not part.isdecimal() or not off.isdecimal():
        raise typer.BadParameter(f"{words!r} is no record; give it as TOPIC/PARTITION/OFFSET")
    return Place(topic, int(part), int(off))


def list_quarantine(*, as_json: bool, limit: int, data_dir: Path | None) -> int:
    """The newest quarantined records, by place and reason."""
    for kept in asyncio.run(_newest(limit, data_dir)):
        if as_json:
            say_json(_as_json(kept))
        else:
            say(_line(kept))
    return 0


async def _newest(limit: int, data_dir: Path | None) -> list[quarantine.Kept]:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await quarantine.newest(connection, limit)


def show_quarantined(words: str, *, content: bool, as_json: bool, data_dir: Path | None) -> int:
    """One quarantined record; ``content`` also shows what is in it, which may be names."""
    records = asyncio.run(_whole(record(words), data_dir))
    if not records:
        raise CommandFailed(f"{words} is not in quarantine; `rollcall quarantine` lists what is")
    for found in records:
        if as_json:
            say_json(_as_json(found.kept) | (_content(found) if content else {}))
            continue
        say(_line(found.kept))
        if content:
            _say_content(found)
    return 0


def _say_content(found: quarantine.Whole) -> None:
    say(f"key    {_shown(found.key)}")
    for name, value in found.headers:
        say(f"header {name!r}: {_shown(None if value is None else base64.b64decode(value))}")
    say(f"value  {_shown(found.value)}")
    if found.value_sha256 is not None:
        say(f"       the beginning of {found.value_bytes} bytes, SHA-256 {found.value_sha256}")


def retry_quarantined(*, everything: bool, as_json: bool, data_dir: Path | None) -> int:
    """Read again what our own failures set aside; 3 where some of it still fails."""
    done = asyncio.run(_retry(data_dir, everything=everything))
    if as_json:
        say_json({"read": done.read, "left": done.left, "released": done.released})
    else:
        say(
            f"{done.read} records are read now, {done.left} stay in quarantine; "
            f"{done.released} stopped partitions are read on"
        )
    return NOT_SETTLED if done.left else 0


async def _retry(data_dir: Path | None, *, everything: bool) -> Retried:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine:
        return await retry(IngestStore(engine), everything=everything)


async def _whole(place: Place, data_dir: Path | None) -> list[quarantine.Whole]:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await quarantine.whole(connection, place.topic, place.part, place.off)


def _line(kept: quarantine.Kept) -> str:
    seen = f"{kept.first_seen:%Y-%m-%d %H:%M:%S}"
    return f"{seen}  {kept.topic}/{kept.part} at {kept.off}: {kept.reason}"


def _as_json(kept: quarantine.Kept) -> dict[str, object]:
    return {
        "topic": kept.topic,
        "partition": kept.part,
        "offset": kept.off,
        "reason": kept.reason,
        "first_seen": kept.first_seen.isoformat(),
        "cause": kept.cause.value,
        "topic_id": kept.topic_id,
    }


def _content(found: quarantine.Whole) -> dict[str, object]:
    """In base64, since it is whatever somebody sent."""
    return {
        name: None if value is None else base64.b64encode(value).decode()
        for name, value in (("key", found.key), ("value", found.value))
    } | {
        "headers": found.headers,
        "value_bytes": found.value_bytes,
        "value_sha256": found.value_sha256,
    }


def _shown(content: bytes | None) -> str:
    """As Python writes it: nothing in it can steer the terminal."""
    return "none" if content is None else repr(content.decode(errors="backslashreplace"))


def list_gaps(*, as_json: bool, data_dir: Path | None) -> int:
    """The partitions whose records are missing, why, and where reading would go on."""
    found = asyncio.run(_gaps(data_dir))
    if not found and not as_json:
        remark("no records are missing")
    for gap in found:
        if as_json:
            say_json(
                {
                    "topic": gap.topic,
                    "partition": gap.part,
                    "next_offset": gap.next_off,
                    "reason": gap.reason,
                    "since": gap.since.isoformat(),
                }
            )
        else:
            since = f"{gap.since:%Y-%m-%d %H:%M:%S}"
            say(f"{since}  {gap.topic}/{gap.part}: {gap.reason}; goes on at {gap.next_off}")
    return 0


async def _gaps(data_dir: Path | None) -> list[offsets.Gap]:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await offsets.gaps(connection)


def acknowledge_gap(words: str, data_dir: Path | None) -> int:
    """Read on past missing records; 3 where none are missing."""
    place = partition(words)
    if not asyncio.run(_acknowledge(place, data_dir)):
        remark(f"rollcall: no records are missing in {words}; `rollcall gaps` lists where they are")
        return NOT_SETTLED
    say(f"{words} is read on; chats change again once everything there is read and derived")
    return 0


async def _acknowledge(place: Place, data_dir: Path | None) -> bool:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await offsets.acknowledge_gap(connection, place.topic, place.part)
