"""Who leaves a frozen chat: what ``domain.frozen`` needs to know of its bystanders."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain import frozen
from domain.frozen import Bystander
from domain.ids import ChatId, MaxUserId

_BYSTANDERS = text("""
    SELECT p.max_user_id, coalesce(f.removed, false) AS removed,
           coalesce((SELECT d.choice = 'excluded' FROM decisions d
                      WHERE d.chat_id = :chat AND d.person_id = p.person_id
                        AND d.subject = 'membership'
                      ORDER BY d.at DESC, d.decision_id COLLATE "C" DESC LIMIT 1), false)
               AS excluded,
           EXISTS (SELECT FROM chats c
                     JOIN fact_orders o ON o.class_id = c.class_id AND o.school_id = c.school_id
                     JOIN fact_guardianships g ON g.pupil_id = o.pupil_id
                    WHERE c.chat_id = :chat AND c.kind = 'parents'
                      AND g.guardian_id = p.person_id AND g.ended) AS former_guardian
      FROM fact_profiles p LEFT JOIN fact_people f USING (person_id)
     WHERE p.max_user_id = ANY(CAST(:accounts AS bigint[]))""")


async def leavers(
    connection: AsyncConnection, chat_id: ChatId, accounts: Sequence[MaxUserId]
) -> frozenset[MaxUserId]:
    """Which of these accounts, present and not expected, have to leave a frozen chat."""
    if not accounts:
        return frozenset()
    people: defaultdict[MaxUserId, list[Bystander]] = defaultdict(list)
    for row in await connection.execute(_BYSTANDERS, {"chat": chat_id, "accounts": list(accounts)}):
        bystander = Bystander(row.removed, row.excluded, row.former_guardian)
        people[MaxUserId(row.max_user_id)].append(bystander)
    return frozen.leavers({account: people[account] for account in accounts})
