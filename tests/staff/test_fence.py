"""PostgreSQL itself shows nobody a row that the rules of access forbid, whatever is asked."""

import json
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.translate import fact_of
from domain.access import may
from domain.actors import NOBODY, Actor, OperatorRole
from domain.chats import ChatKind
from domain.facts import EmploymentRole, Fact
from domain.ids import ChatId, ClassId, GroupId, PersonId, SchoolId
from domain.rights import Right
from domain.things import TheChat, TheClass, TheMember, ThePerson, TheSchool
from projections.database import transaction
from projections.errors import StoreError
from projections.staff import fence
from projections.staff.actors import actor
from rollcall.publish import local_today
from schemas.decode import Decoded, decode
from synth import generate
from tests.domain import builders as make
from tests.projections.builders import derive_all, engine_of, fetch, ingest
from tests.staff import town
from tests.staff.town import ALPHA, BETA

OPERATORS = (Actor(operator=OperatorRole.IDS), Actor(operator=OperatorRole.NAMES))
OF_A_CHAT = (
    "past_memberships", "observed_members", "blocked_accounts", "decisions", "drift",
    "kept_accounts", "held_plans", "intents",
)  # fmt: skip
"""Tables of which a row belongs to a chat, and is for whoever manages it."""


_INITIALISED = (
    """INSERT INTO initialisations
       SELECT gen_random_uuid(), school_id, school_id || '-administrator', clock_now(), clock_now(),
              '{class}', false, 'x', 0, 0 FROM fact_schools""",
    """INSERT INTO initialised_chats
       SELECT run_id, chat_id, school_id, 'synced', NULL FROM initialisations JOIN chats
        USING (school_id)""",
    """INSERT INTO past_memberships (chat_id, person_id, role, reasons, valid_from, known_from)
       SELECT chat_id, person_id, role, reasons, valid_from, known_since FROM expected_members""",
)


@pytest.fixture
async def engine(town_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(town_url) as made:
        async with transaction(made) as connection:
            for statement in _INITIALISED:
                await connection.execute(text(statement))
        yield made


async def actors_of(engine: AsyncEngine, people: Sequence[str]) -> dict[str, Actor]:
    found = {}
    async with transaction(engine) as connection:
        for person in people:
            known = await actor(connection, PersonId(person))
            if known is not None:  # None: removed from the register
                found[person] = known
    return found


@dataclass(frozen=True)
class World:
    """Everything that there is, as the rules of access look at it."""

    chats: dict[str, TheChat]
    members: tuple[TheMember, ...]
    people: dict[str, ThePerson]
    initialised: frozenset[SchoolId]


async def world(engine: AsyncEngine) -> World:
    """Read as the owner, who sees all."""
    chats = {
        str(row[0]): TheChat(
            ChatId(str(row[0])),
            SchoolId(str(row[1])),
            ChatKind(row[2]),
            None if row[3] is None else ClassId(str(row[3])),
            None if row[4] is None else GroupId(str(row[4])),
        )
        for row in await fetch(
            engine, "SELECT chat_id, school_id, kind, class_id, group_id FROM chats"
        )
    }
    members = tuple(
        TheMember(chats[str(chat)], PersonId(str(person)), role == "administrator")
        for chat, person, role in await fetch(
            engine, "SELECT chat_id, person_id, role FROM expected_members"
        )
    )
    known_to = defaultdict(set)
    for person, school in await fetch(
        engine,
        """SELECT person_id, school_id FROM fact_employments
           UNION SELECT pupil_id, school_id FROM fact_orders
           UNION SELECT guardian_id, school_id FROM fact_guardianships JOIN fact_orders
           USING (pupil_id)""",
    ):
        known_to[str(person)].add(SchoolId(str(school)))
    works_in = defaultdict(set)
    for person, school in await fetch(
        engine, "SELECT person_id, school_id FROM fact_employments WHERE NOT ended"
    ):
        works_in[str(person)].add(SchoolId(str(school)))
    places = defaultdict(list)
    for member in members:
        places[str(member.person_id)].append(member)
    people = {
        str(person): ThePerson(
            PersonId(str(person)),
            frozenset(known_to[str(person)]),
            frozenset(works_in[str(person)]),
            tuple(places[str(person)]),
        )
        for (person,) in await fetch(engine, "SELECT person_id FROM fact_people")
    }
    begun = await fetch(engine, "SELECT school_id FROM initialisations")
    return World(chats, members, people, frozenset(SchoolId(str(each)) for (each,) in begun))


async def rows(connection: AsyncConnection, query: str) -> list[tuple[object, ...]]:
    return sorted(tuple(row) for row in await connection.execute(text(query)))


async def check(engine: AsyncEngine, known: World, who: Actor) -> None:
    """Unfiltered questions answer exactly what the rules of access allow."""
    async with fence.reading(engine, who) as connection:
        chats = sorted((k,) for k, c in known.chats.items() if may(who, Right.SEE_CHAT, c))
        assert await rows(connection, "SELECT chat_id FROM chats") == chats
        assert await rows(connection, "SELECT chat_id FROM chat_sync") == chats
        for view in ("chats", "chat_standings", "chat_numbers"):
            assert await rows(connection, f"SELECT chat_id FROM staff.{view}") == chats, view
        assert await rows(connection, "SELECT chat_id, person_id FROM expected_members") == sorted(
            (m.chat.chat_id, m.person_id) for m in known.members if may(who, Right.SEE_MEMBERS, m)
        )
        assert await rows(connection, "SELECT person_id FROM fact_people") == sorted(
            (k,) for k, person in known.people.items() if may(who, Right.SEE_NAMES, person)
        )
        managed = {k for k, c in known.chats.items() if may(who, Right.SEE_MEMBERS, c)}
        for table in OF_A_CHAT:
            everything = f"SELECT coalesce(chat_id, '') FROM {table}"
            shown = {chat for (chat,) in await rows(connection, everything)}
            # Of decisions operators see those about lessons too, which are of no chat.
            assert shown - ({""} if who.operator else set()) <= managed, table
        for table in ("initialisations", "initialised_chats"):
            listed = await rows(connection, f"SELECT DISTINCT school_id FROM {table}")
            begun = {chat.school_id for chat in known.chats.values()} & known.initialised
            assert listed == sorted(
                (each,) for each in begun if may(who, Right.INITIALISE_CHATS, TheSchool(each))
            ), table
        mine = {
            person for (person,) in await rows(connection, "SELECT person_id FROM profile_links")
        }
        assert mine <= {who.person_id}
        troubled = {
            (chat, person)
            for chat, person in await rows(
                connection, "SELECT chat_id, person_id FROM staff.family_obstacles"
            )
        }
        assert {person for _, person in troubled} <= {who.person_id, *who.children}
        people = await rows(connection, "SELECT DISTINCT chat_id FROM staff.memberships")
        assert {chat for (chat,) in people} <= managed
        schools = await rows(connection, "SELECT DISTINCT school_id FROM staff.people_of_schools")
        assert {school for (school,) in schools} <= who.chooses_in
        named = await rows(connection, "SELECT DISTINCT person_id FROM staff.named_people")
        assert all(may(who, Right.SEE_NAMES, known.people[str(each)]) for (each,) in named)
        for view in ("summary_places", "obstacles", "rosters"):
            people = await rows(connection, f"SELECT DISTINCT chat_id FROM staff.{view}")
            assert {chat for (chat,) in people} <= managed, view
        for school, class_id in await rows(
            connection,
            "SELECT DISTINCT school_id, coalesce(class_id, '') FROM staff.summary_people",
        ):
            assert may(who, Right.SEE_SUMMARY, _summary_of(school, class_id))
        links = {chat for (chat,) in await rows(connection, "SELECT chat_id FROM staff.chat_links")}
        own = {str(chat) for chat in who.own_chats}
        assert links <= (own | (managed if who.operator is None else set()))


def _summary_of(school_id: object, class_id: object) -> TheSchool | TheClass:
    school = SchoolId(str(school_id))
    return TheClass(school, ClassId(str(class_id))) if class_id else TheSchool(school)


async def test_an_operator_sees_the_people_of_the_school_they_look_at_and_no_name_without_right(
    engine: AsyncEngine,
) -> None:
    for who, named in zip(OPERATORS, (False, True), strict=True):
        async with fence.reading(engine, who) as connection:
            await connection.execute(text("SELECT set_config('staff.looks_at', 'beta', true)"))
            found = await rows(connection, "SELECT person_id, surname FROM staff.summary_people")
            assert {str(person).split("-")[0] for person, _ in found} == {"beta"}
            assert {surname for _, surname in found} == {town.NAMES["beta"] if named else None}
            found = await rows(connection, "SELECT DISTINCT surname FROM staff.named_people")
            assert found == ([(town.NAMES["beta"],)] if named else [])
    (leader,) = (await actors_of(engine, [ALPHA.id("leader")])).values()
    async with fence.reading(engine, leader) as connection:
        await connection.execute(text("SELECT set_config('staff.looks_at', 'beta', true)"))
        found = await rows(connection, "SELECT DISTINCT class_id FROM staff.summary_people")
        assert found == [(ALPHA.id("7a"),)]


async def test_an_unfiltered_question_shows_each_kind_of_actor_what_the_rules_allow(
    engine: AsyncEngine,
) -> None:
    known = await world(engine)
    people = [ids.id(each) for ids in (ALPHA, BETA) for each in town.PEOPLE]
    for who in (*(await actors_of(engine, people)).values(), *OPERATORS, NOBODY):
        await check(engine, known, who)


async def test_a_chat_that_names_another_schools_class_is_not_its_teachers(
    engine: AsyncEngine,
) -> None:
    """A faulty register: beta's groups are said to be of alpha's class, and taught by others."""
    leader, chemist = ALPHA.id("leader"), ALPHA.id("chemist")
    crossed = make.group(BETA.id("crossed"), [], None, ALPHA.id("7a"), BETA.school)
    both = [
        make.employment(person, EmploymentRole.TEACHER, school_id=BETA.school)
        for person in (leader, chemist)
    ]
    await ingest(engine, crossed, *both)
    await derive_all(engine)
    async with transaction(engine) as connection:
        # Their own group's chat, too, is suddenly said to be of the other school.
        await connection.execute(
            text("""UPDATE chats SET school_id = 'beta' WHERE chat_id = 'subject:alpha-chem'""")
        )
    known = await world(engine)
    assert known.chats[BETA.chat("subject", "crossed")].class_id == ALPHA.id("7a")
    for who in (await actors_of(engine, [leader, chemist])).values():
        await check(engine, known, replace(who, runs={}))


async def test_what_belongs_to_a_chat_is_shown_whole_to_whoever_manages_it(
    engine: AsyncEngine,
) -> None:
    found = await actors_of(engine, [ALPHA.id("leader"), ALPHA.id("runner"), ALPHA.id("staff")])
    chats = {
        "leader": {
            ALPHA.chat("class", "7a"),
            ALPHA.chat("parents", "7a"),
            ALPHA.chat("subject", "chem"),
        },
        "runner": {ALPHA.chat("class", "8b")},
        "staff": set(),
    }
    for who, managed in chats.items():
        async with fence.reading(engine, found[ALPHA.id(who)]) as connection:
            for table in OF_A_CHAT:
                shown = await rows(connection, f"SELECT DISTINCT chat_id FROM {table}")
                assert {chat for (chat,) in shown} == managed, (who, table)


async def test_no_table_shows_somebody_of_one_school_a_byte_of_another(
    engine: AsyncEngine,
) -> None:
    tables = await _readable_tables(engine)
    assert set(OF_A_CHAT) < tables
    found = await actors_of(engine, [ALPHA.id(each) for each in town.PEOPLE])
    for name, who in found.items():
        async with fence.reading(engine, who) as connection:
            for table in tables - {"chat_sync"}:
                text_of = f"SELECT t::text FROM {table} AS t"
                shown = "\n".join(str(row[0]) for row in await rows(connection, text_of))
                assert town.FOREIGN not in shown, (name, table)
                assert town.NAMES[town.FOREIGN] not in shown, (name, table)


async def _readable_tables(engine: AsyncEngine) -> set[str]:
    return {
        str(name)
        for (name,) in await fetch(
            engine,
            """SELECT c.relname FROM pg_class c
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm')
                  AND (has_table_privilege('rollcall_staff', c.oid, 'SELECT')
                       OR has_any_column_privilege('rollcall_staff', c.oid, 'SELECT'))""",
        )
    }


async def test_every_table_that_staff_can_read_has_a_policy_and_none_can_be_written(
    engine: AsyncEngine,
) -> None:
    guarded = {
        str(name)
        for (name,) in await fetch(
            engine,
            """SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
                WHERE c.relrowsecurity""",
        )
    }
    as_who_asks = {
        str(name)
        for (name,) in await fetch(
            engine,
            """SELECT relname FROM pg_class
                WHERE relkind = 'v' AND 'security_invoker=true' = ANY(reloptions)""",
        )
    }
    # By the policies of what they are made of.
    assert as_who_asks == {"kept_accounts", "membership_history"}
    assert await _readable_tables(engine) == guarded | as_who_asks
    assert not await fetch(
        engine,
        """SELECT c.relname FROM pg_class c
            WHERE c.relnamespace IN ('public'::regnamespace, 'staff'::regnamespace,
                                     'dashboard'::regnamespace)
              AND c.relkind IN ('r', 'v')
              AND has_table_privilege('rollcall_staff', c.oid,
                                      'INSERT, UPDATE, DELETE, TRUNCATE')""",
    )
    # The dashboards' views are the owner's and know no policy.
    assert not await fetch(
        engine, "SELECT 1 WHERE has_schema_privilege('rollcall_staff', 'dashboard', 'USAGE')"
    )


async def test_an_actor_of_whom_nothing_was_told_sees_nothing(engine: AsyncEngine) -> None:
    tables = await _readable_tables(engine)
    views = {
        str(name)
        for (name,) in await fetch(
            engine,
            """SELECT relname FROM pg_class
                WHERE relnamespace = 'staff'::regnamespace AND relkind = 'v'
                  AND has_table_privilege('rollcall_staff', oid, 'SELECT')""",
        )
    }
    async with transaction(engine) as connection:
        await connection.execute(text("SET LOCAL ROLE rollcall_staff"))
        for table in tables:
            count = await connection.execute(
                text(f"SELECT count(chat_id) FROM {table}")
                if table == "chat_sync"
                else text(f"SELECT count(*) FROM {table}")
            )
            assert count.scalar_one() == 0, table
        assert {"chats", "named_people", "rosters", "summary_people"} <= views
        for view in views:
            counted = await connection.execute(text(f"SELECT count(*) FROM staff.{view}"))
            assert counted.scalar_one() == 0, view


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT link FROM chat_sync",
        "SELECT * FROM sessions",
        "SELECT * FROM service_accounts",
        "SELECT * FROM fact_history",
        "SELECT * FROM dashboard.memberships",
        "SELECT * FROM quarantine",
        "UPDATE chats SET title = 'x'",
    ],
)
async def test_what_is_not_granted_is_refused_even_to_operators(
    engine: AsyncEngine, statement: str
) -> None:
    with pytest.raises(StoreError, match=r"42501|25006"):
        async with fence.reading(engine, OPERATORS[1]) as connection:
            await connection.execute(text(statement))


async def test_the_fence_ends_with_its_transaction(town_url: str) -> None:
    async with engine_of(town_url, pool_size=1) as engine:  # so it is one connection
        (found,) = (await actors_of(engine, [ALPHA.id("administrator")])).values()
        async with fence.reading(engine, found) as connection:
            assert await rows(connection, "SELECT 1 FROM chats") != []
        with pytest.raises(RuntimeError):
            async with fence.reading(engine, found):
                raise RuntimeError
        assert len(await fetch(engine, "SELECT 1 FROM chats")) == 14
        async with transaction(engine) as connection:
            await connection.execute(text("SET LOCAL ROLE rollcall_staff"))
            assert await rows(connection, "SELECT 1 FROM chats") == []


async def test_in_a_made_up_region_anybody_sees_exactly_what_the_rules_allow(
    engine: AsyncEngine, seed: int
) -> None:
    await ingest(engine, *_region(1800, seed % 1000))
    await derive_all(engine)
    async with transaction(engine) as connection:
        await connection.execute(text("ANALYZE"))
    known = await world(engine)
    rng = random.Random(seed)
    people = rng.sample(sorted(known.people), 25)
    people += [str(person) for (person,) in await fetch(engine, _SOME_EMPLOYEES)]
    for who in (await actors_of(engine, people)).values():
        await check(engine, known, who)


_SOME_EMPLOYEES = """
    SELECT DISTINCT person_id FROM (
        (SELECT person_id FROM fact_employments WHERE NOT ended ORDER BY md5(person_id) LIMIT 15)
        UNION (SELECT class_teacher_id FROM fact_classes WHERE class_teacher_id IS NOT NULL
                ORDER BY md5(class_id) LIMIT 10)) AS one(person_id)
      JOIN fact_people USING (person_id) WHERE NOT removed"""


def _region(pupils: int, seed: int) -> list[Fact]:
    facts: list[Fact] = []
    for event in generate(pupils, seed, local_today()):
        read = decode((), None, json.dumps(event).encode())
        assert isinstance(read, Decoded), read
        facts.append(fact_of(read))
    return facts
