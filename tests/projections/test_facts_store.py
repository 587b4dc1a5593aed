"""Facts in PostgreSQL are an order-insensitive, idempotent fold of all that ever arrived."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from domain import facts
from domain.facts import EmploymentRole, Fact, OrderKind, Rank
from domain.ids import ClassId, GroupId, LessonId, MaxUserId, OrderId, PersonId, SchoolId
from projections.database import Record, driver, transaction
from projections.facts import store
from projections.facts.store import Arrival
from projections.facts.tables import TABLES
from projections.queue.marks import MarkKey
from tests.projections.builders import engine_of

AT = datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(database_url) as opened:
        yield opened


# Few ids and few values, so that events about one entity meet, and ties are broken late.
_person_ids = st.sampled_from(["a", "b", "NULL"]).map(PersonId)
_schools = st.sampled_from(["s1", "s2"]).map(SchoolId)
_classes = st.sampled_from(["c1", "c2"]).map(ClassId)
_days = st.sampled_from([date(1970, 1, 1), date(2026, 2, 28), date(9999, 12, 31)])
_instants = st.sampled_from(
    [AT, AT + timedelta(microseconds=1), datetime(9999, 12, 31, tzinfo=UTC)]
)
_texts = st.sampled_from(["", "Ёлка", '{"a","b"}', "\\", "NULL", "🙂"])
_maybe_text = st.none() | _texts
_ended = st.booleans()
_people = st.lists(_person_ids, unique=True).map(tuple)
_order = st.sampled_from(["o1", "o2"]).map(OrderId)
_maybe_day = st.none() | _days
_accounts = st.none() | st.sampled_from([1, 2**63 - 1]).map(MaxUserId)


def _shapes(rank: st.SearchStrategy[Rank]) -> st.SearchStrategy[Fact]:
    return st.one_of(
        st.builds(facts.School, rank, _schools, _texts, _texts, _maybe_text, _maybe_day),
        st.builds(
            facts.SchoolClass,
            rank, _classes, _schools, _texts, _texts, st.none() | _person_ids, _maybe_day,
        ),
        st.builds(
            facts.Order,
            rank, _order, st.sampled_from(OrderKind), _texts, _instants, _schools, _person_ids,
            _classes, _days,
        ),
        st.builds(facts.Cancellation, rank, _order, _schools, _instants),
        st.builds(
            facts.Person,
            rank, _person_ids, _texts, _texts, _maybe_text, _maybe_day,
            st.sampled_from(["male", "female"]), _ended,
        ),
        st.builds(
            facts.Employment,
            rank, _person_ids, _schools, st.frozensets(st.sampled_from(EmploymentRole)), _ended,
        ),
        st.builds(facts.Guardianship, rank, _person_ids, _person_ids, _ended),
        st.builds(
            facts.SubjectGroup,
            rank, st.just(GroupId("g")), _schools, _classes, _texts, _maybe_text, _people,
            st.none() | _people, _maybe_day,
        ),
        st.builds(
            facts.Profile, rank, _person_ids, _accounts
        ),
        st.builds(
            facts.Lesson,
            rank, st.just(LessonId("l")), _schools, st.just(GroupId("g")), _texts, _person_ids,
            _instants, _instants, _ended,
        ),
    )  # fmt: skip


_ranks = st.builds(
    Rank,
    st.integers(0, 2),
    _instants,
    st.sampled_from(["urn:a", "urn:A", "urn:я"]),
    st.sampled_from(["1", "10", "9", "é", "z"]),
)


@st.composite
def _histories(draw: st.DrawFn) -> list[Fact]:
    """Events in which one (entity, rank) always says the same."""
    drawn = draw(st.lists(_shapes(_ranks), max_size=25))
    return list({(facts.key_of(fact), fact.rank): fact for fact in drawn}.values())


def _naive(history: Sequence[Fact]) -> tuple[set[Fact], set[tuple[str, Rank]]]:
    """What must be in the tables, computed the long way round: by sorting."""
    counts: set[Fact] = set()
    others: set[tuple[str, Rank]] = set()
    for key in {facts.key_of(fact) for fact in history}:
        versions = sorted(
            (fact for fact in history if facts.key_of(fact) == key),
            key=lambda fact: (
                fact.rank.version,
                fact.rank.at,
                fact.rank.source.encode(),
                fact.rank.event_id.encode(),
            ),
        )
        counts.add(versions[-1])
        kind = TABLES[key[0]].kind
        name = "|".join(part for part in key[1:] if part)
        others |= {(f"{kind} {name}", fact.rank) for fact in versions[:-1]}
    return counts, others


async def _write(engine: AsyncEngine, batch: Sequence[Fact]) -> dict[MarkKey, datetime]:
    async with transaction(engine) as connection:
        raw = await driver(connection)
        arrivals = [Arrival(fact, "t", 0, place) for place, fact in enumerate(batch)]
        return (await store.write(raw, arrivals, AT)).touched


async def _stored(engine: AsyncEngine) -> tuple[set[Fact], set[tuple[str, Rank]]]:
    found: set[Fact] = set()
    async with transaction(engine) as connection:
        raw = await driver(connection)
        for type_, table in TABLES.items():
            rows = await raw.fetch(f"SELECT {table.selected('t')}, t.part FROM {table.name} t")
            assert table.facts(rows) == [_fact(type_, row) for row in rows]
            found.update(table.facts(rows))
        history = await raw.fetch("SELECT * FROM fact_history")
    own = {table.kind: {column.name for column in table.columns} for table in TABLES.values()}
    assert all(row["body"].keys() == own[row["kind"]] for row in history)
    return found, {(f"{row['kind']} {row['key']}", _rank(row)) for row in history}


def _rank(row: Record) -> Rank:
    return Rank(row["version"], row["at"], row["source"], row["event_id"])


def _fact(type_: type[Fact], row: Record) -> Fact:
    values: dict[str, object] = {}
    for field in fields(type_):
        match type_, field.name:
            case _, "rank":
                values["rank"] = _rank(row)
            case facts.Lesson, "topic":
                values["topic"] = row["lesson_topic"]
            case _, "kind":
                values["kind"] = OrderKind(row["kind"])
            case _, "roles":
                values["roles"] = frozenset(map(EmploymentRole, row["roles"]))
            case _, "teacher_ids" | "pupil_ids":
                people = row[field.name]
                values[field.name] = None if people is None else tuple(people)
            case _, name:
                values[name] = row[name]
    return type_(**values)  # type: ignore[arg-type]  # the columns have the fields' types


async def _empty(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        raw = await driver(connection)
        names = ", ".join([*(table.name for table in TABLES.values()), "fact_history"])
        await raw.execute(f"TRUNCATE {names}")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=_histories(), dice=st.randoms(use_true_random=False))
async def test_any_order_repetition_and_split_into_batches_gives_the_same_tables(
    engine: AsyncEngine, history: list[Fact], dice: random.Random
) -> None:
    await _empty(engine)
    arriving = history + dice.choices(history, k=len(history) // 2) if history else []
    dice.shuffle(arriving)
    while arriving:
        size = dice.randint(1, len(arriving))
        await _write(engine, arriving[:size])
        arriving = arriving[size:]
    assert await _stored(engine) == _naive(history)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=_histories(), dice=st.randoms(use_true_random=False))
async def test_two_writers_side_by_side_give_the_same_tables(
    engine: AsyncEngine, history: list[Fact], dice: random.Random
) -> None:
    await _empty(engine)
    halves = [dice.sample(history, len(history)) for _ in range(2)]
    await asyncio.gather(*(_write(engine, half) for half in halves))
    assert await _stored(engine) == _naive(history)


RANK = Rank(1, AT, "urn:a", "1")
LATER = replace(RANK, version=2)
ORDER = facts.Order(
    RANK, OrderId("o"), OrderKind.ENROLMENT, "1", AT, SchoolId("s"), PersonId("p"), ClassId("c"),
    date(2026, 9, 1),
)  # fmt: skip
SCHOOL = facts.School(RANK, SchoolId("s"), "name", "Europe/Moscow", None, None)
PERSON = facts.Person(RANK, PersonId("p"), "x", "y", None, None, "male", removed=False)
EMPLOYMENT = facts.Employment(
    RANK, PersonId("p"), SchoolId("s"), frozenset({EmploymentRole.TEACHER}), ended=False
)
PROFILE = facts.Profile(RANK, PersonId("p"), MaxUserId(7))


async def _touched(engine: AsyncEngine, *batches: Fact) -> set[MarkKey]:
    touched: dict[MarkKey, datetime] = {}
    for fact in batches:
        touched = await _write(engine, [fact])
    return set(touched)


async def test_a_moved_order_touches_the_pupil_and_class_it_had_too(engine: AsyncEngine) -> None:
    moved = replace(ORDER, rank=LATER, pupil_id=PersonId("q"), class_id=ClassId("d"))
    assert await _touched(engine, ORDER, moved) == {
        ("pupil", "p", ""), ("class", "c", ""), ("pupil", "q", ""), ("class", "d", ""),
    }  # fmt: skip


async def test_a_cancellation_touches_its_order_known_or_not(engine: AsyncEngine) -> None:
    cancellation = facts.Cancellation(RANK, OrderId("o"), SchoolId("s"), AT)
    assert await _touched(engine, cancellation) == {("order", "o", "")}


async def test_what_was_known_already_touches_nothing(engine: AsyncEngine) -> None:
    assert await _touched(engine, ORDER, ORDER) == set()


async def test_what_comes_late_touches_nothing(engine: AsyncEngine) -> None:
    assert await _touched(engine, replace(ORDER, rank=LATER), ORDER) == set()


async def test_a_known_and_a_new_fact_in_one_batch_touch_for_the_new_one_only(
    engine: AsyncEngine,
) -> None:
    other = replace(PROFILE, person_id=PersonId("q"))
    await _write(engine, [PROFILE])
    assert set(await _write(engine, [PROFILE, other])) == {("profile", "q", "")}


@pytest.mark.parametrize(
    ("before", "after", "touches"),
    [
        (SCHOOL, replace(SCHOOL, name="another"), False),
        (SCHOOL, replace(SCHOOL, timezone="Asia/Kamchatka"), True),
        (SCHOOL, replace(SCHOOL, closed_on=date(2027, 5, 31)), True),
        (PERSON, replace(PERSON, surname="another"), False),
        (PERSON, replace(PERSON, removed=True), True),
        (replace(PERSON, removed=True), PERSON, True),
        (EMPLOYMENT, EMPLOYMENT, False),
        (EMPLOYMENT, replace(EMPLOYMENT, roles=frozenset()), True),
        (EMPLOYMENT, replace(EMPLOYMENT, ended=True), True),
        (PROFILE, PROFILE, False),
        (PROFILE, replace(PROFILE, max_user_id=None), True),
        (PROFILE, replace(PROFILE, max_user_id=MaxUserId(8)), True),
    ],
)
async def test_a_later_version_touches_only_by_what_matters_to_chats(
    engine: AsyncEngine, before: Fact, after: Fact, *, touches: bool
) -> None:
    assert bool(await _touched(engine, before, replace(after, rank=LATER))) == touches


async def test_a_new_person_and_a_profile_without_account_touch_nothing(
    engine: AsyncEngine,
) -> None:
    assert await _touched(engine, PERSON) == set()
    assert await _touched(engine, replace(PROFILE, max_user_id=None)) == set()


async def test_the_latest_event_of_an_entity_is_the_cause_of_its_mark(engine: AsyncEngine) -> None:
    late = replace(RANK, at=AT + timedelta(hours=1))
    one = facts.Guardianship(RANK, PersonId("g1"), PersonId("p"), ended=False)
    other = facts.Guardianship(late, PersonId("g2"), PersonId("p"), ended=False)
    assert await _write(engine, [other, one]) == {("pupil", "p", ""): late.at}


async def test_a_long_source_that_was_superseded_fits_the_history(engine: AsyncEngine) -> None:
    dice = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    long = replace(RANK, source="".join(dice.choices(letters, k=2048)), event_id="я" * 128)
    await _write(engine, [replace(PERSON, rank=long)])
    await _write(engine, [replace(PERSON, rank=LATER)])
    assert len((await _stored(engine))[1]) == 1
