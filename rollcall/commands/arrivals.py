"""``quarantine``, ``gaps`` and ``replay``: what could not be read, and reading it again."""

import base64
from dataclasses import dataclass
from pathlib import Path

import typer

from operations import arrivals
from operations.arrivals import Gap, Kept, Whole
from rollcall.commands.session import (
    NOT_SETTLED,
    RunningStack,
    operate,
    remark,
    say,
    say_all,
    say_json,
)


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
    found = operate(data_dir, lambda stack: arrivals.newest_quarantined(stack.engine, limit))
    say_all(found, _as_json, lambda kept: [_line(kept)], "nothing is quarantined", as_json=as_json)
    return 0


def show_quarantined(words: str, *, content: bool, as_json: bool, data_dir: Path | None) -> int:
    """One quarantined record; ``content`` also shows what is in it, which may be names."""
    place = record(words)
    for found in operate(
        data_dir,
        lambda stack: arrivals.quarantined_at(stack.engine, place.topic, place.part, place.off),
    ):
        if as_json:
            say_json(_as_json(found.kept) | (_content(found) if content else {}))
            continue
        say(_line(found.kept))
        if content:
            _say_content(found)
    return 0


def _say_content(found: Whole) -> None:
    say(f"key    {_shown(found.key)}")
    for name, value in found.headers:
        say(f"header {name!r}: {_shown(None if value is None else base64.b64decode(value))}")
    say(f"value  {_shown(found.value)}")
    if found.value_sha256 is not None:
        say(f"       the beginning of {found.value_bytes} bytes, SHA-256 {found.value_sha256}")


def retry_quarantined(*, everything: bool, as_json: bool, data_dir: Path | None) -> int:
    """Read again what our own failures set aside; 3 where some of it still fails."""
    done = operate(
        data_dir, lambda stack: arrivals.retry_quarantined(stack.engine, everything=everything)
    )
    if as_json:
        say_json({"read": done.read, "left": done.left, "released": done.released})
    else:
        say(
            f"{done.read} records are read now, {done.left} stay in quarantine; "
            f"{done.released} stopped partitions are read on"
        )
    return NOT_SETTLED if done.left else 0


def _line(kept: Kept) -> str:
    seen = f"{kept.first_seen:%Y-%m-%d %H:%M:%S}"
    return f"{seen}  {kept.topic}/{kept.part} at {kept.off}: {kept.reason}"


def _as_json(kept: Kept) -> dict[str, object]:
    return {
        "topic": kept.topic,
        "partition": kept.part,
        "offset": kept.off,
        "reason": kept.reason,
        "first_seen": kept.first_seen.isoformat(),
        "cause": kept.cause.value,
        "topic_id": kept.topic_id,
    }


def _content(found: Whole) -> dict[str, object]:
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
    found = operate(data_dir, lambda stack: arrivals.gaps(stack.engine))
    say_all(found, _gap_as_json, _gap, "no records are missing", as_json=as_json)
    return 0


def _gap(gap: Gap) -> list[str]:
    since = f"{gap.since:%Y-%m-%d %H:%M:%S}"
    return [f"{since}  {gap.topic}/{gap.part}: {gap.reason}; goes on at {gap.next_off}"]


def _gap_as_json(gap: Gap) -> dict[str, object]:
    return {
        "topic": gap.topic,
        "partition": gap.part,
        "next_offset": gap.next_off,
        "reason": gap.reason,
        "since": gap.since,
    }


def acknowledge_gap(words: str, data_dir: Path | None) -> int:
    """Read on past missing records; 3 where none are missing."""
    place = partition(words)
    if not operate(
        data_dir, lambda stack: arrivals.acknowledge_gap(stack.engine, place.topic, place.part)
    ):
        remark(f"rollcall: no records are missing in {words}; `rollcall gaps` lists where they are")
        return NOT_SETTLED
    say(f"{words} is read on; chats change again once everything there is read and derived")
    return 0


def replay(topics: list[str] | None, data_dir: Path | None) -> int:
    """Read topics again from their beginning."""

    async def again(stack: RunningStack) -> int:
        return await arrivals.replay(stack.engine, topics, stack.settings.kafka.topics)

    say(f"{operate(data_dir, again)} partitions are read again from their beginning")
    return 0
