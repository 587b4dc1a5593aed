"""The lists of the console cost their own rows, however many chats and schools there are.

Counted are the rows and the look-ups of PostgreSQL, which no machine's speed changes.
"""

from collections.abc import AsyncIterator, Iterator, Mapping

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from benchmarks.console.people import SURNAME
from benchmarks.console.region import LARGE, Size, fill
from console.school_chats_words import trouble
from domain.actors import Actor
from domain.choice import Choice
from domain.ids import PersonId, SchoolId
from domain.obstacles import OF_ONE, ObstacleKind
from operations import summary
from operations.summary import Part, SummaryPerson
from projections.database import transaction
from projections.reports.obstacles import obstacles, obstacles_of_all
from projections.staff import candidates, fence, own_chats, school_chats, summary_numbers
from projections.staff.actors import actor
from projections.staff.candidate_rows import CandidatesFilter, Order, Pool
from projections.staff.chat_search import ChatsWanted, Column, question
from projections.staff.store import StaffStore
from projections.staff.summary import Extent
from projections.watch import sweep
from tests.projections.builders import engine_of, fetch
from tests.servers.databases import Databases
from tests.servers.loops import run_now

SIZE = Size(pupils=150, chats=160, others=3, pupils_elsewhere=110)
PAGE = 50
SCHOOL = SchoolId(LARGE)


@pytest.fixture(scope="module")
def region_url(databases: Databases) -> Iterator[str]:
    """One region for all: nobody here commits anything."""
    url = run_now(databases.create())
    run_now(_fill(url))
    yield url
    run_now(databases.drop(url))


async def _fill(url: str) -> None:
    async with engine_of(url) as engine:
        await fill(engine, SIZE)


@pytest.fixture
async def region(region_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(region_url) as engine:
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


async def number(engine: AsyncEngine, question: str) -> int:
    ((found,),) = await fetch(engine, question)
    assert isinstance(found, int)
    return found


OF_SCHOOL = f"FROM expected_members m JOIN chats c USING (chat_id) WHERE c.school_id = '{LARGE}'"


async def taken_for_short(connection: AsyncConnection) -> None:
    """Have PostgreSQL join as it does where it takes a large school for a small one.

    That is each row with each, in any order: here in the one that is written.
    """
    await connection.execute(text("SET LOCAL join_collapse_limit = 1"))
    for method in ("hashjoin", "mergejoin", "memoize", "material"):
        await connection.execute(text(f"SET LOCAL enable_{method} = off"))


async def taken_for_large(connection: AsyncConnection) -> None:
    """Have PostgreSQL go by its indexes, as in a region; without one it reads all the same."""
    await connection.execute(text("SET LOCAL enable_seqscan = off"))
    for method in ("hashjoin", "mergejoin"):
        await connection.execute(text(f"SET LOCAL enable_{method} = off"))


async def test_a_page_counts_and_judges_each_of_its_chats_once(region: AsyncEngine) -> None:
    async with fence.reading(region, await administrator(region)) as connection:
        await taken_for_short(connection)
        found = await school_chats.find(connection, SCHOOL, ChatsWanted(), 0, PAGE)
        done = await work(connection)
    assert len(found.rows) == PAGE
    assert done["held_plans"][0] <= 2 * PAGE  # whether, and how many
    assert done["expected_members"][0] <= 6 * PAGE  # the numbers, the administrators, their names


async def test_an_order_by_state_counts_and_judges_each_chat_once(region: AsyncEngine) -> None:
    wanted = ChatsWanted(column=Column.STATE)
    async with fence.reading(region, await administrator(region)) as connection:
        await taken_for_short(connection)
        found = await school_chats.find(connection, SCHOOL, wanted, 0, PAGE)
        done = await work(connection)
    assert done["held_plans"][0] <= 2 * (found.total + PAGE)
    assert done["expected_members"][0] <= 2 * found.total + 6 * PAGE


async def test_an_order_makes_no_key_of_each_chat(region: AsyncEngine) -> None:
    given = {"school": LARGE, "start": 0, "size": PAGE}
    async with fence.reading(region, await administrator(region)) as connection:
        for column in set(Column) - {Column.ADMINISTRATOR}:
            asked = text("EXPLAIN (VERBOSE) " + question(ChatsWanted(column=column)))
            plan = "\n".join(row[0] for row in await connection.execute(asked, given))
            assert "title_key" in plan
            assert "regexp_replace" not in plan


async def test_a_surname_is_compared_before_it_is_asked_who_may_know_the_person(
    region: AsyncEngine,
) -> None:
    people = await number(region, f"SELECT count(DISTINCT m.person_id) {OF_SCHOOL}")
    async with fence.reading(region, await administrator(region)) as connection:
        wanted = ChatsWanted(surname=SURNAME)
        found = await school_chats.find(connection, SCHOOL, wanted, 0, 1)
        done = await work(connection)
    assert 0 < found.total < SIZE.chats
    assert done["fact_people"][1] <= people + PAGE  # each once, not once a chat
    assert done["fact_orders"][0] <= people / 4


async def test_who_can_be_chosen_is_not_asked_about_one_by_one(region: AsyncEngine) -> None:
    people = await number(region, f"SELECT count(DISTINCT m.person_id) {OF_SCHOOL}")
    async with fence.reading(region, await administrator(region)) as connection:
        found = await candidates.candidates(
            connection, Pool(SCHOOL), CandidatesFilter(), Choice(), Order()
        )
        done = await work(connection)
    assert found.total > people / 2
    assert done["fact_orders"][0] <= people / 4
    assert done["chats"][0] <= people / 4


async def test_a_schools_summary_asks_once_a_class_and_a_chat_and_not_once_a_person(
    region: AsyncEngine,
) -> None:
    memberships = await number(region, f"SELECT count(*) {OF_SCHOOL}")
    async with fence.reading(region, await administrator(region)) as connection:
        await taken_for_short(connection)
        groups = await summary_numbers.groups(connection, Extent(SCHOOL))
        done = await work(connection)
    people = sum(len(each.people) for each in groups)
    assert done["fact_classes"][0] <= 2 * len(groups) < people / 4
    assert done["fact_people"][1] < people / 4  # nobody's name
    assert memberships > 6 * SIZE.chats
    for table in ("chats", "expected_members", "observed_members"):
        assert done[table][0] <= 3 * SIZE.chats


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
    async with region.connect() as connection:
        await connection.execute(text("UPDATE adding SET off_since = clock_now(), reason = 'x'"))
        every = {each.kind for each in await obstacles(connection)}
        told = {each.kind for each in await obstacles_of_all(connection)}
    assert ObstacleKind.BLOCKED in every
    assert told == every - OF_ONE
    assert ObstacleKind.ADDING_OFF in told
    assert [kind for kind in OF_ONE if trouble([kind]) is not None] == []


async def test_the_memberships_of_a_person_go_through_no_others(region: AsyncEngine) -> None:
    everybody = await number(region, "SELECT count(*) FROM expected_members")
    person = "(SELECT max(person_id) FROM expected_members)"
    async with region.connect() as connection:
        await taken_for_large(connection)
        asked = text(f"SELECT * FROM dashboard.memberships WHERE person_id = {person}")
        before = await work(connection)
        found = (await connection.execute(asked)).all()
        done = await work(connection)
    assert found
    for table in ("expected_members", "observed_members", "fact_profiles"):
        assert done[table][1] - before.get(table, (0, 0))[1] <= everybody / 20


async def test_the_sweep_looks_at_no_chat_that_is_not_to_be_read(region: AsyncEngine) -> None:
    chats = await number(region, "SELECT count(*) FROM chat_sync")
    async with region.connect() as connection:
        await taken_for_large(connection)
        before = await work(connection)
        assert await sweep.pick(connection, 7 * 86_400.0, 4) == 0
        done = await work(connection)
        assert done["chat_sync"][1] - before["chat_sync"][1] <= chats / 20
        await connection.execute(
            text("""UPDATE chat_sync SET sweep_wanted = true
                     WHERE chat_id = (SELECT max(chat_id) FROM chat_sync)""")
        )
        assert await sweep.pick(connection, 7 * 86_400.0, 4) == 1
