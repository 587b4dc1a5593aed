"""Records over which our own code fails: a few are set aside, many stop their partition."""

import pytest
from structlog.testing import capture_logs

from consumers.reading import read
from consumers.retry import Retried, retry
from domain.gate import RemovalsWait
from projections.database import create_engine
from projections.facts.brake import IN_A_ROW
from projections.facts.ingest_store import IngestStore
from tests.consumers.events import guardianship, profile
from tests.consumers.harness import Harness, Row, eventually

GUARDIANS = "SELECT guardian_id FROM fact_guardianships ORDER BY guardian_id"
FAULT = "ALTER TABLE fact_profiles ADD CONSTRAINT fault CHECK (max_user_id < 1000)"
MENDED = "ALTER TABLE fact_profiles DROP CONSTRAINT fault"
"""A check that only this test has stands for a fault of ours that a release brought."""


def _profiles(first: int, count: int, part: int = 0) -> list[Row]:
    return [
        Row(profile(f"p{each}", 1000 + each), partition=part)
        for each in range(first, first + count)
    ]


async def _stopped(harness: Harness) -> bool:
    states = await harness.column("SELECT state FROM ingest_partitions WHERE part = 0")
    return states == ["stopped"]


async def _retry(harness: Harness, *, everything: bool = False) -> Retried:
    engine = create_engine(harness.url)
    try:
        return await retry(IngestStore(engine), everything=everything)
    finally:
        await engine.dispose()


async def test_a_faulty_release_stops_a_partition_and_says_so_before_it_has_set_it_all_aside(
    harness: Harness,
) -> None:
    await harness.fetch(FAULT)
    good = [Row(guardianship(f"g{each}"), partition=1) for each in range(3)]
    await harness.produce(Row(guardianship("first"), partition=0), *_profiles(0, 200), *good)
    with capture_logs() as lines:
        async with harness.ingesting() as ingest:
            await eventually(lambda: _stopped(harness))

            async def told() -> bool:
                return not ingest.health().live

            await eventually(told)
            assert ingest.health().reason == (
                f"stopped by failures of our own code over records of {harness.topic}/0"
            )
            await harness.produce(Row(guardianship("g3"), partition=1))

            async def others_go_on() -> bool:
                return await harness.column(GUARDIANS) == ["first", "g0", "g1", "g2", "g3"]

            await eventually(others_go_on)
    assert await harness.column("SELECT count(*) FROM quarantine") == [IN_A_ROW]
    assert await harness.column("SELECT DISTINCT cause FROM quarantine") == ["store"]
    assert await harness.column("SELECT next_off FROM ingest_partitions WHERE part = 0") == [
        1 + IN_A_ROW
    ]
    assert "ingest.stops" in {line["event"] for line in lines}


async def test_after_the_fault_is_mended_one_command_reads_all_of_it(harness: Harness) -> None:
    await harness.fetch(FAULT)
    await harness.produce(*_profiles(0, 50))
    async with harness.ingesting() as ingest:
        await eventually(lambda: _stopped(harness))
        assert await _retry(harness) == Retried(0, IN_A_ROW, 1)  # it is not mended yet
        await eventually(lambda: _stopped(harness))
        assert await harness.column("SELECT count(*) FROM quarantine") == [IN_A_ROW]
        await harness.fetch(MENDED)
        assert await _retry(harness) == Retried(IN_A_ROW, 0, 1)
        await harness.all_read()
        assert ingest.health().live
    assert await harness.column("SELECT count(*) FROM fact_profiles") == [50]
    assert await harness.column("SELECT count(*) FROM quarantine") == [0]
    marks = await harness.column("SELECT count(*) FROM stale_entities WHERE kind = 'profile'")
    assert marks == [50]


async def test_a_stopped_partition_stays_stopped_over_a_restart(harness: Harness) -> None:
    await harness.fetch(FAULT)
    await harness.produce(*_profiles(0, 50))
    async with harness.ingesting():
        await eventually(lambda: _stopped(harness))
    async with harness.ingesting() as ingest:

        async def taken_up() -> bool:
            return ingest.health().held == 2 and not ingest.health().live

        await eventually(taken_up)
    assert await harness.column("SELECT count(*) FROM quarantine") == [IN_A_ROW]


async def test_what_our_code_cannot_read_is_set_aside_as_ours_and_read_again(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = read

    def fails(record: object, topic_id: str, counters: object) -> object:
        """A fault in the reading of some records."""
        value = getattr(record, "value", b"")
        if b"odd" not in value:
            return real(record, topic_id, counters)  # type: ignore[arg-type]  # as it came
        with monkeypatch.context() as patched:
            patched.setattr("consumers.reading.decode", None)
            return real(record, topic_id, counters)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr("consumers.ingest.read", fails)
    await harness.produce(
        Row(guardianship("odd"), headers=[("trace", b"1")], partition=0),
        Row(b"junk", partition=0),
        Row(guardianship("even"), partition=0),
    )
    async with harness.ingesting():
        await harness.all_read()
    causes = "SELECT cause FROM quarantine ORDER BY off"
    assert await harness.column(causes) == ["ours", "contract"]
    assert await harness.column("SELECT reason FROM quarantine WHERE cause = 'ours'") == [
        "reading it failed: TypeError"
    ]
    assert await _retry(harness) == Retried(1, 0, 0)
    assert await harness.column(GUARDIANS) == ["even", "odd"]
    assert await harness.column(causes) == ["contract"]
    assert await _retry(harness, everything=True) == Retried(0, 1, 0)


async def test_while_a_partition_is_stopped_nobody_is_removed_by_what_is_behind(
    harness: Harness,
) -> None:
    await harness.fetch(FAULT)
    await harness.produce(*_profiles(0, 50))
    engine = create_engine(harness.url)
    store = IngestStore(engine)
    async with harness.ingesting():
        await eventually(lambda: _stopped(harness))
    await harness.fetch("UPDATE catch_up SET armed_at = NULL, watched_at = clock_now()")
    await harness.fetch(
        """INSERT INTO topic_ends
           SELECT topic, part, topic_id, 50, clock_now() - interval '1 minute'
             FROM ingest_partitions WHERE part = 0"""
    )
    assert isinstance(await store.gate(), RemovalsWait)
    await engine.dispose()
