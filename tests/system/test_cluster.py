"""Three brokers, every record on each, two to acknowledge it: one dies, a leader moves, two die.

What Kafka acknowledged is never lost, and the register is not taken for read while it cannot be.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from consumers.errors import KafkaUnavailable
from consumers.kafka import end_offsets
from domain.gate import Gate, GateOpen, Lag, RemovalsWait
from projections.database import transaction
from projections.gate import catch_up
from rollcall.publish import PublishError
from simulator.changes import Change, MemberRemoved
from tests.servers.cluster import NODES, Cluster, busiest, cluster, whole
from tests.system.histories import Event
from tests.system.processes import Program, until
from tests.system.publishing import history
from tests.system.stack import Stack, stack
from tests.system.verifier import check, check_no_call_was_repeated

STRANGER = 1
PUPILS = 40
PAUSE = 0.2
"""Seconds between two portions of events."""
AWAY_SECONDS = 120.0
"""Ample for what passes within ten, however slow the machine."""

CLASS = "SELECT chat_id, max_chat_id FROM dashboard.chats WHERE kind = 'class' AND observed > 2"
SEEN = f"""
    SELECT count(*) = 1 FROM dashboard.memberships
     WHERE max_user_id = {STRANGER} AND state = 'to_remove'"""
UNWATCHED = "SELECT watched_at < clock_now() - interval '6 seconds' FROM catch_up"
KEEPS_UP = "SELECT count(*) < 10 FROM chat_sync WHERE due_at <= clock_now()"
READ = "SELECT coalesce(sum(next_off), 0) FROM ingest_partitions"


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("brokers") / "cluster") as made:
        yield made


@pytest.fixture
async def school(
    brokers: Cluster, database_url: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[Stack]:
    await brokers.start()  # whichever a test that failed has left dead
    servers = (database_url, brokers.bootstrap, tmp_path, topic_prefix)
    async with stack(*servers, replication=len(NODES)) as made:
        await brokers.until(whole, *made.topics)
        yield made


@asynccontextmanager
async def load(school: Stack, events: Iterator[Event], rng: Random) -> AsyncIterator[None]:
    """Publish without an end while the block lasts, no faster than chats are kept in step."""
    done = asyncio.Event()

    async def publish() -> None:
        while not done.is_set():
            await acknowledged(school, list(islice(events, rng.randint(1, 20))))
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), PAUSE)
            await school.until(KEEPS_UP, "chats are not kept in step", AWAY_SECONDS)

    task = asyncio.create_task(publish())
    try:
        yield
    finally:
        done.set()
        await task


async def acknowledged(school: Stack, events: list[Event]) -> None:
    """Publish as a register does: what was not acknowledged is sent again."""
    while True:
        try:
            await school.publish(events)
        except PublishError:
            continue
        return


async def flows(school: Stack, more: int) -> None:
    """Wait until so many more are published, and until those are read that were there then."""
    wanted = len(school.published) + more
    await until(lambda: len(school.published) >= wanted, "nothing is published", AWAY_SECONDS)
    there = sum((await ends(school)).values())
    await school.until(f"SELECT ({READ}) >= {there}", "nothing is read", AWAY_SECONDS)


async def ends(school: Stack) -> dict[tuple[str, int], int]:
    """Where the topics end; a broker that has just died is asked no more after a moment."""
    async with asyncio.timeout(AWAY_SECONDS):
        while True:
            with suppress(KafkaUnavailable):
                return await end_offsets(school.kafka, school.topics)


async def check_log(school: Stack) -> None:
    """Kafka has every record that it has acknowledged."""
    left = {TopicPartition(*place): end for place, end in (await ends(school)).items() if end}
    found: set[str] = set()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=school.kafka.servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(list(left))
        async with asyncio.timeout(AWAY_SECONDS):
            while left:
                for place, records in (await consumer.getmany(timeout_ms=500)).items():
                    found |= {json.loads(record.value)["id"] for record in records}
                    if records and records[-1].offset + 1 >= left.get(place, 0):
                        left.pop(place, None)
    finally:
        await consumer.stop()
    assert {event["id"] for event in school.published} <= found


async def at_rest(school: Stack) -> None:
    """All is read, the gate is open, and everything is as what was acknowledged says."""
    await school.settled(AWAY_SECONDS)
    await school.acting()
    await school.settled(AWAY_SECONDS)
    async with asyncio.timeout(AWAY_SECONDS):
        while await gate(school) != GateOpen():  # noqa: ASYNC110 - a server's state
            await asyncio.sleep(0.1)
    await check_log(school)
    await check(school)


async def ends_well(school: Stack, engine: Program) -> None:
    """The process has lived through it, and has taken no outage for a refusal."""
    await check_no_call_was_repeated(school)
    assert not engine.ended
    assert await engine.terminate() == 0
    assert school.programs.tracebacks() == []
    assert "KafkaRefused" not in engine.said()


async def gate(school: Stack) -> Gate:
    async with transaction(school.engine) as connection:
        return await catch_up.gate(connection)


@pytest.mark.timeout(600)
@pytest.mark.takes(60)
async def test_a_broker_that_is_killed_under_load_and_a_leader_that_moves_lose_nothing(
    school: Stack, brokers: Cluster, seed: int
) -> None:
    rng = Random(seed)
    events = history(seed, changes=sys.maxsize, pupils=PUPILS)
    engine = await school.run()
    await school.publish(islice(events, 300))
    await school.until("SELECT count(*) > 3 FROM intents", "no chat is made")
    victim = busiest(await brokers.standing(*school.topics))
    async with load(school, events, rng):
        await flows(school, 20)
        await brokers.kill(victim)
        await brokers.until(
            lambda now: all(each.leader not in {victim, -1} for each in now.values()),
            *school.topics,
        )
        await flows(school, 100)
    await at_rest(school)

    async with load(school, events, rng):
        await brokers.start(victim)
        standing = await brokers.until(whole, *school.topics)
        place = next(place for place, each in standing.items() if each.wanted[0] == victim)
        assert standing[place].leader != victim
        await brokers.move_to_preferred(place)
        await brokers.until(lambda now: now[place].leader == victim, *school.topics)
        await flows(school, 100)
    await at_rest(school)
    await ends_well(school, engine)


@pytest.mark.timeout(600)
@pytest.mark.takes(60)
async def test_while_two_brokers_are_away_nobody_is_removed_and_status_says_why(
    school: Stack, brokers: Cluster, seed: int
) -> None:
    removed: list[MemberRemoved] = []

    def seen(change: Change) -> None:
        if isinstance(change, MemberRemoved):
            removed.append(change)

    events = history(seed, changes=sys.maxsize, pupils=PUPILS)
    await school.publish(islice(events, 500))
    engine = await school.run()
    await at_rest(school)
    school.simulator.world.observe(seen)
    first, second, _ = brokers.nodes
    await brokers.kill(first, second)
    before = len(school.published)
    # Each by itself, so that one which is acknowledged is seen.
    publishing = asyncio.gather(*(acknowledged(school, [each]) for each in islice(events, 20)))
    await school.until(UNWATCHED, "the ends of partitions that are away are known")
    # Additions wait a minute, and no chat is read in it: as if it were over.
    await school.rows(
        "UPDATE catch_up SET watched_at = watched_at - interval '1 minute' RETURNING 1"
    )
    chat_id, number = (await school.rows(CLASS))[0]
    await school.http.post(f"/sim/chats/{number}/people/{STRANGER}", json={"action": "join"})
    assert (await school.programs.ask("reconcile", chat_id))[0] == 0
    await school.until(SEEN, "the stranger is not seen, or is gone already")
    now = await gate(school)
    assert isinstance(now, RemovalsWait)
    assert (now.reason, now.additions_wait) == (Lag.UNWATCHED.value, False)
    code, words = await school.programs.ask("status")
    assert (code, _line(words, "lag"), _line(words, "settled")) == (1, "unknown", "no")
    assert "nobody looks at the topics' ends, so removals wait" in words
    assert removed == []
    assert not publishing.done()
    assert len(school.published) == before

    await brokers.start(first, second)
    await publishing
    await at_rest(school)
    assert STRANGER in {each.user_id for each in removed}
    await ends_well(school, engine)


def _line(words: str, name: str) -> str:
    """What a line of ``status`` says of ``name``."""
    return dict(line.split(maxsplit=1) for line in words.splitlines())[name]
