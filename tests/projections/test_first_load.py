"""The first load of a register: read without marks, then every school derived once, whole."""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from datetime import date
from functools import partial

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.yardstick.region import region
from domain.facts import Fact
from domain.gate import Gate, GateClosed, GateOpen
from domain.lanes import Lane
from projections.database import Driver, driver, transaction
from projections.derive import rounds
from projections.derive.audit import audit
from projections.derive.config import DeriveConfig
from projections.derive.rounds import derive_once
from projections.facts import store
from projections.facts.ingest_store import Batch, IngestStore
from projections.facts.offsets import Position, Step
from projections.facts.store import Arrival
from projections.gate import first_load
from projections.gate.kafka_sights import Sight
from projections.queue.marks import set_marks
from tests.domain.builders import enrolment, school, school_class
from tests.interleavings.sessions import Session, connections, interleavings, run_in_order
from tests.projections.builders import derive_all, engine_of, fetch, ingest, memberships

KEY = ("t", 0)
END = first_load.LONG
LOADING = "UPDATE catch_up SET loading_since = clock_now(), passed_at = NULL"


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(database_url) as opened:
        yield opened


@pytest.fixture
async def register(engine: AsyncEngine) -> IngestStore:
    """Nothing of a long topic is read yet."""
    opened = IngestStore(engine)
    await opened.place([(KEY, None, Position("id", 0, 0))], restored=False, backward=None)
    return opened


async def _look(register: IngestStore, end: int = END) -> Gate:
    await register.watch(Sight({KEY: end}, {"t": "id"}), await register.look())
    return await register.gate()


async def _read(register: IngestStore, facts: Sequence[Fact], start: int, end: int) -> int:
    """How many marks were set."""
    arrivals = [Arrival(fact, "t", 0, start) for fact in facts]
    step = Step("t", 0, "id", start, end)
    return (await register.commit(Batch(arrivals, [], [step], Lane.LIVE))).marked


async def _marks(engine: AsyncEngine) -> list[tuple[object, ...]]:
    return await fetch(engine, "SELECT kind, id FROM stale_entities ORDER BY 1, 2")


def _reason(gate: Gate) -> str:
    assert isinstance(gate, GateClosed)
    return gate.reason


async def test_a_region_is_derived_school_by_school_when_all_of_it_is_read(
    engine: AsyncEngine, register: IngestStore
) -> None:
    facts = list(region(2000, 7, date(2026, 11, 20)))
    assert "first load" in _reason(await _look(register))
    for start in range(0, len(facts), 3000):
        assert await _read(register, facts[start : start + 3000], start, start + 3000) == 0
        assert "first load" in _reason(await _look(register))
    assert await audit(engine) == []
    assert await derive_all(engine) == 0
    await _read(register, [], start + 3000, END)
    assert "everything that was there then is read" in _reason(await _look(register))
    assert await _marks(engine) == [("school", "s-0001"), ("school", "s-0002")]
    assert await derive_all(engine) == 2
    assert await _look(register) == GateOpen()
    assert await audit(engine) == []
    places = await fetch(
        engine,
        """SELECT kind, min(place), max(place), count(*) FROM chat_sync
                                      JOIN chats USING (chat_id) GROUP BY 1 ORDER BY 2""",
    )
    assert [kind for kind, *_ in places] == ["staff_room", "class", "parents", "subject"]
    assert places[2][2] < places[3][1]  # type: ignore[operator]  # smallints
    assert places[3][3] > 800  # type: ignore[operator]  # a count


async def test_a_shorter_way_to_go_is_marked_as_ever(
    engine: AsyncEngine, register: IngestStore
) -> None:
    assert "first load" not in _reason(await _look(register, END - 1))
    await _read(register, [school()], 0, 1)
    assert await _marks(engine) == [("school", "s1")]


async def test_where_chats_are_known_nothing_is_a_first_load(
    engine: AsyncEngine, register: IngestStore
) -> None:
    await ingest(engine, school(), school_class())
    await derive_all(engine)
    assert "first load" not in _reason(await _look(register))
    await _read(register, [enrolment("p")], 0, 1)
    assert await _marks(engine) == [("class", "9g"), ("pupil", "p")]


async def test_a_load_that_does_not_end_goes_on_with_marks(
    engine: AsyncEngine, register: IngestStore
) -> None:
    await _look(register)
    await _read(register, [school(), school_class()], 0, 1)
    bound = f"interval '{first_load.BOUND_MINUTES} minutes'"
    await fetch(engine, f"UPDATE catch_up SET loading_since = loading_since - {bound} RETURNING 1")
    assert _reason(await _look(register)).endswith("records are being read")
    assert await _marks(engine) == [("school", "s1")]
    await _read(register, [enrolment("p")], 1, 2)
    await derive_all(engine)
    assert (await memberships(engine))["class:9g"] == {"p": "member"}


async def test_many_schools_are_derived_by_whoever_comes_next(engine: AsyncEngine) -> None:
    schools = [f"s{number}" for number in range(20)]
    async with transaction(engine) as connection:
        raw = await driver(connection)
        now = await raw.fetchval("SELECT clock_now()")
        facts = [school(each) for each in schools]
        await store.write(raw, [Arrival(fact, "t", 0, 0) for fact in facts], now)
        await first_load.mark_everything(raw, now)
    # So many as are done before the claim lapses. But all have their turns before any is written:
    # else whoever writes of the same school would wait.
    assert await derive_once(engine, DeriveConfig()) == rounds.SCHOOLS_AT_ONCE
    assert len(await fetch(engine, "SELECT chat_id FROM chats")) == rounds.SCHOOLS_AT_ONCE
    assert len(await fetch(engine, "SELECT school_id FROM school_turns")) == len(schools)
    await derive_all(engine)
    rooms = await fetch(engine, "SELECT chat_id FROM chats")
    assert {chat for (chat,) in rooms} == {f"staff_room:{each}" for each in schools}


async def test_a_fact_that_is_written_as_the_load_ends_is_derived_in_every_order(
    database_url: str, engine: AsyncEngine
) -> None:
    async with connections(database_url, 3) as (monitor, reading, watching):
        for number, order in enumerate(interleavings([2, 2, 1])):
            await monitor.execute(LOADING)
            facts: list[Fact] = [school(), school_class(f"c{number}"), enrolment("p", f"c{number}")]
            derived = Session(monitor.get_server_pid(), deque([partial(derive_all, engine)]))
            sessions = [_batch(reading, facts), _end(watching), derived]
            await run_in_order(monitor, sessions, order)
            await derive_all(engine)
            assert await audit(engine) == [], order
        assert number > 20


def _batch(connection: asyncpg.Connection, facts: Sequence[Fact]) -> Session:
    """As ``IngestStore.commit`` does it."""
    raw = Driver(connection)

    async def write() -> None:
        await raw.execute("BEGIN")
        now = await raw.fetchval("SELECT clock_now()")
        written = await store.write(raw, [Arrival(fact, "t", 0, 0) for fact in facts], now)
        if not await first_load.spares_marks(raw):
            await set_marks(raw, written.touched, Lane.LIVE, now)

    return Session(
        connection.get_server_pid(), deque((write, partial(connection.execute, "COMMIT")))
    )


def _end(connection: asyncpg.Connection) -> Session:
    """As ``catch_up.watch`` does it."""

    async def end() -> None:
        await connection.execute("BEGIN")
        await connection.execute("SELECT FROM catch_up FOR UPDATE")
        await connection.execute("UPDATE catch_up SET passed_at = clock_now()")
        await first_load.end(Driver(connection))

    return Session(connection.get_server_pid(), deque((end, partial(connection.execute, "COMMIT"))))
