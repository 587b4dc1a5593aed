"""What ingest does when something moves under it, on real Kafka and PostgreSQL."""

from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer

from consumers.errors import TopicCompacted, TopicsMissing
from consumers.kafka_view import KafkaView
from domain.gate import GateClosed
from projections.database import create_engine, transaction
from projections.facts import offsets
from projections.facts.ingest_store import IngestStore
from projections.migrate import upgrade
from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres
from tests.consumers.events import guardianship
from tests.consumers.harness import Harness, Row, eventually

GUARDIANS = "SELECT guardian_id FROM fact_guardianships ORDER BY guardian_id"


def _some(name: str, count: int, parts: int = 3) -> list[Row]:
    return [Row(guardianship(f"{name}{each:04d}"), partition=each % parts) for each in range(count)]


def _names(name: str, count: int) -> list[object]:
    return [f"{name}{each:04d}" for each in range(count)]


async def test_a_second_instance_takes_over_half_and_nothing_is_lost_or_read_twice(
    harness: Harness,
) -> None:
    small = replace(harness.config, max_records=50)
    await harness.produce(*_some("a", 1500))
    async with harness.ingesting(small) as first:
        await eventually(lambda: _reached(harness, 100))
        async with harness.ingesting(small) as second:

            async def shared() -> bool:
                return first.health().held > 0 and second.health().held > 0

            await eventually(shared)
            await harness.produce(*_some("b", 600))
            await harness.all_read()
            assert first.health().held + second.health().held == 3
        await harness.produce(*_some("c", 30))
        await harness.all_read()
    assert await harness.column(GUARDIANS) == (
        _names("a", 1500) + _names("b", 600) + _names("c", 30)
    )
    assert await harness.column("SELECT count(*) FROM fact_history") == [0]


async def _reached(harness: Harness, count: int) -> bool:
    [total] = await harness.column("SELECT coalesce(sum(next_off), 0)::int FROM ingest_partitions")
    return int(str(total)) >= count


async def test_a_topic_made_anew_is_read_from_its_beginning(harness: Harness) -> None:
    await harness.produce(*_some("old", 9))
    async with harness.ingesting():
        await harness.all_read()
        await harness.delete_topic()
        await _made_anew(harness)
        await harness.produce(*_some("new", 30))
        await eventually(lambda: _holds(harness, 39))
    assert await harness.column(GUARDIANS) == _names("new", 30) + _names("old", 9)
    [armed] = await harness.fetch("SELECT reason FROM catch_up")
    assert armed["reason"] == "a topic was made anew"


async def _made_anew(harness: Harness) -> None:
    """Kafka deletes in the background, so the name may still be taken for a moment."""

    async def made() -> bool:
        await harness.make_topic()
        return len(await harness.ends()) == harness.partitions

    await eventually(made)


async def _holds(harness: Harness, count: int) -> bool:
    return await harness.column("SELECT count(*) FROM fact_guardianships") == [count]


async def test_a_topic_made_anew_while_nobody_looked_is_read_from_its_beginning(
    harness: Harness,
) -> None:
    await harness.produce(*_some("old", 9))
    async with harness.ingesting():
        await harness.all_read()
    await harness.delete_topic()
    await _made_anew(harness)
    await harness.produce(*_some("new", 30))
    async with harness.ingesting():
        await eventually(lambda: _holds(harness, 39))


async def test_missing_records_close_the_gate_until_a_person_acknowledges_it(
    harness: Harness,
) -> None:
    await harness.produce(*_some("a", 9))
    await harness.delete_records({0: 2})
    engine = create_engine(harness.url)
    async with harness.ingesting(replace(harness.config, stuck_seconds=0)) as ingest:
        await eventually(lambda: _in_gap(harness, 1))
        await eventually(lambda: _holds(harness, 6))

        async def nothing_else_to_read() -> bool:
            return ingest.health().held == 2 and ingest.health().live

        await eventually(nothing_else_to_read)
        gate = await IngestStore(engine).gate()
        assert isinstance(gate, GateClosed)
        assert gate.reason.startswith(f"records are missing in {harness.topic}/0")
        async with transaction(engine) as connection:
            assert await offsets.acknowledge_gap(connection, harness.topic, 0)
        await harness.all_read()
    await engine.dispose()
    assert await _in_gap(harness, 0)
    assert await _holds(harness, 7)


async def _in_gap(harness: Harness, count: int) -> bool:
    found = await harness.column("SELECT count(*) FROM ingest_partitions WHERE state = 'gap'")
    return found == [count]


async def test_records_that_vanish_before_they_are_read_are_a_gap_not_a_hole(
    harness: Harness,
) -> None:
    await harness.produce(*_some("a", 9))
    async with harness.ingesting():
        await harness.all_read()
    await harness.produce(*_some("b", 9))
    await harness.delete_records({1: 5})
    async with harness.ingesting():
        await eventually(lambda: _in_gap(harness, 1))
    [row] = await harness.fetch("SELECT * FROM ingest_partitions WHERE state = 'gap'")
    assert (row["part"], row["next_off"]) == (1, 5)
    assert row["state_reason"] == "offsets 3 to 4 are gone from the log, and were never read"


async def test_a_rewind_is_noticed_while_running_and_changes_no_fact(harness: Harness) -> None:
    await harness.produce(*_some("a", 90))
    engine = create_engine(harness.url)
    async with harness.ingesting() as ingest:
        await harness.all_read()
        await harness.fetch("DELETE FROM stale_entities")
        async with transaction(engine) as connection:
            assert await offsets.rewind(connection) == 3

        async def read_twice() -> bool:
            return ingest.counters.records == 180

        await eventually(read_twice)
    await engine.dispose()
    assert await harness.column(GUARDIANS) == _names("a", 90)
    assert await harness.column("SELECT count(*) FROM stale_entities") == [0]
    assert await harness.column("SELECT count(*) FROM fact_history") == [0]


async def test_a_rewind_of_a_log_that_lost_its_beginning_is_no_gap(harness: Harness) -> None:
    await harness.produce(*_some("a", 9))
    engine = create_engine(harness.url)
    async with harness.ingesting():
        await harness.all_read()
    await harness.delete_records({0: 2})
    async with transaction(engine) as connection:
        await offsets.rewind(connection)
    await engine.dispose()
    async with harness.ingesting():
        await harness.all_read()
    assert await _in_gap(harness, 0)


async def test_the_ends_of_transactions_are_no_lag_and_aborted_records_no_facts(
    harness: Harness,
) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=harness.kafka.servers, transactional_id=f"{harness.topic}-test"
    )
    await producer.start()
    for number in range(3):
        async with producer.transaction():
            await producer.send(harness.topic, guardianship(f"g{number}"), b"k", partition=0)
    await producer.begin_transaction()
    await producer.send_and_wait(harness.topic, guardianship("aborted"), b"k", partition=0)
    await producer.abort_transaction()
    await producer.stop()
    async with harness.ingesting():
        await harness.all_read()
    assert await harness.column(GUARDIANS) == ["g0", "g1", "g2"]
    assert await harness.column("SELECT next_off FROM ingest_partitions WHERE part = 0") == [8]


async def test_a_database_from_yesterday_reads_again_and_forgets_what_chats_hold(
    harness: Harness,
) -> None:
    await harness.produce(*_some("a", 9))
    async with harness.ingesting():
        await harness.all_read()
    before = await harness.fetch("SELECT topic, part, next_off FROM ingest_partitions")
    await harness.produce(*_some("b", 9))
    async with harness.ingesting():
        await harness.all_read()
    await harness.fetch("DELETE FROM fact_guardianships WHERE guardian_id LIKE 'b%'")
    for row in before:
        await harness.fetch(
            "UPDATE ingest_partitions SET next_off = $3, reached_off = $3"
            " WHERE (topic, part) = ($1, $2)",
            *row,
        )
    await harness.fetch("""INSERT INTO chats (chat_id, kind, school_id, title)
                           VALUES ('c', 'staff_room', 's', 't')""")
    await harness.fetch("""INSERT INTO chat_sync (chat_id, max_chat_id, observed_at)
                           VALUES ('c', 7, clock_now())""")
    async with harness.ingesting():
        await harness.all_read()
    assert await harness.column(GUARDIANS) == _names("a", 9) + _names("b", 9)
    [chat] = await harness.fetch("SELECT observed_at, due_at FROM chat_sync")
    assert chat["observed_at"] is None
    assert chat["due_at"] is not None
    [armed] = await harness.fetch("SELECT reason FROM catch_up")
    assert armed["reason"] == "the database was restored"


async def test_told_to_stop_it_commits_the_batch_in_flight_and_tells_kafka(
    harness: Harness,
) -> None:
    await harness.produce(*_some("a", 900))
    async with harness.ingesting(replace(harness.config, max_records=100)):
        await eventually(lambda: _reached(harness, 100))
    rows = await harness.fetch("SELECT part, next_off FROM ingest_partitions")
    [facts] = await harness.column("SELECT count(*) FROM fact_guardianships")
    assert sum(row["next_off"] for row in rows) == facts
    async with KafkaView(harness.kafka) as view:
        told = await view.committed(harness.config.group)
    assert {part: offset for (_, part), offset in told.offsets.items() if offset} == {
        row["part"]: row["next_off"] for row in rows if row["next_off"]
    }


async def test_it_waits_out_a_restart_of_kafka_and_of_postgresql(
    own_kafka: EmbeddedKafka, own_postgres: EmbeddedPostgres, topic_prefix: str
) -> None:
    await upgrade(own_postgres.uri)
    harness = Harness(own_kafka.bootstrap, own_postgres.uri, topic_prefix)
    await harness.make_topic()
    async with harness.ingesting():
        await harness.produce(*_some("a", 300))
        await harness.all_read()
        await own_postgres.kill()
        await harness.produce(*_some("b", 300))
        await own_postgres.start()
        await harness.all_read()
        await own_kafka.restart()
        await harness.produce(*_some("c", 300))
        await harness.all_read()
    assert await harness.column(GUARDIANS) == (
        _names("a", 300) + _names("b", 300) + _names("c", 300)
    )
    assert await harness.column("SELECT count(*) FROM quarantine") == [0]


async def test_it_waits_for_a_kafka_that_is_not_there_yet(
    own_kafka: EmbeddedKafka, database_url: str, topic_prefix: str
) -> None:
    harness = Harness(own_kafka.bootstrap, database_url, topic_prefix)
    await harness.make_topic()
    await harness.produce(*_some("a", 9))
    await own_kafka.stop()
    async with harness.ingesting() as ingest:
        await own_kafka.start()
        await harness.all_read()
        assert ingest.health().live
    assert await harness.column(GUARDIANS) == _names("a", 9)


async def test_missing_topics_are_named(harness: Harness) -> None:
    config = replace(harness.config, topics=(harness.topic, "absent"))
    with pytest.raises(TopicsMissing, match="absent"):
        await harness.ingest_forever(config)


async def test_a_compacted_topic_is_refused(harness: Harness) -> None:
    await harness.compact_topic()
    with pytest.raises(TopicCompacted, match=r"cleanup\.policy=compact"):
        await harness.ingest_forever(harness.config)
