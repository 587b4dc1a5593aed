"""How things stand is one answer, whoever asks."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from consumers.errors import KafkaUnavailable
from consumers.kafka_view import KafkaView
from domain.obstacles import ObstacleKind
from operations import status
from operations.report import Asked, Report, Silent
from operations.store import Overview
from tests.console.builders import Rows, populate
from tests.console.running import running
from tests.consumers.harness import Harness, eventually
from tests.projections.builders import engine_of
from tests.rollcall.running import command

OF_KAFKA = {"lag", "settled", "in_step"}
"""What the two ways to know how far Kafka is ahead may say differently."""

OF_THE_MOMENT = {ObstacleKind.UNWATCHED.value, ObstacleKind.UNREAD.value}


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    """A database in which all is read and nothing is due."""
    connection = await asyncpg.connect(database_url)
    try:
        made = Rows(connection)
        await made.caught_up()
        yield made
    finally:
        await connection.close()


async def test_the_command_line_and_the_api_tell_the_same_of_one_database(
    kafka_server: str, database_url: str
) -> None:
    await populate(database_url)
    code, out, _ = await command(
        "status",
        "--json",
        ROLLCALL_KAFKA__BOOTSTRAP=kafka_server,
        ROLLCALL_KAFKA__TOPICS='["absent"]',
        ROLLCALL_POSTGRES__URL=database_url,
    )
    async with running(database_url) as console:
        asked = (await console.get("/api/status")).json()
    told = json.loads(out)
    assert (code, list(told)) == (0, list(asked))
    # Kafka itself has no such topic; the last look at another had seen twelve records more.
    assert (told["lag"], asked["lag"]) == (0, 12)
    assert _of_the_store(told) == _of_the_store(asked)


def _of_the_store(told: dict[str, Any]) -> dict[str, Any]:
    """Without what Kafka says, and without what only the time of the question says."""
    obstacles = [each for each in told["obstacles"] if each["kind"] not in OF_THE_MOMENT]
    return {name: told[name] for name in told.keys() - OF_KAFKA} | {"obstacles": obstacles}


def looked(report: Report, ago: timedelta) -> Report:
    """As if the topics' ends had been looked at so long ago."""
    progress = report.standing.progress
    seen = replace(progress, watched_at=progress.now - ago)
    return replace(report, standing=replace(report.standing, progress=seen))


async def test_only_what_is_known_now_is_settled(rows: Rows, database_url: str) -> None:
    del rows
    async with engine_of(database_url) as engine:
        report = await status.status(Overview(engine))
    fresh, old = looked(report, timedelta()), looked(report, timedelta(hours=1))
    assert fresh.settled
    assert (old.settled, old.lag) == (False, 0)
    assert replace(old, told=Asked(0)).settled
    assert not replace(fresh, told=Asked(1)).settled
    silent = replace(fresh, told=Silent(KafkaUnavailable("TimeoutError")))
    assert (silent.settled, silent.in_step, silent.lag) == (False, False, None)
    assert isinstance(silent.failure, KafkaUnavailable)


async def test_what_holds_chats_back_is_settled_and_not_in_step(
    rows: Rows, database_url: str
) -> None:
    await rows.chat("class:9a", "school-12", "9а - Ученики", waiting="held")
    async with engine_of(database_url) as engine:
        report = looked(await status.status(Overview(engine)), timedelta())
    assert (report.settled, report.in_step) == (True, False)


async def test_what_is_read_while_somebody_looks_is_not_taken_for_settled(
    kafka_server: str, database_url: str, topic_prefix: str
) -> None:
    harness = Harness(kafka_server, database_url, topic_prefix, partitions=1)
    await harness.make_topic()
    await harness.produce(b"{}")
    connection = await asyncpg.connect(database_url)
    async with KafkaView(harness.kafka) as kafka, engine_of(database_url) as engine:
        topic_id = (await kafka.topics([harness.topic]))[harness.topic].topic_id
        await _stands_at_the_beginning(connection, harness.topic, topic_id)
        async with connection.transaction():
            await connection.execute("LOCK TABLE setbacks")  # asked for behind the counts
            looking = asyncio.create_task(status.look(engine, kafka, (harness.topic,)))
            await eventually(lambda: _waited_for(connection))
            await connection.execute("UPDATE ingest_partitions SET next_off = 1")
            await connection.execute(
                """INSERT INTO stale_entities (kind, id, cause_at, marked_at)
                   VALUES ('class', '9a', clock_now(), clock_now())"""
            )
        during = await looking
        after = await status.look(engine, kafka, (harness.topic,))
    await connection.close()
    await harness.delete_topic()
    assert (during.lag, during.settled) == (1, False)
    assert (after.lag, after.counts.stale, after.settled) == (0, 1, False)


async def _stands_at_the_beginning(
    connection: asyncpg.Connection, topic: str, topic_id: str
) -> None:
    await connection.execute(
        """INSERT INTO ingest_partitions
           VALUES ($1, 0, $2, 0, 0, -1, 'reading', NULL, clock_now())""",
        topic,
        topic_id,
    )
    await connection.execute(
        "INSERT INTO kafka_partitions VALUES ($1, 0, $2, clock_now())", topic, topic_id
    )


async def _waited_for(connection: asyncpg.Connection) -> bool:
    """Whether somebody waits for what this connection has locked."""
    found: bool = await connection.fetchval(
        """SELECT EXISTS (SELECT FROM pg_locks
                           WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"""
    )
    return found
