"""Chats whose membership became unknown by a restore, until a person need not look any more.

A restored database does not know what happened in the messenger since its copy, so who is in a
chat and never was ours there may be a stranger, or somebody whom the lost days made ours. The
rule: while a chat is marked,

* every account in it that nobody linked to was ever expected there, and that we never added,
  counts as a stranger, whether or not it was seen to arrive;
* every such account waits for a person, while the rest of the plan goes on; what was approved
  before the restore does not speak for strangers.

A restore marks every chat, and once what the topics hold is read again, the chats that the
reading brought; a second restore marks them anew. The mark of a chat ends

* with a complete read that shows no stranger, not counting whom a person keeps;
* when a pass has made the chat as it should be: after an approved plan, or where the strangers
  stay by policy. Whose proposal to stay is open is to leave later, so then the mark remains.

A rejection does not end it: who may not be removed by one plan is not removed by the next.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId
from projections.database import Driver

_AFTER_READ = text("""
    UPDATE chat_sync s SET restored_at = NULL
     WHERE s.chat_id = :chat AND s.restored_at IS NOT NULL
       AND NOT EXISTS (
           SELECT FROM observed_members o
            WHERE o.chat_id = s.chat_id
              AND NOT EXISTS (SELECT FROM expected_members m JOIN fact_profiles p USING (person_id)
                               WHERE m.chat_id = o.chat_id AND p.max_user_id = o.max_user_id)
              AND NOT EXISTS (SELECT FROM kept_accounts k
                               WHERE k.chat_id = o.chat_id AND k.max_user_id = o.max_user_id)
              AND NOT was_ours(o.chat_id, o.max_user_id))""")

_WHEN_DONE = text("""
    UPDATE chat_sync s SET restored_at = NULL
     WHERE s.chat_id = :chat AND s.restored_at IS NOT NULL AND s.observed_at IS NOT NULL
       AND NOT EXISTS (
           SELECT FROM drift d
            WHERE d.chat_id = s.chat_id AND d.kind = 'added_by_administrator'
              AND d.resolution IS NULL)""")


async def mark_all(connection: AsyncConnection) -> None:
    """The database was restored just now: what every chat holds is unknown."""
    await connection.execute(
        text("""UPDATE chat_sync SET observed_at = NULL, known_at = NULL,
                       restored_at = clock_now()""")
    )


async def mark_new(store: Driver) -> None:
    """Everything is read again: chats that came by it may hold people since before."""
    await store.execute(
        """UPDATE chat_sync SET restored_at = clock_now()
            WHERE restored_at IS NULL AND max_chat_id IS NULL"""
    )


async def is_marked(connection: AsyncConnection, chat_id: ChatId) -> bool:
    """Whether strangers in the chat wait for a person, however few."""
    found = await connection.execute(
        text("SELECT restored_at IS NOT NULL FROM chat_sync WHERE chat_id = :chat"),
        {"chat": chat_id},
    )
    return bool(found.scalar_one())


async def after_read(connection: AsyncConnection, chat_id: ChatId) -> None:
    """``observed_members`` is a complete read."""
    await connection.execute(_AFTER_READ, {"chat": chat_id})


async def when_done(connection: AsyncConnection, chat_id: ChatId) -> None:
    """A pass has ended with the chat as it should be."""
    await connection.execute(_WHEN_DONE, {"chat": chat_id})
