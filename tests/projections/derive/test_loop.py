"""The loop: it derives what becomes stale, outlives an outage, and stops when told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from projections.database import transaction
from projections.derive.config import DeriveConfig
from projections.derive.loop import DeriveLoop
from projections.migrate import upgrade
from rollcall.embedded import EmbeddedPostgres
from tests.domain.builders import enrolment, school, school_class
from tests.projections.builders import engine_of, fetch, ingest, memberships


@asynccontextmanager
async def running(engine: AsyncEngine) -> AsyncIterator[None]:
    """The loop in the background, stopped at the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(DeriveLoop(engine, DeriveConfig()).run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 60)


async def nothing_stale(engine: AsyncEngine) -> None:
    """Return when every mark is derived."""
    while await fetch(engine, "SELECT 1 FROM stale_entities LIMIT 1"):  # noqa: ASYNC110 - the tables are all there is to look at
        await asyncio.sleep(0.01)


async def test_the_loop_derives_what_becomes_stale_while_it_runs(database_url: str) -> None:
    async with engine_of(database_url) as engine, running(engine):
        for pupil in ("p1", "p2", "p3"):
            await ingest(engine, school(), school_class(), enrolment(pupil))
            await nothing_stale(engine)
            assert pupil in (await memberships(engine))["class:9g"]


async def test_a_mark_without_a_notification_is_found_all_the_same(database_url: str) -> None:
    async with engine_of(database_url) as engine, running(engine):
        await ingest(engine, school(), school_class(), enrolment("p"))
        await nothing_stale(engine)
        async with transaction(engine) as connection:
            await connection.execute(text("DELETE FROM expected_members"))
            await connection.execute(
                text("""INSERT INTO stale_entities (kind, id, cause_at, marked_at)
                        VALUES ('pupil', 'p', now(), now())""")
            )
        await nothing_stale(engine)

        assert await memberships(engine) == {"class:9g": {"p": "member"}}


async def test_the_loop_outlives_a_restart_of_the_database(own_postgres: EmbeddedPostgres) -> None:
    await upgrade(own_postgres.uri)
    async with engine_of(own_postgres.uri) as engine, running(engine):
        await ingest(engine, school(), school_class(), enrolment("p1"))
        await nothing_stale(engine)
        await own_postgres.restart()
        await ingest(engine, enrolment("p2"))
        await nothing_stale(engine)

        assert await memberships(engine) == {"class:9g": {"p1": "member", "p2": "member"}}
