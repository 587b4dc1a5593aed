"""How things stand is one answer, whoever asks."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from consumers.errors import KafkaUnavailable
from domain.obstacles import ObstacleKind
from operations import status
from operations.report import Asked, Report, Silent
from operations.store import Overview
from tests.console.builders import Rows, populate
from tests.console.running import running
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
