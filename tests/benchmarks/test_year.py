"""The benchmark of a year counts what the engine does, and notices one call too many."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from benchmarks.year.__main__ import FIRST, look_at_tables, replay
from benchmarks.year.churn import Year, by_day
from benchmarks.year.fewest import Calls, Held, alone, step
from benchmarks.year.tables import Autovacuum, overdue, tables
from domain import plan
from domain.actions import Action, Add, Create, Limits
from domain.ids import MaxUserId
from domain.states import Wanted
from projections.watch.upkeep import Retention
from tests.oracle.naive import ADMINISTRATOR, MEMBER, Chat

OFTEN = {
    "newcomer": 2.0,
    "transfer": 2.0,
    "mistake of a day": 4.0,
    "profile linked": 8.0,
    "another account": 2.0,
    "name put right": 4.0,
    "subject teachers": 12.0,
    "deputy": 12.0,
    "class renamed": 2.0,
    "sent again": 4.0,
}
SMALL = Year(FIRST, days=9, pupils=30, often=OFTEN)
"""Long enough for all chats to be read again once, busy enough for calls of every kind."""

SMALLER = Year(FIRST, days=3, pupils=30)
REAL_CREATION = plan._creation  # noqa: SLF001 - a bug is planted around it


def wanted(accounts: dict[int, str], *, title: str = "9г", frozen: bool = False) -> Chat:
    return Chat(title, frozen, {}, accounts)


@pytest.mark.takes(15)
async def test_the_first_days_of_a_school_are_met_in_the_fewest_calls(database_url: str) -> None:
    result = await replay(database_url, SMALL, tell=lambda _: None)
    assert result.unlike == []
    assert (result.strangers, result.audit) == ([], [])
    assert result.made == result.fewest
    assert result.reads >= result.chats
    assert result.made.keys() == {"create", "add", "remove", "promote", "demote", "rename"}
    assert result.single["promote"] > result.made["promote"]
    await look_at_tables(database_url, result, Retention())
    assert {table for table, rows in result.kept_for_ever.items() if rows} == set()
    assert result.is_kept_small
    told = json.loads(json.dumps(result.as_json()))
    assert told["made"] == result.made
    assert {table["name"] for table in told["tables"]} >= {"outbox", "intents"}
    assert result.made.total() < result.single.total()


def added_twice(user_ids: tuple[MaxUserId, ...], _limits: Limits) -> Iterator[Add]:
    if user_ids:
        yield Add(user_ids)
        yield Add(user_ids)


def made_with_one(target: Wanted, limits: Limits) -> tuple[Action, ...]:
    create, *adds = REAL_CREATION(target, limits) or (None,)
    if not isinstance(create, Create):
        return ()
    chiefs = create.administrators or create.members[:1]
    others = tuple(user for user in create.members if user not in chiefs)
    return (replace(create, members=chiefs), *([Add(others)] if others else ()), *adds)


@pytest.mark.parametrize("planted", [added_twice, made_with_one])
async def test_one_call_too_many_is_noticed_by_its_chat(
    database_url: str, monkeypatch: pytest.MonkeyPatch, planted: Callable[..., object]
) -> None:
    monkeypatch.setattr(plan, "_adds" if planted is added_twice else "_creation", planted)
    result = await replay(database_url, SMALLER, tell=lambda _: None)
    assert result.strangers == []
    assert result.made["add"] > result.fewest["add"]
    assert {kind: of for kind, of in result.made.items() if kind != "add"} == {
        kind: of for kind, of in result.fewest.items() if kind != "add"
    }
    for each in result.unlike:
        assert all(of["made"]["add"] > of["fewest"].get("add", 0) for of in each.chats.values())


def test_the_days_of_a_year_are_its_own_and_the_same_again() -> None:
    year = Year(FIRST, days=40, pupils=60)
    days = list(by_day(year))
    assert [day for day, _ in days] == year.dates()
    assert days == list(by_day(year))
    assert days != list(by_day(Year(FIRST, days=40, pupils=60, seed=2)))
    for day, events in days[1:]:
        at_first_sight = [e for e in events if e["source"] != "urn:sgo:year"]
        assert {e["time"][:10] for e in at_first_sight} <= {day.isoformat()}
    kinds = {event["type"] for _, events in days[1:] for event in events}
    assert {f"sgo.{kind}.v1" for kind in ("profile.changed", "order.cancelled")} <= kinds


def test_a_chat_is_made_with_a_hundred_people_and_the_others_are_added() -> None:
    crowd = {1: ADMINISTRATOR, **dict.fromkeys(range(2, 251), MEMBER)}
    calls, held = step(None, wanted(crowd))
    assert +calls == Calls(create=1, add=2)
    assert held == Held("9г", crowd)
    assert +alone(None, wanted(crowd))[0] == Calls(create=1, add=250, promote=1)
    assert step(None, wanted({})) == (Calls(), None)


def test_whoever_comes_rises_falls_or_leaves_is_counted_once() -> None:
    before = Held("9г", {1: ADMINISTRATOR, 2: MEMBER, 3: MEMBER, 4: MEMBER})
    after = {1: MEMBER, 2: ADMINISTRATOR, 5: ADMINISTRATOR, 6: MEMBER}
    calls, held = step(before, wanted(after, title="10г"))
    assert +calls == Calls(add=1, remove=2, promote=1, demote=1, rename=1)
    assert held == Held("10г", after)
    one_by_one = Calls(add=2, remove=2, promote=2, demote=1, rename=1)
    assert +alone(before, wanted(after, title="10г"))[0] == one_by_one
    assert not +step(before, wanted(dict(before.members)))[0]


def test_a_frozen_chat_only_loses_people_and_rights() -> None:
    before = Held("9г", {1: ADMINISTRATOR, 2: MEMBER, 3: MEMBER})
    after = {1: MEMBER, 2: ADMINISTRATOR, 5: MEMBER}
    calls, held = step(before, wanted(after, title="10г", frozen=True))
    assert +calls == Calls(remove=1, demote=1)
    assert held == Held("9г", {1: MEMBER, 2: MEMBER})
    assert step(None, wanted(after, frozen=True)) == (Calls(), None)


async def run(url: str, *statements: str) -> Any:  # noqa: ANN401 - asyncpg ships no types
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


async def test_a_table_is_tended_when_autovacuum_would_and_shows_its_bloat(
    database_url: str,
) -> None:
    fill = "INSERT INTO {} SELECT n, repeat('x', 500) FROM generate_series(1, 3000) n"
    made = [
        f"CREATE TABLE {name} (n int PRIMARY KEY, filling text) WITH (autovacuum_enabled = {on})"
        for name, on in (("tended", "true"), ("left_alone", "false"))
    ]
    churn = [
        statement.format(name)
        for name in ("tended", "left_alone")
        for statement in (fill, "DELETE FROM {}")
    ]
    for _ in range(3):
        await run(database_url, *made, *churn, "SELECT 1")
        made = []
        autovacuum = Autovacuum(database_url)
        await autovacuum.look()
        assert autovacuum.vacuums >= 1
    sizes = {table.name: table for table in await tables(database_url)}
    assert not sizes["tended"].is_bloated
    assert sizes["left_alone"].is_bloated
    assert not sizes["outbox"].is_bloated


async def test_what_has_outlived_its_retention_is_counted(database_url: str) -> None:
    await run(
        database_url,
        """INSERT INTO outbox (event_id, topic, key, value, created_at, published_at)
           SELECT n::text, 't', 'k', '{}', clock_now(), clock_now() - make_interval(days => n)
             FROM generate_series(1, 20) n""",
        "SELECT 1",
    )
    assert await overdue(database_url, {"outbox": 14}) == {"outbox": 7, "lesson_calls": 0}
