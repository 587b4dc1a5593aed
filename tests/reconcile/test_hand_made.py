"""A chat made by hand in the messenger: made, kept, found again after a restore, and deleted."""

from datetime import UTC, datetime

from sqlalchemy import text

from domain.chats import ChatKind, Filling
from domain.decisions import ChatDecision, Decision, Deletion
from domain.facts import Profile
from domain.founding import Founding, Purpose
from domain.ids import ChatId, ClassId, MaxUserId, PersonId, SchoolId
from projections.by_hand import decisions
from projections.database import transaction
from tests.domain import builders as make
from tests.projections.builders import derive_all, ingest
from tests.reconcile.bench import Bench

CHAT = ChatId("hand:1")
AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
OF_CLASS = Purpose(SchoolId("s1"), ChatKind.CLASS, ClassId("9g"))
FOUNDED = ChatDecision("d:found:made", CHAT, "t", AT, Founding(OF_CLASS, Filling.RULE, "Кружок"))
DELETED = ChatDecision("x", CHAT, "t", AT, Deletion.DELETED)


async def decide(school: Bench, *decided: Decision | ChatDecision) -> None:
    async with transaction(school.engine) as connection:
        for each in decided:
            await decisions.record(connection, each)
    await derive_all(school.engine)
    await school.settle()


async def begin(school: Bench) -> None:
    people = ((7, "t"), (8, "p"))
    await ingest(
        school.engine,
        make.school(),
        make.school_class(teacher="t"),
        make.enrolment("p"),
        *(Profile(make.rank(), PersonId(each), MaxUserId(account)) for account, each in people),
    )
    await decide(school, FOUNDED)


async def titles(school: Bench) -> list[str]:
    return sorted(str(each["title"]) for each in await school.chats())


async def test_it_is_made_beside_the_rules_chat_and_follows_the_register(school: Bench) -> None:
    await begin(school)
    assert await titles(school) == ["9г - Родители", "9г - Ученики", "Кружок"]
    assert await school.members("Кружок") == {7: "administrator", 8: "member"}
    await ingest(school.engine, make.withdrawal("p"))
    await derive_all(school.engine)
    await school.settle()
    assert await school.members("Кружок") == {7: "administrator"}
    state = "SELECT concat(state, ' ', origin) FROM dashboard.chats WHERE chat_id = 'hand:1'"
    assert await school.value(state) == "converged hand"


async def test_a_database_that_lost_it_finds_the_same_chat_again(school: Bench) -> None:
    await begin(school)
    before = len(await school.chats())
    async with transaction(school.engine) as connection:
        for table in (
            "intents", "observed_members", "expected_members", "past_memberships", "chat_sync",
            "chats", "decisions", "founded_chats",
        ):  # fmt: skip
            where = "" if table == "founded_chats" else f"WHERE chat_id = '{CHAT}'"
            await connection.execute(text(f"DELETE FROM {table} {where}"))
    await decide(school, FOUNDED)
    assert len(await school.chats()) == before
    assert await school.members("Кружок") == {7: "administrator", 8: "member"}


async def test_deleted_it_is_gone_from_the_messenger_and_stays_so(school: Bench) -> None:
    await begin(school)
    await decide(school, DELETED)
    assert "Кружок" not in await titles(school)
    await decide(school, FOUNDED, DELETED)
    await ingest(school.engine, make.enrolment("p2"), make.school_class(teacher="p", version=2))
    await derive_all(school.engine)
    await school.settle()
    assert "Кружок" not in await titles(school)
    created = await school.value("SELECT count(*) FROM intents WHERE action = 'create'"
                                 f" AND chat_id = '{CHAT}'")  # fmt: skip
    assert created == 1
