"""What people changed in MAX, listed for whoever decides."""

import json

import asyncpg

from domain.ids import ChatId, MaxUserId
from operations import drift
from operations.drift import Keeping
from tests.console.builders import Rows, populate
from tests.projections.builders import engine_of
from tests.rollcall.running import command


async def test_what_is_over_is_listed_only_where_everything_is_asked_for(
    database_url: str,
) -> None:
    await populate(database_url)
    connection = await asyncpg.connect(database_url)
    try:
        await Rows(connection).drift("subject:30", "left", 502)
        await connection.execute(
            """UPDATE drift SET resolution = 'put_back', resolved_at = clock_now()
                WHERE chat_id = 'subject:30'"""
        )
    finally:
        await connection.close()
    async with engine_of(database_url) as engine:
        still_open = await drift.entries(engine, 50, everything=False)
        ever = await drift.entries(engine, 50, everything=True)
        newest = await drift.entries(engine, 1, everything=True)
    assert "subject:30" not in {entry.chat_id for entry in still_open}
    assert set(ever) - set(still_open) == {ever[0]}
    assert newest == [ever[0]]
    assert (ever[0].kind, ever[0].resolution) == ("left", "put_back")
    (proposal,) = (entry for entry in still_open if entry.is_proposal)
    assert (proposal.chat_id, proposal.max_user_id, proposal.by_user_id) == ("parents:9a", 777, 501)


async def test_the_list_at_a_terminal_is_what_the_operation_answers(database_url: str) -> None:
    await populate(database_url)
    async with engine_of(database_url) as engine:
        answered = await drift.entries(engine, 50, everything=False)
    code, out, _ = await command("drift", "--json", ROLLCALL_POSTGRES__URL=database_url)
    told = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(each["chat_id"], each["kind"], each["max_user_id"]) for each in told] == [
        (each.chat_id, each.kind, each.max_user_id) for each in answered
    ]
    assert told[0]["seen_at"] == answered[0].seen_at.isoformat(timespec="seconds")


async def test_whoever_is_in_the_chat_is_kept_once_and_released_once(database_url: str) -> None:
    await populate(database_url)
    chat, stranger = ChatId("class:9a"), MaxUserId(999)
    async with engine_of(database_url) as engine:
        assert await drift.keep(engine, chat, MaxUserId(4711), "petrova") is Keeping.NOT_THERE
        assert await drift.keep(engine, chat, stranger, "petrova") is Keeping.KEPT
        assert await drift.keep(engine, chat, stranger, "ivanova") is Keeping.ALREADY
        (kept,) = await drift.kept_accounts(engine, 50)
        assert await drift.release(engine, chat, stranger, "petrova")
        assert not await drift.release(engine, chat, stranger, "petrova")
        assert await drift.kept_accounts(engine, 50) == []
    assert (kept.chat_id, kept.max_user_id, kept.author, kept.present, kept.state) == (
        chat, stranger, "petrova", True, "kept",
    )  # fmt: skip
