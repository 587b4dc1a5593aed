"""The log with two times: from when a membership is true, and since when we knew."""

from datetime import UTC, date, datetime

from domain.decisions import MembershipDecision
from projections.by_hand.decisions import record
from projections.database import transaction
from tests.domain.builders import (
    EVENT_TIME,
    cancellation,
    decision,
    enrolment,
    guardianship,
    school,
    school_class,
    withdrawal,
)
from tests.projections.builders import derive_all, engine_of, fetch, ingest

LOG = """SELECT person_id, role, valid_from FROM membership_history
          WHERE chat_id = :chat ORDER BY entry"""
SEPTEMBER = datetime(2026, 8, 31, 21, tzinfo=UTC)
OCTOBER = datetime(2026, 9, 30, 21, tzinfo=UTC)


async def test_joining_and_leaving_by_orders_is_true_from_the_orders_dates(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, school(), school_class(), enrolment("p"), guardianship("g", "p"))
        await derive_all(engine)
        await ingest(engine, withdrawal("p", on=date(2026, 10, 1)))
        await derive_all(engine)

        for chat, who in (("class:9g", "p"), ("parents:9g", "g")):
            assert await fetch(engine, LOG, chat=chat) == [
                (who, "member", SEPTEMBER),
                (who, None, OCTOBER),
            ]


async def test_without_an_order_behind_it_a_departure_is_true_from_the_events_time(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, school(), school_class(), enrolment("p"), guardianship("g", "p"))
        await derive_all(engine)
        await ingest(engine, guardianship("g", "p", ended=True, version=2))
        await derive_all(engine)
        await ingest(engine, cancellation("+p"))
        await derive_all(engine)

        assert (await fetch(engine, LOG, chat="parents:9g"))[-1] == ("g", None, EVENT_TIME)
        assert (await fetch(engine, LOG, chat="class:9g"))[-1] == ("p", None, EVENT_TIME)


async def test_a_new_reason_is_logged_and_a_repeated_one_is_not(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, school(), school_class(), enrolment("p"))
        await derive_all(engine)
        await ingest(engine, school_class(version=2), enrolment("p"))
        await derive_all(engine)
        assert len(await fetch(engine, LOG, chat="class:9g")) == 1

        added = decision("p", MembershipDecision.ADDED)
        async with transaction(engine) as connection:
            await record(connection, added)
        await derive_all(engine)
        assert (await fetch(engine, LOG, chat="class:9g"))[1:] == [("p", "member", added.at)]


async def test_what_we_knew_at_a_moment_can_be_read_back(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, school(), school_class(), enrolment("p"))
        await derive_all(engine)
        ((then,),) = await fetch(engine, "SELECT clock_now()")
        await ingest(engine, cancellation("+p"))
        await derive_all(engine)

        known = await fetch(
            engine,
            """SELECT DISTINCT ON (person_id) role FROM membership_history
                WHERE chat_id = 'class:9g' AND known_from <= :then
                ORDER BY person_id, entry DESC""",
            then=then,
        )
        assert known == [("member",)]
