"""Events about chats have ids that come once: a consumer may drop what it has seen."""

from projections import outbox
from projections.database import driver, transaction
from projections.outbox import Outgoing
from tests.reconcile.bench import Bench

CLASS = {1: "administrator", 10: "member"}


async def _waiting(school: Bench) -> list[Outgoing]:
    """What a publisher takes, and dies before it says that Kafka has it."""
    async with transaction(school.engine) as connection:
        return await outbox.take(connection, 100)


async def _ids(school: Bench) -> list[object]:
    async with transaction(school.engine) as connection:
        store = await driver(connection)
        rows = await store.fetch("SELECT value->>'id' AS id, event_id FROM outbox ORDER BY entry")
    assert all(row["id"] == row["event_id"] for row in rows)
    return [row["id"] for row in rows]


async def _to_the_empty_copy(school: Bench) -> None:
    """A copy from before anything was done: leases and intents are counted anew."""
    await school.sql("TRUNCATE outbox, intents RESTART IDENTITY CASCADE")
    await school.sql("DELETE FROM observed_members")
    await school.sql("DELETE FROM chat_sync")
    await school.sql("INSERT INTO chat_sync (chat_id) SELECT chat_id FROM chats")


async def test_a_restored_database_gives_no_id_again(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    before = await _ids(school)
    await _to_the_empty_copy(school)
    await school.expect(chat, CLASS)
    await school.settle()
    after = await _ids(school)
    assert len(before) == len(after) == 2
    assert set(before).isdisjoint(after)


async def test_what_is_published_again_keeps_its_id(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    first = await _waiting(school)
    assert len(first) == 2
    assert await _waiting(school) == first
