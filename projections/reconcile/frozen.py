"""Who leaves a frozen chat: events.md, «Closing».

Nobody enters a frozen chat by itself. Of those in it who are not expected, some still leave:
who unlinked, was removed, was excluded by hand, or is a guardian whose guardianship ended.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId, MaxUserId

# An account stays while one of the people linked to it may stay.
_LEAVERS = text("""
    SELECT account FROM unnest(CAST(:accounts AS bigint[])) AS account
     WHERE NOT EXISTS (
           SELECT FROM fact_profiles p
             LEFT JOIN fact_people f USING (person_id)
            WHERE p.max_user_id = account
              AND NOT coalesce(f.removed, false)
              AND NOT EXISTS (
                  SELECT FROM (
                      SELECT choice FROM decisions d
                       WHERE d.chat_id = :chat AND d.person_id = p.person_id
                         AND d.subject = 'membership'
                       ORDER BY d.at DESC, d.decision_id DESC LIMIT 1) latest
                   WHERE latest.choice = 'excluded')
              AND NOT EXISTS (
                  SELECT FROM chats c
                    JOIN fact_orders o ON o.class_id = c.class_id AND o.school_id = c.school_id
                    JOIN fact_guardianships g ON g.pupil_id = o.pupil_id
                   WHERE c.chat_id = :chat AND c.kind = 'parents'
                     AND g.guardian_id = p.person_id AND g.ended))""")


async def leavers(
    connection: AsyncConnection, chat_id: ChatId, accounts: Sequence[MaxUserId]
) -> frozenset[MaxUserId]:
    """Which of these accounts, present and not expected, have to leave a frozen chat."""
    if not accounts:
        return frozenset()
    found = await connection.execute(_LEAVERS, {"chat": chat_id, "accounts": list(accounts)})
    return frozenset(MaxUserId(row.account) for row in found)
