"""Chats that the messenger may have although this database knows nothing of it.

A restored database lacks the chats that were made after its copy. Those that have somebody to
hold are found when they are created again, by their ``external_id``; a chat that by now should
hold nobody would stay as it was, with people in it. So it gets an intent to create it, without
an outcome, as if its holder had died in the call, and the create is repeated.
"""

from domain.ids import ChatId
from domain.lanes import Lane
from projections.database import Driver
from projections.gate import restores
from projections.queue import due

NOBODY = 0
"""The lease token of such an intent: older than any holder's."""

# Only where somebody with a profile was ever expected: no other chat can have been made. A
# chat that was closed at the time of the copy cannot either.
_RAISE = """
    INSERT INTO intents (chat_id, lease_token, action, body, committed_at)
    SELECT s.chat_id, :nobody, 'create', '{"title": "", "members": [], "administrators": []}',
           clock_now()
      FROM chat_sync s JOIN chats c USING (chat_id)
     WHERE s.max_chat_id IS NULL AND NOT c.frozen
       AND EXISTS (SELECT FROM membership_history h JOIN fact_profiles p USING (person_id)
                    WHERE h.chat_id = s.chat_id)
       AND NOT EXISTS (SELECT FROM intents i
                        WHERE i.chat_id = s.chat_id AND i.settled_at IS NULL)
    RETURNING chat_id"""


async def look_for_forgotten(store: Driver) -> None:
    """Have every chat looked for that may have been made and is not known."""
    await restores.mark_new(store)
    doubted = await store.fetch(_RAISE, nobody=NOBODY)
    await due.mark_due_in_lanes(store, {ChatId(row["chat_id"]): Lane.RESYNC for row in doubted})
