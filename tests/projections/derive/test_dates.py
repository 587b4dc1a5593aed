"""What changes by itself: a local midnight comes and no event arrives."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.decisions import MembershipDecision
from projections.by_hand.decisions import record
from projections.database import transaction
from projections.derive.audit import audit
from tests.domain.builders import (
    decision,
    enrolment,
    guardianship,
    school,
    school_class,
    withdrawal,
)
from tests.projections.builders import (
    derive_all,
    due_chats,
    engine_of,
    fetch,
    ingest,
    memberships,
    settle_due,
)


async def database_time(engine: AsyncEngine) -> datetime:
    ((now,),) = await fetch(engine, "SELECT clock_now()")
    assert isinstance(now, datetime)
    return now


def shift_to(now: datetime, instant: datetime) -> str:
    """The clock shift with which ``now`` becomes ``instant``."""
    return f"{(instant - now).total_seconds()} seconds"


@pytest.mark.parametrize("zone", ["Europe/Kaliningrad", "Asia/Kamchatka"])
async def test_an_order_dated_tomorrow_takes_effect_at_the_schools_midnight(
    database_url: str, zone: str
) -> None:
    local = ZoneInfo(zone)
    async with engine_of(database_url) as engine:
        now = await database_time(engine)
        tomorrow = now.astimezone(local).date() + timedelta(days=1)
        midnight = datetime.combine(tomorrow, datetime.min.time(), tzinfo=local)
        await ingest(
            engine,
            school(timezone=zone),
            school_class(),
            enrolment("old"),
            guardianship("g", "new"),
            enrolment("new", on=tomorrow),
            withdrawal("old", on=tomorrow),
        )
        await derive_all(engine)
        await settle_due(engine)
        assert await memberships(engine) == {"class:9g": {"old": "member"}}
        assert await fetch(
            engine, "SELECT next_change_at FROM chats WHERE chat_id = 'class:9g'"
        ) == [(midnight,)]

    async with engine_of(database_url, shift_to(now, midnight - timedelta(minutes=5))) as engine:
        assert await derive_all(engine) == 0

    async with engine_of(database_url, shift_to(now, midnight + timedelta(seconds=1))) as engine:
        assert await derive_all(engine) > 0
        assert await memberships(engine) == {
            "class:9g": {"new": "member"},
            "parents:9g": {"g": "member"},
        }
        assert await due_chats(engine) == {"class:9g", "parents:9g"}
        assert await audit(engine) == []
        log = await fetch(
            engine,
            """SELECT person_id, role, valid_from FROM membership_history
                WHERE chat_id = 'class:9g' AND valid_from = :at ORDER BY person_id""",
            at=midnight,
        )
        assert log == [("new", "member", midnight), ("old", None, midnight)]


async def test_a_class_freezes_on_its_closing_date_and_keeps_its_people(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        now = await database_time(engine)
        closes_on = now.astimezone(ZoneInfo("Europe/Moscow")).date() + timedelta(days=2)
        await ingest(
            engine,
            school(),
            school_class(closed_on=closes_on),
            enrolment("p"),
            enrolment("late", on=closes_on),
            withdrawal("p", on=closes_on),
        )
        await derive_all(engine)
        await settle_due(engine)
        assert await fetch(engine, "SELECT DISTINCT frozen FROM chats") == [(False,)]

    async with engine_of(database_url, "3 days") as engine:
        await derive_all(engine)
        frozen = await fetch(engine, "SELECT chat_id FROM chats WHERE frozen ORDER BY chat_id")
        assert frozen == [("class:9g",), ("parents:9g",)]
        assert await memberships(engine) == {"class:9g": {"p": "member"}}
        assert await due_chats(engine) == {"class:9g", "parents:9g"}
        assert await audit(engine) == []

    async with engine_of(database_url, "40 days") as engine:
        assert await derive_all(engine) == 0


async def test_until_the_school_is_known_the_installations_zone_counts(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, school_class(), enrolment("p", on=date(2100, 1, 1)))
        await derive_all(engine)
        first = await fetch(engine, "SELECT DISTINCT next_change_at FROM chats")
        assert first == [(datetime(2099, 12, 31, 21, tzinfo=UTC),)]

        await ingest(engine, school(timezone="Asia/Kamchatka"))
        await derive_all(engine)
        later = await fetch(engine, "SELECT next_change_at FROM chats WHERE chat_id = 'class:9g'")
        assert later == [(datetime(2099, 12, 31, 12, tzinfo=UTC),)]


async def test_somebody_added_by_hand_leaves_at_the_midnight_of_the_order_they_belong_by(
    database_url: str,
) -> None:
    local = ZoneInfo("Europe/Moscow")
    async with engine_of(database_url) as engine:
        now = await database_time(engine)
        tomorrow = now.astimezone(local).date() + timedelta(days=1)
        midnight = datetime.combine(tomorrow, datetime.min.time(), tzinfo=local)
        await ingest(
            engine,
            school(),
            school_class(),
            school_class("9a"),
            enrolment("own"),
            enrolment("guest", "9a"),
            guardianship("mum", "guest"),
            withdrawal("guest", "9a", on=tomorrow),
        )
        async with transaction(engine) as connection:
            for number, name in enumerate(("guest", "mum")):
                added = decision(name, MembershipDecision.ADDED, decision_id=f"d{number}")
                await record(connection, added)
        await derive_all(engine)
        await settle_due(engine)
        everybody = {"own": "member", "guest": "member", "mum": "member"}
        assert (await memberships(engine))["class:9g"] == everybody

    async with engine_of(database_url, shift_to(now, midnight + timedelta(seconds=1))) as engine:
        await derive_all(engine)
        assert (await memberships(engine))["class:9g"] == {"own": "member"}
        assert "class:9g" in await due_chats(engine)


async def test_a_guardianship_that_ends_in_a_closed_class_makes_its_chat_due_by_itself(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(
            engine,
            school(),
            school_class(closed_on=date(2026, 10, 1)),
            enrolment("p"),
            guardianship("mum", "p"),
            guardianship("dad", "p"),
        )
        await derive_all(engine)
        await settle_due(engine)
        assert (await memberships(engine))["parents:9g"] == {"mum": "member", "dad": "member"}
        await ingest(engine, guardianship("dad", "p", ended=True, version=2))
        await derive_all(engine)
        assert (await memberships(engine))["parents:9g"] == {"mum": "member"}
        assert await due_chats(engine) == {"parents:9g"}
