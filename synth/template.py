"""The example school as a template: ``examples/school.jsonl``, written by this module.

Its dates are relative to the day of publishing (see ``relative``), so the year of orders
and the orders dated ahead are as old and as far whenever it is published. ``python -m
synth.template FOLDER`` writes the two files of the example anew.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from synth.days import Relative
from synth.region import line
from synth.school import Plan, school_events

EXAMPLE: Final = Plan(number=1, pupils=900, seed=2026, start=-320)


@dataclass(frozen=True, slots=True)
class CorruptRecord:
    """A record that is no event, though it is on a topic of events."""

    topic: str
    key: str
    value: str


CORRUPT: Final = (
    CorruptRecord(
        "sgo.register",
        "c-0001-1a",
        '{"specversion":"1.0","id":"corrupt-1","source":"urn:sgo:synth","type":"sgo.class.chan',
    ),
    CorruptRecord(
        "sgo.orders",
        "o-0001-corrupt",
        '{"specversion":"1.0","id":"corrupt-2","source":"urn:sgo:synth",'
        '"type":"sgo.withdrawal.ordered.v1","subject":"o-0001-corrupt",'
        '"time":"2026-02-27T09:00:00+03:00","datacontenttype":"application/json",'
        '"data":{"order_id":"o-0001-corrupt","order_number":"7-в",'
        '"ordered_at":"2026-02-27T09:00:00+03:00","school_id":"s-0001",'
        '"pupil_id":"p-0001-00061","class_id":"c-0001-1a","effective_on":"2026-02-30"}}',
    ),
)
"""One cut short on its way, one with a date that does not exist; neither may cost a neighbour."""


def template_lines() -> Iterator[str]:
    """The lines of ``school.jsonl``, each an event with relative dates."""
    return map(line, school_events(EXAMPLE, Relative()))


def corrupt_lines() -> Iterator[str]:
    """The lines of ``corrupt.raw.jsonl``: topic, key and value of each corrupt record."""
    for record in CORRUPT:
        members = {"topic": record.topic, "key": record.key, "value": record.value}
        yield json.dumps(members, ensure_ascii=False) + "\n"


def main(folder: Path) -> None:
    """Writes ``school.jsonl`` and ``corrupt.raw.jsonl`` into the folder."""
    (folder / "school.jsonl").write_bytes("".join(template_lines()).encode())
    (folder / "corrupt.raw.jsonl").write_bytes("".join(corrupt_lines()).encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
