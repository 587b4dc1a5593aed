"""How long one record takes to decode, by type and in the mix of a busy day.

``python -m benchmarks.decode [--events N] [--json]``. Measured in processor time of one
core, the best chunk of many, so that other work on the machine weighs little.
"""

import argparse
import json
import random
import time

from benchmarks.arguments import positive
from schemas.decode import Rejected, decode

CHUNK = 500
EVENTS = 5_000

Record = tuple[tuple[tuple[str, bytes], ...], bytes, bytes]

DATA = {
    "sgo.person.changed.v1": (
        45,
        (
            '{"person_id": "p%(i)d", "version": %(i)d, "surname": "Иванов%(i)d",'
            ' "given_name": "Пётр", "patronymic": "Сергеевич", "birth_date": "2012-03-14",'
            ' "sex": "male", "status": "active"}'
        ),
    ),
    "sgo.enrolment.ordered.v1": (
        20,
        (
            '{"order_id": "o%(i)d", "order_number": "%(i)d-К",'
            ' "ordered_at": "2026-08-28T12:00:00+03:00", "school_id": "s1", "pupil_id": "p%(i)d",'
            ' "class_id": "c1", "effective_on": "2026-09-01"}'
        ),
    ),
    "sgo.profile.changed.v1": (
        20,
        '{"person_id": "p%(i)d", "version": %(i)d, "max_user_id": 10000%(i)d}',
    ),
    "sgo.guardianship.changed.v1": (
        10,
        '{"guardian_id": "g%(i)d", "pupil_id": "p%(i)d", "version": 1, "status": "active"}',
    ),
    "sgo.employment.changed.v1": (
        5,
        (
            '{"person_id": "p%(i)d", "school_id": "s1", "version": 1, "roles": ["teacher"],'
            ' "status": "active"}'
        ),
    ),
}
"""By type: its share of the mix in per cent, and its data."""


def structured(type_name: str, number: int) -> Record:
    """One structured event."""
    event = {
        "specversion": "1.0",
        "id": f"{number:032x}",
        "source": "/sgo/region-50",
        "type": type_name,
        "subject": f"p{number}",
        "time": "2026-09-01T00:00:00.123+03:00",
        "datacontenttype": "application/json",
        "data": json.loads(DATA[type_name][1] % {"i": number}),
    }
    return (), f"p{number}".encode(), json.dumps(event, ensure_ascii=False).encode()


def microseconds(records: list[Record]) -> float:
    """Processor time per record in the best chunk."""
    best = float("inf")
    for start in range(0, len(records), CHUNK):
        chunk = records[start : start + CHUNK]
        for _ in range(3):
            began = time.process_time()
            outcomes = [decode(*record) for record in chunk]
            best = min(best, (time.process_time() - began) / len(chunk))
            if any(isinstance(outcome, Rejected) for outcome in outcomes):
                raise SystemExit("a good event was rejected: the figures would mean nothing")
    return best * 1e6


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="./run bench decode", description=__doc__)
    parser.add_argument("--events", type=positive, default=EVENTS, help=f"of each type ({EVENTS})")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    given = parser.parse_args()
    dice = random.Random(1)
    mix = dice.choices(list(DATA), [share for share, _ in DATA.values()], k=given.events)
    batches = {name: [name] * given.events for name in DATA} | {"mix": mix}
    figures = {
        name: round(microseconds([structured(kind, i) for i, kind in enumerate(kinds)]), 2)
        for name, kinds in batches.items()
    }
    for name, figure in figures.items():
        print(f"{name:32} {figure:6.2f} µs  {1e6 / figure:10,.0f} a second")
    if given.json:
        print(json.dumps({"microseconds": figures, "per_second": round(1e6 / figures["mix"])}))


if __name__ == "__main__":
    main()
