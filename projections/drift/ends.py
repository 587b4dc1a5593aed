"""How drift ends: each open row says so once the chat shows it.

Nothing here decides what is done; it only writes down what has become of it.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.drift import DriftRules, Policy
from domain.ids import ChatId
from domain.work import ChatWait, Outcome, Waiting, Work

# A row whose CASE gives null stays open.
_RESOLVE = text("""
    UPDATE drift d SET resolution = r.resolution, resolved_at = clock_now()
      FROM (SELECT d.entry, CASE
              WHEN d.kind IN ('added', 'added_by_administrator') THEN CASE
                   WHEN NOT f.present THEN 'gone'
                   WHEN f.expected THEN 'expected'
                   WHEN is_barred(d.chat_id, d.max_user_id) THEN NULL
                   WHEN k.max_user_id IS NOT NULL THEN 'kept'
                   WHEN :policy = 'additive' AND NOT was_ours(d.chat_id, d.max_user_id)
                        THEN 'tolerated'
                   END
              WHEN d.kind IN ('left', 'removed_by_administrator') THEN CASE
                   WHEN f.present AND EXISTS (
                        SELECT FROM intents i
                         WHERE i.chat_id = d.chat_id AND i.committed_at >= d.seen_at
                           AND i.action = 'add'
                           AND i.body->'user_ids' @> to_jsonb(d.max_user_id)) THEN 'put_back'
                   WHEN f.present THEN 'returned'
                   WHEN NOT f.expected THEN 'not_expected'
                   END
              WHEN d.kind IN ('promoted', 'demoted') THEN CASE
                   WHEN NOT f.present THEN 'gone'
                   WHEN f.is_admin IS DISTINCT FROM (d.kind = 'promoted') THEN 'set_right'
                   WHEN f.is_chief = f.is_admin THEN 'expected'
                   END
              WHEN d.kind = 'title_changed' AND title_fits(s, c.title) THEN 'set_right'
              END AS resolution
              FROM drift d
              JOIN chats c USING (chat_id)
              JOIN chat_sync s USING (chat_id)
              LEFT JOIN kept_accounts k USING (chat_id, max_user_id)
             CROSS JOIN LATERAL (
                   SELECT o.max_user_id IS NOT NULL AS present, o.is_admin,
                          e.is_chief IS NOT NULL AS expected,
                          coalesce(e.is_chief, false) AS is_chief
                     FROM (SELECT bool_or(m.role = 'administrator') AS is_chief
                             FROM expected_members m JOIN fact_profiles p USING (person_id)
                            WHERE m.chat_id = d.chat_id AND p.max_user_id = d.max_user_id) e
                     LEFT JOIN observed_members o
                            ON o.chat_id = d.chat_id AND o.max_user_id = d.max_user_id) f
             WHERE d.chat_id = :chat AND d.resolution IS NULL AND s.known_at IS NOT NULL
               AND d.kind <> 'bot_lost') r
     WHERE d.entry = r.entry AND r.resolution IS NOT NULL""")

_RECORDED = text("""
    UPDATE drift SET resolution = 'recorded', resolved_at = clock_now()
     WHERE chat_id = :chat AND resolution IS NULL AND kind <> 'bot_lost'""")

# Nobody waits for somebody who is not expected any more.
_NOT_EXPECTED = text("""
    DELETE FROM blocked_accounts b
     WHERE b.chat_id = :chat AND NOT EXISTS (
           SELECT FROM expected_members m JOIN fact_profiles p USING (person_id)
            WHERE m.chat_id = b.chat_id AND p.max_user_id = b.max_user_id)""")

_BOT_LOST = text("""
    INSERT INTO drift (chat_id, kind, seen_at) VALUES (:chat, 'bot_lost', clock_now())
    ON CONFLICT DO NOTHING""")

_BOT_BACK = text("""
    UPDATE drift SET resolution = 'bot_back', resolved_at = clock_now()
     WHERE chat_id = :chat AND resolution IS NULL AND kind = 'bot_lost'""")


async def resolve(connection: AsyncConnection, chat_id: ChatId, policy: Policy) -> None:
    """Close the rows of a chat that what is known of it answers."""
    await connection.execute(_RESOLVE, {"chat": chat_id, "policy": policy.value})


async def on_finish(
    connection: AsyncConnection, work: Work, outcome: Outcome, rules: DriftRules
) -> None:
    """A pass has ended: what it set right is closed; a bot without its rights is noted."""
    chat_id = work.chat_id
    if isinstance(outcome, Waiting) and outcome.reason is ChatWait.PARKED:
        await connection.execute(_BOT_LOST, {"chat": chat_id})
        return
    if isinstance(outcome, Waiting) and outcome.reason is ChatWait.GONE:
        return
    await connection.execute(_BOT_BACK, {"chat": chat_id})
    await connection.execute(_NOT_EXPECTED, {"chat": chat_id})
    policy = rules.policy(work.kind)
    if policy is Policy.OBSERVE:
        await connection.execute(_RECORDED, {"chat": chat_id})
        return
    await resolve(connection, chat_id, policy)
