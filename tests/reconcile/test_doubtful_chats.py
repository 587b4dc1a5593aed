"""A chat that may have been made, and that by now nobody should be in, is looked for."""

import pytest

from projections.database import driver, transaction
from projections.gate.forgotten_chats import look_for_forgotten
from tests.reconcile.bench import Bench

CREATE = "/partner/v1/chats"
CLASS = {1: "administrator", 10: "member", 11: "member"}
NOBODY: dict[int, str] = {}
DIED_IN_THE_CALL = """
    INSERT INTO intents (chat_id, lease_token, action, body, committed_at)
    SELECT chat_id, 0, 'create', '{}', clock_now() FROM chat_sync"""
FORGOTTEN = "UPDATE chat_sync SET max_chat_id = NULL, observed_at = NULL, known_at = NULL"
OPEN = "SELECT count(*) FROM intents WHERE settled_at IS NULL"


async def _until_nothing_is_due(school: Bench) -> None:
    await school.settle()
    await school.hurry()
    await school.settle()


@pytest.mark.parametrize("kind", ["drop_after_effect", "status_after_effect", "truncated"])
async def test_who_came_in_by_a_create_whose_answer_was_lost_leaves_when_nobody_is_wanted(
    school: Bench, kind: str
) -> None:
    chat = await school.chat("class:c-1")
    await school.fault(method="POST", path=CREATE, kind=kind, status=500, count=1)
    await school.expect(chat, CLASS)
    await school.settle()
    assert await school.members() == CLASS
    await school.expect(chat, NOBODY)
    await _until_nothing_is_due(school)
    assert await school.members() == NOBODY
    assert await school.value(OPEN) == 0


async def test_a_create_of_a_dead_holder_is_repeated_for_a_chat_that_nobody_should_be_in(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    await school.sql(DIED_IN_THE_CALL)
    await school.due(chat)
    await _until_nothing_is_due(school)
    assert await school.members() == NOBODY
    assert await school.value(OPEN) == 0
    assert await school.value("SELECT max_chat_id IS NOT NULL FROM chat_sync") is True


async def test_a_chat_that_was_deleted_while_its_create_was_in_doubt_is_deleted(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    await school.fault(method="POST", path=CREATE, kind="drop_after_effect", count=1)
    await school.expect(chat, CLASS)
    await school.settle()
    await school.sql("UPDATE chats SET deleted = true")
    await school.due(chat)
    await _until_nothing_is_due(school)
    assert await school.chats() == []


async def test_a_restored_database_finds_the_chat_that_it_does_not_know(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.sql("DELETE FROM intents")
    await school.sql(FORGOTTEN)
    await school.sql("DELETE FROM observed_members")
    await school.sql("""INSERT INTO past_memberships
        (chat_id, person_id, reasons, valid_from, known_from)
        SELECT chat_id, person_id, reasons, valid_from, known_since FROM expected_members""")
    await school.expect(chat, NOBODY)
    await school.settle()
    assert await school.members() == CLASS
    await _raise_doubts(school)
    await _until_nothing_is_due(school)
    assert await school.members() == NOBODY
    assert len(await school.chats()) == 1


async def test_a_chat_in_which_nobody_with_a_profile_was_ever_expected_is_not_looked_for(
    school: Bench,
) -> None:
    await school.chat("class:c-1")
    await _raise_doubts(school)
    await _until_nothing_is_due(school)
    assert await school.chats() == []


async def _raise_doubts(school: Bench) -> None:
    async with transaction(school.engine) as connection:
        await look_for_forgotten(await driver(connection))
