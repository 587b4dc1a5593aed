"""What the engines are told and how their results are read and compared."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.engines import placings
from benchmarks.engines.__main__ import measure
from benchmarks.engines.contenders import Engine, Place, connector_path, java, told
from benchmarks.engines.on_flink import statements
from benchmarks.engines.results import (
    Kind,
    State,
    Written,
    differences,
    digest,
    key_of,
    of_ours,
    read_flink,
    read_pathway,
)
from benchmarks.peers.environments import CannotInstallError
from domain.days import midnight, zone_of
from domain.facts import Order, OrderKind
from domain.ids import OrderId
from domain.orders import placement
from tests.benchmarks.peers import skip_unless_wanted
from tests.domain.builders import enrolment, withdrawal

DAYS = st.sampled_from([date(2026, 9, 1), date(2026, 10, 1), date(2026, 10, 2), date(2026, 12, 1)])
CLASSES = st.sampled_from(["9g", "9a"])
SOME_ORDER = st.one_of(
    st.builds(enrolment, st.just("a"), CLASSES, DAYS, hour=st.integers(8, 10)),
    st.builds(withdrawal, st.just("a"), CLASSES, DAYS, hour=st.integers(8, 10)),
)
REASONS = [
    {
        "kind": "class_teacher",
        "ref": "9g",
        "role": "administrator",
        "since": "2026-09-01T06:00:00+00:00",
    },
    {
        "kind": "order",
        "ref": "o1",
        "role": "member",
        "order": "o1",
        "since": "2026-08-31T21:00:00.000001+00:00",
    },
]
AS_TEXT = [
    "order|o1|member|1788210000000001|o1",
    "class_teacher|9g|administrator|1788242400000000|",
]


def numbered(orders: Sequence[Order]) -> list[Order]:
    return [replace(order, order_id=OrderId(f"o{n}")) for n, order in enumerate(orders)]


def line(order: Order) -> placings.Line:
    enrols = order.kind is OrderKind.ENROLMENT
    at = int(order.ordered_at.timestamp()) * 1_000_000
    day = order.effective_on.isoformat()
    return placings.Line(day, at, order.order_id, enrols, order.class_id)


@given(st.lists(SOME_ORDER, max_size=7), DAYS)
def test_any_orders_place_a_pupil_on_any_day_as_the_domain_does(
    drawn: list[Order], day: date
) -> None:
    orders = numbered(drawn)
    found = [
        (each.class_id, each.order_id)
        for each in placings.placings(map(line, orders))
        if each.effective_on <= day.isoformat() and (each.until or "9") > day.isoformat()
    ]
    expected = placement(orders, day)
    assert found == ([] if expected is None else [(expected.class_id, expected.order.order_id)])


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.sampled_from(["Europe/Samara", "UTC"]))
def test_a_date_begins_at_the_zones_midnight(day: date, zone: str) -> None:
    at = midnight(zone_of(zone), day)
    assert placings.midnight(day.isoformat(), zone) == int(at.timestamp()) * 1_000_000


def test_an_instant_is_cut_to_microseconds_in_any_zone() -> None:
    assert placings.microseconds("1970-01-01t03:00:00.0000019+03:00") == 1
    assert placings.microseconds("1970-01-01T00:00:01Z") == 1_000_000


def test_a_membership_has_one_digest_in_all_forms() -> None:
    ours = of_ours("administrator", REASONS)
    assert ours == of_ours("administrator", REASONS[::-1]) == digest(True, AS_TEXT)
    assert ours != digest(False, AS_TEXT)
    assert ours != digest(True, AS_TEXT[:1])
    key = json.dumps({"chat_id": "class:9g", "person_id": "a"}).encode()
    body = {"chat_id": "class:9g", "person_id": "a", "administers": True}
    flink = read_flink(key, json.dumps({**body, "reasons": ",".join(AS_TEXT)}).encode())
    assert flink == Written(key_of("class:9g", "a"), ours, 1)
    assert read_flink(key, None) == Written(key_of("class:9g", "a"), None, -1)
    change = json.dumps({**body, "reasons": AS_TEXT, "diff": -1, "time": 4}).encode()
    assert read_pathway(None, change) == Written(key_of("class:9g", "a"), ours, -1)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3)), max_size=8), st.data())
def test_changes_that_come_in_any_order_end_in_the_same_memberships(
    contents: list[tuple[str, int]], data: st.DataObject
) -> None:
    latest: dict[str, int] = {}
    changes = []
    for key, content in contents:
        if key in latest:
            changes.append(Written(key, latest[key], -1))
        changes.append(Written(key, content, 1))
        latest[key] = content
    state = State()
    for change in data.draw(st.permutations(changes)):
        state.change(change)
    assert state.memberships == latest
    assert state.pending == {}


def test_the_comparison_names_what_is_missing_surplus_and_unlike() -> None:
    assert differences({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 4, "d": 5}) == {
        "b": Kind.CONTENT,
        "c": Kind.MISSING,
        "d": Kind.SURPLUS,
    }


def test_a_flink_job_is_filled_in_whole(tmp_path: Path) -> None:
    names = json.loads(told(Engine.FLINK, Place("localhost:1", "", tmp_path), tmp_path))
    made = list(statements(names))
    assert [each for each in made if "{" in each or ";" in each.replace("register;sgo", "")] == []
    assert {each.split(maxsplit=1)[0] for each in made} == {"CREATE", "INSERT"}
    assert made[-1].startswith("INSERT INTO members")


@pytest.mark.servers
@pytest.mark.parametrize("engine", Engine, ids=lambda engine: engine.value)
@pytest.mark.timeout(900)
async def test_an_engine_that_is_installed_derives_as_ours(engine: Engine) -> None:
    if engine is not Engine.ROLLCALL:
        skip_unless_wanted(engine.value, f"./run bench engines --only {engine.value}")
    if engine is Engine.FLINK:
        if not connector_path().exists():
            pytest.skip("Flink's connector is not here: ./run bench engines --only flink")
        try:
            java()
        except CannotInstallError as error:
            pytest.skip(str(error))
    result = await measure(120, 1, 1, [engine])
    assert result.missing == []
    assert [each.differences for each in result.figures] == [{}] * len(result.figures)
    assert {each.engine for each in result.figures} == {"rollcall", engine.value}
    assert min(each.memberships for each in result.figures) > 500
