"""The fold that the peers run is the domain's, and what measures them works."""

import ast
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.memory import held_mib, tree
from benchmarks.peers import environments, fold
from benchmarks.peers.__main__ import measure
from benchmarks.peers.orders import records
from benchmarks.peers.report import Peer
from benchmarks.processes import ROOT
from consumers.translate import fact_of
from domain.facts import Cancellation, Order
from domain.facts import fold as fold_facts
from domain.orders import live, placement
from schemas.decode import Decoded, decode
from tests.benchmarks.peers import skip_unless_wanted
from tests.oracle.histories import CANCELLATION, ENROLMENT, TODAY, WITHDRAWAL

Event = dict[str, Any]  # any event's JSON
Placed = dict[str, list[str]]

PROGRAMS = sorted(ROOT.glob("benchmarks/*/on_*.py"))
REQUIREMENTS = sorted(ROOT.glob("benchmarks/*/requirements/*.txt"))
ORDERS = st.lists(st.one_of(ENROLMENT, ENROLMENT, WITHDRAWAL, CANCELLATION), max_size=25)


def by_the_peers(events: list[Event], today: str) -> Placed:
    orders: dict[str, fold.OrderState] = {}
    pupils: dict[str, dict[str, fold.Line]] = {}
    placed: dict[str, list[str] | None] = {}
    for event in events:
        order_id = event["data"]["order_id"]
        state, changes = fold.by_order(orders.get(order_id), event)
        # As a state store does: what is kept is a copy.
        orders[order_id] = json.loads(json.dumps(state))
        for key, changed, line in changes:
            own = pupils.setdefault(key, {})
            placed[key] = fold.by_pupil(own, changed, line, today)
    return {key: value for key, value in placed.items() if value is not None}


def by_the_domain(events: list[Event], today: date) -> Placed:
    facts = []
    for event in events:
        read = decode((), None, json.dumps(event).encode())
        assert isinstance(read, Decoded), read
        facts.append(fact_of(read))
    known = fold_facts(facts).values()
    cancelled = {
        (each.order_id, each.school_id) for each in known if isinstance(each, Cancellation)
    }
    orders: dict[str, list[Order]] = {}
    for order in live((each for each in known if isinstance(each, Order)), cancelled):
        orders.setdefault(f"{order.school_id}|{order.pupil_id}", []).append(order)
    placed = {key: placement(own, today) for key, own in orders.items()}
    return {
        key: [str(each.class_id), str(each.order.order_id)]
        for key, each in placed.items()
        if each is not None
    }


@given(ORDERS, st.integers(-90, 2), st.data())
def test_any_orders_in_any_order_place_pupils_as_the_domain_does(
    drawn: list[Event], days: int, data: st.DataObject
) -> None:
    today = TODAY + timedelta(days=days)
    events = [{**event, "id": f"e{number}"} for number, event in enumerate(drawn)]
    again = data.draw(st.permutations(events + events[::2]))
    assert by_the_peers(again, today.isoformat()) == by_the_domain(events, today)


def test_the_orders_are_events_of_the_contract_and_hold_what_makes_a_fold_hard() -> None:
    read = [decode((), record.key, record.value) for record in records(3000)]
    assert [each for each in read if not isinstance(each, Decoded)] == []
    made = [json.loads(record.value) for record in records(3000)]
    bodies: dict[str, set[str]] = {}
    for event in made:
        if event["type"] == "sgo.order.cancelled.v1":
            continue
        bodies.setdefault(event["subject"], set()).add(json.dumps(event["data"]))
    assert {event["type"] for event in made} == {
        "sgo.enrolment.ordered.v1",
        "sgo.withdrawal.ordered.v1",
        "sgo.order.cancelled.v1",
    }
    assert any(len(each) > 1 for each in bodies.values())
    assert len({event["id"] for event in made}) < len(made)


def test_the_same_seed_makes_the_same_orders() -> None:
    assert list(records(200, 7)) == list(records(200, 7))
    assert list(records(200, 7)) != list(records(200, 8))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_peers_program_is_python_and_imports_nothing_of_the_product(program: Path) -> None:
    tree_ = ast.parse(program.read_text(encoding="utf-8"))
    names = {node.module or "" for node in ast.walk(tree_) if isinstance(node, ast.ImportFrom)}
    names |= {
        name.name for node in ast.walk(tree_) if isinstance(node, ast.Import) for name in node.names
    }
    ours = {
        "schemas", "domain", "loops", "consumers", "projections", "gateway", "operations",
        "console", "simulator", "synth", "rollcall",
    }  # fmt: skip
    assert {name for name in names if name.partition(".")[0] in ours} == set()


def test_every_version_of_a_peer_is_pinned() -> None:
    lines = [line for path in REQUIREMENTS for line in path.read_text("utf-8").splitlines()]
    assert len(REQUIREMENTS) == 5
    assert [line for line in lines if "==" not in line] == []


def test_an_environment_made_by_other_requirements_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path)
    assert environments.python("quix") is None
    (tmp_path / "quix").mkdir()
    made = tmp_path / "quix" / ".made-by"
    made.write_text("of another file", encoding="ascii")
    assert environments.python("quix") is None
    made.write_text(environments.fingerprint("quix"), encoding="ascii")
    assert environments.python("quix") == tmp_path / "quix" / "bin" / "python"


@pytest.mark.servers
def test_the_memory_of_a_program_is_that_of_all_it_started() -> None:
    inner = "import time; held = bytearray(64 << 20); print('held', flush=True); time.sleep(60)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    with subprocess.Popen([sys.executable, "-c", outer], stdout=subprocess.PIPE) as process:  # noqa: S603 - our own words
        try:
            assert process.stdout is not None
            process.stdout.readline()
            children = tree((process.pid,)) - {process.pid}
            assert len(children) == 1
            assert held_mib((process.pid,)) > 64
        finally:
            for each in sorted(tree((process.pid,))):
                subprocess.run(["kill", str(each)], check=False)  # noqa: S603, S607 - as above


@pytest.mark.servers
@pytest.mark.parametrize("peer", Peer, ids=lambda peer: peer.value)
@pytest.mark.timeout(600)
async def test_a_peer_that_is_installed_places_pupils_as_ours(peer: Peer) -> None:
    if peer is not Peer.ROLLCALL:
        skip_unless_wanted(peer.value, f"./run bench peers --only {peer.value}")
    result = await measure(1500, [peer])
    assert result.missing == []
    assert [each.same for each in result.figures] == [True] * len(result.figures)
    assert {each.peer for each in result.figures} == {"rollcall", peer.value}
    assert min(each.placements for each in result.figures) > 500
