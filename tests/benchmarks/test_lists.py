"""The lists of the console cost their own rows, however many chats and schools there are.

Counted are the rows and the look-ups of PostgreSQL, which no machine's speed changes.
"""

from collections.abc import AsyncIterator, Mapping

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from benchmarks.console.region import LARGE, Size, fill
from console.school_chats_words import trouble
from domain.actors import Actor
from domain.ids import PersonId, SchoolId
from domain.obstacles import OF_ONE, ObstacleKind
from operations import summary
from operations.summary import Part, SummaryPerson
from projections.database import transaction
from projections.reports.obstacles import obstacles, obstacles_of_all
from projections.staff import fence, own_chats
from projections.staff.actors import actor
from projections.staff.store import StaffStore
from tests.projections.builders import engine_of, fetch

SIZE = Size(pupils=150, chats=160, others=3, pupils_elsewhere=110)


@pytest.fixture
async def region(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(database_url) as engine:
        await fill(engine, SIZE)
        yield engine


async def somebody(engine: AsyncEngine, question: str) -> Actor:
    ((person,), *_) = await fetch(engine, question)
    async with transaction(engine) as connection:
        found = await actor(connection, PersonId(str(person)))
    assert found is not None
    return found


async def administrator(engine: AsyncEngine) -> Actor:
    return await somebody(
        engine,
        f"""SELECT person_id FROM fact_employments
             WHERE school_id = '{LARGE}' AND 'administrator' = ANY(roles) ORDER BY 1""",
    )


async def work(connection: AsyncConnection) -> Mapping[str, tuple[int, int]]:
    """Of each table how often this transaction looked into it, and how many rows it read."""
    rows = await connection.execute(
        text("""SELECT relname, coalesce(seq_scan, 0) + coalesce(idx_scan, 0),
                       coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
                  FROM pg_stat_xact_user_tables""")
    )
    return {name: (scans, read) for name, scans, read in rows}


async def test_ones_own_chats_look_at_no_other_chats_links(region: AsyncEngine) -> None:
    who = await somebody(
        region,
        """SELECT m.person_id FROM expected_members m JOIN chats c USING (chat_id)
            WHERE c.kind = 'parents' AND m.role = 'member' ORDER BY 1""",
    )
    family = [each for each in (who.person_id, *who.children) if each is not None]
    async with fence.reading(region, who) as connection:
        chats = await own_chats.own_chats(connection, family, who.own_chats)
        read = (await work(connection))["chat_sync"][1]
    shown = sum(map(len, chats.values()))
    ((everywhere,),) = await fetch(region, "SELECT count(*) FROM chat_sync")
    assert shown > 1
    assert isinstance(everywhere, int)
    assert read < shown * everywhere / 4


def _counted(people: list[SummaryPerson], part: Part) -> summary.Count:
    those = [each for each in people if each.part is part]
    outside = {each.person_id for each in those if each.why is not None}
    everybody = {each.person_id for each in those}
    return summary.Count(
        len(everybody),
        len({each.person_id for each in those if each.linked}),
        len(everybody - outside),
    )


async def test_the_numbers_of_the_summary_are_those_of_its_lists(region: AsyncEngine) -> None:
    who, store, school = await administrator(region), StaffStore(region), SchoolId(LARGE)
    numbers = await summary.school_summary(store, who, school, 1, 100)
    people = await summary.table(store, who, school, None)
    assert [row.class_id for row in numbers.classes.rows] == list(
        dict.fromkeys(each.class_id for each in people if each.class_id is not None)
    )
    for row in numbers.classes.rows:
        of_class = [each for each in people if each.class_id == row.class_id]
        assert row.pupils == _counted(of_class, Part.PUPIL)
        assert row.parents == _counted(of_class, Part.PARENT)
    assert numbers.pupils == _counted(people, Part.PUPIL)
    assert numbers.parents == _counted(people, Part.PARENT)
    assert numbers.staff == _counted(people, Part.STAFF)
    assert 0 < numbers.pupils.inside < numbers.pupils.linked < numbers.pupils.people
    staff = await summary.class_people(store, who, school, None, summary.Wanted(), 1, 100)
    assert staff.people.rows == [each for each in people if each.part is Part.STAFF]


async def test_what_a_page_of_a_school_says_of_all_is_not_counted_over_all_chats(
    region: AsyncEngine,
) -> None:
    async with transaction(region) as connection:
        await connection.execute(text("UPDATE adding SET off_since = clock_now(), reason = 'x'"))
        every = {each.kind for each in await obstacles(connection)}
        told = {each.kind for each in await obstacles_of_all(connection)}
    assert ObstacleKind.BLOCKED in every
    assert told == every - OF_ONE
    assert ObstacleKind.ADDING_OFF in told
    assert [kind for kind in OF_ONE if trouble([kind]) is not None] == []
