"""A chat that MAX deleted for ever: counted, dated, listed, and made anew when somebody says so."""

from collections.abc import Awaitable, Callable

import pytest

from domain.decisions import ChatDecision, Deletion
from domain.ids import ChatId
from domain.work import ChatWait, Done, Waiting
from projections.by_hand import decisions
from projections.database import driver, transaction
from projections.gate.forgotten_chats import look_for_forgotten
from projections.reports.status import Status, status
from tests.reconcile.bench import Bench

Begin = Callable[[Bench], Awaitable[ChatId]]

CREATE = "/partner/v1/chats"
CLASS = {1: "administrator", 10: "member", 11: "member"}
NOBODY: dict[int, str] = {}
STATE = "SELECT state FROM dashboard.chats"
LISTED = """SELECT concat_ws(' ', state, person_id, since IS NOT NULL,
                             retry_at - clock_now() BETWEEN interval '23 hours'
                                                        AND interval '25 hours')
              FROM dashboard.blocked"""
COPY = "UPDATE chat_sync SET max_chat_id = NULL, observed_at = NULL, known_at = NULL"


async def _made(school: Bench) -> ChatId:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    return chat


async def _deleted_in_max(school: Bench) -> ChatId:
    """Somebody deleted the chat in MAX, and we know its id."""
    chat = await _made(school)
    (made,) = await school.chats()
    school.simulator.world.chats.delete(int(str(made["chat_id"])))
    return chat


async def _deleted_after_the_copy(school: Bench) -> ChatId:
    """The database was restored from before the chat was made, and it is deleted by now."""
    chat = await _deleted_in_max(school)
    for statement in ("DELETE FROM intents", "DELETE FROM observed_members", COPY):
        await school.sql(statement)
    return chat


async def _noticed(school: Bench, chat: ChatId) -> None:
    """The chat is read, or made, again."""
    await school.sql("UPDATE chat_sync SET observed_at = NULL")
    await school.due(chat)
    school.outcomes.clear()
    await school.settle()
    assert school.outcomes == [Waiting(ChatWait.GONE)]


async def _status(school: Bench) -> Status:
    async with transaction(school.engine) as connection:
        return await status(connection)


async def _decide(school: Bench, chat: ChatId, choice: Deletion) -> None:
    """Staff decides, and the rules say what follows."""
    async with transaction(school.engine) as connection:
        now = await (await driver(connection)).fetchval("SELECT clock_now()")
        decision = ChatDecision(f"d {choice.value}", chat, "ivanova", now, choice)
        assert await decisions.record(connection, decision)
    await school.sql(f"UPDATE chats SET deleted = {choice is Deletion.DELETED}")
    await school.due(chat)
    await school.settle()


@pytest.mark.parametrize("begin", [_deleted_in_max, _deleted_after_the_copy])
async def test_a_chat_that_max_deleted_is_a_state_with_a_date_and_keeps_nothing_busy(
    school: Bench, begin: Begin
) -> None:
    await _noticed(school, await begin(school))
    counts = await _status(school)
    assert (counts.gone, counts.parked, counts.in_flight) == (1, 1, 0)
    await school.sql("DELETE FROM stale_entities")
    assert (await _status(school)).busy == 0
    assert await school.value(STATE) == "parked"
    assert await school.value(LISTED) == "chat_deleted t t"
    assert await school.chats() == []


async def test_it_is_asked_for_once_a_day_and_found_if_it_is_there_after_all(
    school: Bench,
) -> None:
    chat = await _made(school)
    await school.fault(
        method="GET", path="/chats/{chatId}", kind="status", status=404,
        headers={}, count=1,
    )  # fmt: skip
    await school.fault(method="POST", path=CREATE, kind="status", status=410, count=1)
    await _noticed(school, chat)
    await school.hurry()
    await school.settle()
    assert await school.members() == CLASS
    assert (await _status(school)).gone == 0
    assert await school.value(STATE) == "converged"


async def test_a_chat_that_is_only_not_found_is_not_taken_for_deleted(school: Bench) -> None:
    chat = await _made(school)
    await school.fault(method="GET", path="/chats/{chatId}", kind="status", status=404)
    await school.sql("UPDATE chat_sync SET observed_at = NULL")
    await school.due(chat)
    await school.settle()
    assert school.outcomes[-1:] == [Waiting(ChatWait.PARKED)]
    assert await school.value("SELECT state FROM dashboard.blocked") == "bot_not_administrator"
    assert (await _status(school)).gone == 0
    await school.http.delete("/sim/faults")
    await school.hurry()
    await school.settle()
    assert await school.members() == CLASS
    created = "SELECT count(*) FROM outbox WHERE value->>'type' = 'rollcall.chat.created.v1'"
    assert await school.value(created) == 1


@pytest.mark.parametrize("begin", [_deleted_in_max, _deleted_after_the_copy])
async def test_a_person_has_another_chat_made(school: Bench, begin: Begin) -> None:
    chat = await begin(school)
    await _noticed(school, chat)
    async with transaction(school.engine) as connection:
        assert await decisions.bring_back(connection, chat, "ivanova")
    await school.settle()
    assert await school.members() == CLASS
    async with transaction(school.engine) as connection:
        assert not await decisions.bring_back(connection, chat, "ivanova")
    assert await school.value(STATE) == "converged"


async def test_what_was_said_before_the_chat_was_gone_does_not_bring_it_back(
    school: Bench,
) -> None:
    chat = await _made(school)
    await _decide(school, chat, Deletion.KEPT)
    (made,) = await school.chats()
    school.simulator.world.chats.delete(int(str(made["chat_id"])))
    await _noticed(school, chat)
    await school.hurry()
    await school.settle()
    assert await school.chats() == []


@pytest.mark.parametrize("begin", [_deleted_in_max, _deleted_after_the_copy])
async def test_a_class_that_closes_and_reopens_gets_another_chat(
    school: Bench, begin: Begin
) -> None:
    chat = await begin(school)
    await _noticed(school, chat)
    await school.chat("class:c-1", frozen=True)
    await school.due(chat)
    await school.settle()
    assert school.outcomes[-1:] == [Done(changed=False)]
    assert (await _status(school)).gone == 0
    await school.chat("class:c-1", frozen=False)
    await school.due(chat)
    await school.settle()
    assert await school.members() == CLASS


async def test_a_closed_chat_that_max_deleted_waits_for_nobody(school: Bench) -> None:
    chat = await _deleted_in_max(school)
    await school.chat("class:c-1", frozen=True)
    await school.sql("UPDATE chat_sync SET observed_at = NULL")
    await school.due(chat)
    await school.settle()
    assert (await _status(school)).gone == 0
    assert await school.value(STATE) == "frozen"
    deleted = "SELECT count(*) FROM outbox WHERE value->>'type' = 'rollcall.chat.deleted.v1'"
    assert await school.value(deleted) == 1


@pytest.mark.parametrize("begin", [_deleted_in_max, _deleted_after_the_copy])
async def test_a_chat_that_staff_deletes_too_waits_for_nobody_and_may_come_back(
    school: Bench, begin: Begin
) -> None:
    chat = await begin(school)
    await _noticed(school, chat)
    await _decide(school, chat, Deletion.DELETED)
    assert (await _status(school)).gone == 0
    assert await school.value(STATE) == "deleted"
    await _decide(school, chat, Deletion.KEPT)
    assert await school.members() == CLASS


async def test_staff_deletes_a_chat_that_cannot_be_read_any_more(school: Bench) -> None:
    chat = await _deleted_in_max(school)
    await school.sql("UPDATE chat_sync SET observed_at = NULL")
    await _decide(school, chat, Deletion.DELETED)
    assert school.outcomes[-1:] == [Done(changed=True)]
    assert (await _status(school)).in_flight == 0
    await _decide(school, chat, Deletion.KEPT)
    assert await school.members() == CLASS


async def test_a_chat_in_doubt_that_max_deleted_and_nobody_is_wanted_in_is_settled(
    school: Bench,
) -> None:
    chat = await _deleted_after_the_copy(school)
    await school.sql("""INSERT INTO past_memberships
        (chat_id, person_id, reasons, valid_from, known_from)
        SELECT chat_id, person_id, reasons, valid_from, known_since FROM expected_members""")
    await school.expect(chat, NOBODY)
    async with transaction(school.engine) as connection:
        await look_for_forgotten(await driver(connection))
    await school.settle()
    counts = await _status(school)
    assert (counts.in_flight, counts.gone) == (0, 0)
    assert await school.value(STATE) == "not_created"
    assert await school.chats() == []


async def test_others_in_the_school_are_not_stopped(school: Bench) -> None:
    await _noticed(school, await _deleted_in_max(school))
    other = await school.chat("class:c-2", "9д - Ученики")
    await school.expect(other, CLASS)
    await school.settle()
    assert await school.members("9д - Ученики") == CLASS
