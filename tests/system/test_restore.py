"""A database that is restored from an older copy while messenger and topics went on."""

from random import Random
from urllib.parse import urlsplit

import asyncpg
import pytest

from rollcall.publish import local_today
from simulator.changes import Change, ChatCreated, MemberRemoved
from tests.servers.databases import Databases
from tests.system.histories import Later, region
from tests.system.stack import Stack
from tests.system.verifier import check, deliverable


async def copy(server: str, source: str, target: str) -> None:
    """Make a copy of a database that nobody is connected to."""
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", source
        )
        await connection.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
    finally:
        await connection.close()


@pytest.mark.timeout(240)
async def test_an_older_copy_of_the_database_costs_reads_and_no_wrong_call(
    school: Stack, databases: Databases, seed: int
) -> None:
    name = urlsplit(school.postgres).path.lstrip("/")
    kept = f"{name}_kept"
    events = region(90, seed % 1000, local_today())
    later = Later(events, Random(seed), local_today())
    try:
        # The first chats are in the copy; the others, and many changes, come after it.
        await school.publish(events[: len(events) * 3 // 4])
        await _one_run(school)
        await school.engine.dispose()
        await copy(databases.server_url, name, kept)
        await school.publish([*events[len(events) * 3 // 4 :], *later.changes(300)])
        await _one_run(school)
        await check(school)

        await school.engine.dispose()
        await copy(databases.server_url, kept, name)
        await school.forget_calls()
        seen: list[Change] = []
        school.simulator.world.observe(seen.append)
        engine = await school.run()
        await school.acting()
        await school.settled()
        await check(school)
        # The messenger was right all the time: it is read, and nobody in it comes or goes. A
        # chat that may have been made, and was not, is made by looking for it, and is empty.
        assert [each for each in seen if not isinstance(each, ChatCreated)] == []
        stats = await school.stats()
        assert stats["reads"] >= len(deliverable(school))
        assert {kind for kind, count in stats["changing"].items() if count} <= {"create"}

        await school.publish(later.changes(100))
        await school.settled()
        await check(school)
        assert any(isinstance(change, MemberRemoved) for change in seen)
        assert await engine.terminate() == 0
        assert school.programs.tracebacks() == []
    finally:
        await school.engine.dispose()
        await _drop(databases.server_url, kept)


async def _one_run(school: Stack) -> None:
    """Start an engine, let it do all there is, and end it."""
    engine = await school.run()
    await school.acting()
    await school.settled()
    assert await engine.terminate() == 0


async def _drop(server: str, name: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()
