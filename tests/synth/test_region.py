import hashlib
import io
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.decode import Decoded, decode
from schemas.events import RegisterData
from synth import generate, write
from synth.region import line
from tests.oracle import naive

TODAY = date(2026, 11, 24)
ANY_DAY = st.dates(date(2000, 1, 1), date(2100, 12, 31))

Data = dict[str, Any]  # data of any event


@cache
def region() -> tuple[Data, ...]:
    """Two thousand pupils, in two schools."""
    return tuple(generate(2_000, 7, TODAY))


def data_of(*kinds: str) -> list[Data]:
    return [one["data"] for one in region() if one["type"].split(".", 1)[1][:-3] in kinds]


def ids(name: str, *kinds: str) -> set[str]:
    return {one[name] for one in data_of(*kinds)}


def written(pupils: int, seed: int, today: date) -> bytes:
    out = io.BytesIO()
    write(out, pupils, seed, today)
    return out.getvalue()


def read(event: Data) -> Decoded[RegisterData]:
    decoded = decode((), str(event["subject"]).encode(), line(event).encode())
    assert isinstance(decoded, Decoded), decoded
    return decoded


def assert_exact(events: Iterable[Data]) -> None:
    for event in events:
        decoded = read(event)
        known = set(type(decoded.data).model_fields)
        assert set(event["data"]) <= known
        assert None not in event["data"].values()
        assert not decoded.subject_differs
        assert not decoded.key_differs


def test_every_event_is_valid_and_has_no_member_of_its_own() -> None:
    assert_exact(region())


@settings(max_examples=25)
@given(st.integers(1, 300), st.integers(), ANY_DAY)
@example(1, 0, date(2028, 2, 29))
@example(250, -1, date(2026, 9, 1))
@example(250, 10**30, date(2026, 8, 31))
@example(250, 2, date(2026, 12, 31))
def test_a_region_of_any_size_is_valid_on_any_day(pupils: int, seed: int, today: date) -> None:
    events: list[Data] = list(generate(pupils, seed, today))
    assert_exact(events)
    enrolled = {
        one["data"]["pupil_id"] for one in events if one["type"] == "sgo.enrolment.ordered.v1"
    }
    assert len(enrolled) == pupils


def test_the_same_numbers_and_day_make_the_same_bytes() -> None:
    assert written(300, 7, TODAY) == written(300, 7, TODAY)


def test_another_seed_or_day_makes_another_region() -> None:
    regions = {written(30, 7, TODAY), written(30, 8, TODAY), written(30, 7, date(2026, 11, 25))}
    assert len(regions) == 3


def test_the_bytes_do_not_hang_on_the_order_of_hashes() -> None:
    program = (
        "import hashlib, io, datetime; from synth import write; out = io.BytesIO();"
        "write(out, 300, 7, datetime.date(2026, 11, 24));"
        "print(hashlib.sha256(out.getvalue()).hexdigest())"
    )
    digests = {
        subprocess.run(  # noqa: S603 - this very Python, with a program of ours
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert digests == {hashlib.sha256(written(300, 7, TODAY)).hexdigest()}


def test_write_says_how_many_lines_it_wrote() -> None:
    out = io.BytesIO()
    count = write(out, 100, 7, TODAY)
    assert out.getvalue().count(b"\n") == count


def test_memory_is_that_of_one_school() -> None:
    def peak(pupils: int) -> int:
        tracemalloc.start()
        for _ in generate(pupils, 7, TODAY):
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    assert peak(1_800) < 1.5 * peak(900)  # two schools against one


def test_what_an_event_names_is_there() -> None:
    persons = ids("person_id", "person.changed")
    schools = ids("school_id", "school.changed")
    classes = ids("class_id", "class.created")
    groups = ids("group_id", "subject-group.changed")
    orders = ids("order_id", "enrolment.ordered", "withdrawal.ordered")
    named: Counter[str] = Counter()
    for data in (event["data"] for event in region()):
        people = [
            data[name]
            for name in ("person_id", "pupil_id", "guardian_id", "teacher_id", "class_teacher_id")
            if name in data
        ]
        people += data.get("teacher_ids", [])
        people += data["pupils"] if isinstance(data.get("pupils"), list) else []
        assert persons.issuperset(people)
        assert data.get("class_id") in classes | {None}
        assert data.get("group_id") in groups | {None}
        named[data.get("school_id", "none")] += 1
    assert set(named) == schools | {"none", "s-9999"}
    assert ids("order_id", "order.cancelled") <= orders


def test_nobody_but_the_visiting_teacher_is_named_by_two_schools() -> None:
    employments = {(one["person_id"], one["school_id"]) for one in data_of("employment.changed")}
    schools = Counter(person for person, _ in employments)
    assert {person for person, count in schools.items() if count > 1} == {"p-0001-00005"}


def test_an_order_is_one_pupils_line() -> None:
    bodies: dict[str, Data] = {}
    for order in data_of("enrolment.ordered", "withdrawal.ordered"):
        assert bodies.setdefault(order["order_id"], order) == order
        assert isinstance(order["pupil_id"], str)


def test_events_are_numbered_once_but_for_one_that_is_sent_twice() -> None:
    counts = Counter(one["id"] for one in region())
    assert sorted(counts.values())[-3:] == [1, 2, 2]  # one in each school


def test_a_third_of_all_people_has_no_linked_profile() -> None:
    people = ids("person_id", "person.changed")
    linked = {one["person_id"] for one in data_of("profile.changed") if "max_user_id" in one}
    assert len(linked) / len(people) == pytest.approx(2 / 3, abs=0.01)


def test_no_account_is_shared_but_by_one_couple_a_school() -> None:
    owners: dict[int, list[str]] = {}
    for one in data_of("profile.changed"):
        if "max_user_id" in one:
            owners.setdefault(one["max_user_id"], []).append(one["person_id"])
    shared = [people for people in owners.values() if len(people) > 1]
    assert list(map(len, shared)) == [2, 2]


def test_a_class_has_about_fourteen_chats_of_at_most_a_hundred_people() -> None:
    found = naive.chats(region(), TODAY)
    open_classes = ids("class_id", "class.created") - {"c-0001-6a-0", "c-0002-6a-0"}
    live = {chat_id: chat for chat_id, chat in found.items() if not chat.frozen}
    assert len(live) / len(open_classes) == pytest.approx(14, abs=0.2)
    assert max(len(chat.members) for chat in found.values()) <= 100
    assert min(len(chat.members) for chat in found.values()) > 0


def test_the_year_has_every_kind_of_story() -> None:
    orders = data_of("enrolment.ordered", "withdrawal.ordered")
    assert any(order["effective_on"] > TODAY.isoformat() for order in orders)
    statuses = {
        kind: {one["status"] for one in data_of(kind)}
        for kind in ("person.changed", "employment.changed", "guardianship.changed")
    }
    assert statuses == {
        "person.changed": {"active", "removed"},
        "employment.changed": {"active", "ended"},
        "guardianship.changed": {"active", "ended"},
    }
