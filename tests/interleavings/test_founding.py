"""A chat made by hand, whose row a worker is just writing, and a fact that comes beside it."""

import pytest

from domain.chats import ChatKind, Filling
from domain.decisions import ChatDecision, Decision, MembershipDecision
from domain.facts import EmploymentRole, Fact
from domain.founding import Founding, Purpose
from domain.ids import ChatId, ClassId, SchoolId
from projections.by_hand.decisions import record
from projections.database import transaction
from projections.derive.audit import audit
from tests.domain.builders import (
    EVENT_TIME,
    decision,
    employment,
    enrolment,
    school,
    school_class,
)
from tests.interleavings.actors import Worker, deriving_in_five, ingesting
from tests.interleavings.sessions import connections, run_in_order
from tests.projections.builders import derive_all, engine_of, ingest, memberships

CHAT = ChatId("hand:1")
OF_CLASS = Purpose(SchoolId("s1"), ChatKind.CLASS, ClassId("9g"))
FOUNDED = ChatDecision(
    "d:found:made", CHAT, "t1", EVENT_TIME, Founding(OF_CLASS, Filling.RULE, "Кружок")
)
ADDED = decision("t1", MembershipDecision.ADDED, CHAT, "d:found:0")
WRITES, COMMITS, FIRST, SECOND = 0, 0, 1, 2


@pytest.mark.parametrize(
    ("decided", "fact", "there"),
    [
        ((FOUNDED,), enrolment("p2"), {"p1", "p2"}),
        ((FOUNDED, ADDED), employment("t1", EmploymentRole.TEACHER, version=2), {"p1", "t1"}),
    ],
    ids=["of its class", "about somebody added"],
)
async def test_a_fact_beside_the_first_derivation_of_a_chat_made_by_hand_is_seen(
    database_url: str,
    decided: tuple[Decision | ChatDecision, ...],
    fact: Fact,
    there: set[str],
) -> None:
    async with engine_of(database_url) as engine, connections(database_url, 4) as (monitor, *to):
        await ingest(engine, school(), school_class(), enrolment("p1"))
        await ingest(engine, employment("t1", EmploymentRole.TEACHER, ended=True))
        await derive_all(engine)
        async with transaction(engine) as connection:
            for each in decided:
                await record(connection, each)
        sessions = [
            ingesting(to[0], fact),
            deriving_in_five(to[1], Worker(to[1])),
            deriving_in_five(to[2], Worker(to[2])),
        ]
        # The first has read its facts and not committed the row when the second resolves.
        order = [FIRST] * 4 + [WRITES, COMMITS] + [SECOND] * 3 + [FIRST] + [SECOND] * 2
        await run_in_order(monitor, sessions, order)
        await derive_all(engine)

        assert set((await memberships(engine))[CHAT]) == there
        assert await audit(engine) == []
