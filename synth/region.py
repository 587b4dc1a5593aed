"""A region's events, made up school by school: ``rollcall synth``.

The same pupils, seed and day give the same bytes on every Python. One school is held in
memory at a time, so a region of any size streams.
"""

import json
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO, Final

from synth.days import Dated
from synth.journal import Event
from synth.school import Plan, school_events

SCHOOL_SIZE: Final = 900
"""Pupils in a school, more or less."""


def generate(pupils: int, seed: int, today: date) -> Iterator[Event]:
    """The events of a region of ``pupils`` pupils in schools of about nine hundred.

    The school year is the one that holds ``today``, from 1 September on; orders may be
    dated up to a month ahead.
    """
    days = Dated(today)
    start = (_first_of_september(today) - today).days
    schools = max(1, round(pupils / SCHOOL_SIZE))
    for index in range(schools):
        size = pupils // schools + (index < pupils % schools)
        yield from school_events(Plan(index + 1, size, seed, start), days)


def write(out: BinaryIO, pupils: int, seed: int, today: date) -> int:
    """Writes the region's events as JSON Lines in UTF-8; returns how many there are."""
    count = 0
    for event in generate(pupils, seed, today):
        out.write(line(event).encode())
        count += 1
    return count


def line(event: Event) -> str:
    """The event as one line of JSON, with its end of line."""
    return _encode(event) + "\n"


_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _first_of_september(today: date) -> date:
    return date(today.year if today.month >= 9 else today.year - 1, 9, 1)
