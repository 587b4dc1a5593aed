"""``quarantine`` and ``gaps`` as a person at a terminal meets them."""

import json

import pytest

from domain.gate import GateClosed
from domain.lanes import Lane
from projections.database import transaction
from projections.facts import offsets
from projections.facts.ingest_store import Batch, IngestStore
from projections.facts.offsets import Position, ReadingState, Step
from projections.facts.quarantine import BadRecord, Cause
from projections.gate import catch_up
from tests.consumers.events import guardianship
from tests.projections.builders import engine_of, fetch
from tests.rollcall.running import Told, command

REASON = "offsets 0 to 6 are gone from the log, and were never read"
GAP = Position("id", 7, 7, ReadingState.GAP, REASON)
NAME = "Сокровенная"
BAD = BadRecord(
    "sgo.orders",
    3,
    0,
    b"\xff",
    f"{NAME}\x1b[31m".encode(),
    [("h", b"v")],
    "value: is not JSON",
    "id",
)


async def rollcall(url: str, *words: str) -> Told:
    """A command that is told nothing but the database."""
    return await command(*words, ROLLCALL_POSTGRES__URL=url)


async def test_a_gap_is_listed_until_it_is_acknowledged_and_then_the_catch_up_is_armed(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await IngestStore(engine).place(
            [(("sgo.orders", 3), None, GAP)], restored=False, backward=None
        )
    code, out, _ = await rollcall(database_url, "gaps", "--json")
    row = json.loads(out)
    assert (code, row["topic"], row["partition"], row["next_offset"], row["reason"]) == (
        0, "sgo.orders", 3, 7, REASON,
    )  # fmt: skip
    assert (await rollcall(database_url, "gaps", "--acknowledge", "sgo.orders/2"))[0] == 3
    code, out, _ = await rollcall(database_url, "gaps", "--acknowledge", "sgo.orders/3")
    assert code == 0
    async with engine_of(database_url) as engine, transaction(engine) as connection:
        standing = (await offsets.load(connection, ["sgo.orders"]))["sgo.orders", 3]
        gate = await catch_up.gate(connection)
    assert standing == Position("id", 7, 7)
    assert isinstance(gate, GateClosed)
    assert "a gap was acknowledged" in gate.reason
    code, _, err = await rollcall(database_url, "gaps", "--acknowledge", "sgo.orders/3")
    assert code == 3
    assert err.count("\n") == 1
    assert (await rollcall(database_url, "gaps", "--json"))[1] == ""


@pytest.mark.parametrize(
    "words",
    [
        ["quarantine"],
        ["gaps"],
        ["sessions"],
        ["accounts"],
        ["plan"],
        ["drift"],
        ["drift", "--kept"],
    ],
)
async def test_an_empty_list_says_so_beside_an_empty_output(
    database_url: str, words: list[str]
) -> None:
    code, out, err = await rollcall(database_url, *words)
    assert (code, out, err.count("\n")) == (0, "", 1)
    assert await rollcall(database_url, *words, "--json") == (0, "", "")


async def test_content_is_shown_on_request_alone_and_cannot_steer_the_terminal(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        store = IngestStore(engine)
        key = ("sgo.orders", 3)
        await store.place([(key, None, Position("id", 0, 0))], restored=False, backward=None)
        await store.commit(Batch([], [BAD], [Step(*key, "id", 0, 1)], Lane.LIVE))
    listed = await rollcall(database_url, "quarantine")
    shown = await rollcall(database_url, "quarantine", "sgo.orders/3/0")
    assert listed == shown
    assert "sgo.orders/3 at 0: value: is not JSON" in listed[1]
    assert NAME not in listed[1]
    code, out, _ = await rollcall(database_url, "quarantine", "sgo.orders/3/0", "--content")
    assert code == 0
    assert NAME in out
    assert "\x1b" not in out
    assert (await rollcall(database_url, "quarantine", "sgo.orders/3/9"))[0] == 1
    assert (await rollcall(database_url, "quarantine", "sgo.orders/3"))[0] == 2


async def test_what_our_own_failures_set_aside_is_read_again_by_one_command(
    database_url: str,
) -> None:
    key = ("sgo.register", 0)
    value = guardianship("g1")
    ours = BadRecord(*key, 0, b"g1:p1", value, (), "reading it failed: KeyError", "id", Cause.OURS)
    wrong = BadRecord(*key, 1, None, b"{", (), "value: is cut short", "id")
    async with engine_of(database_url) as engine:
        store = IngestStore(engine)
        start = Position("id", 0, 0)
        await store.place([(key, None, start)], restored=False, backward=None)
        await store.commit(Batch([], [ours, wrong], [Step(*key, "id", 0, 2)], Lane.LIVE))
        await store.stop(key, Position("id", 2, 2))
    code, out, _ = await rollcall(database_url, "quarantine", "retry")
    assert (code, out) == (
        0, "1 records are read now, 0 stay in quarantine; 1 stopped partitions are read on\n",
    )  # fmt: skip
    async with engine_of(database_url) as engine:
        assert await fetch(engine, "SELECT guardian_id FROM fact_guardianships") == [("g1",)]
        assert await fetch(engine, "SELECT off FROM quarantine") == [(1,)]
        assert await fetch(engine, "SELECT state FROM ingest_partitions") == [("reading",)]
    code, out, _ = await rollcall(database_url, "quarantine", "retry", "--all", "--json")
    assert (code, json.loads(out)) == (3, {"read": 0, "left": 1, "released": 0})
    assert (await rollcall(database_url, "quarantine", "--all"))[0] == 2
