"""Why a plan removes an account, by facts: the guard counts some removals and not others.

Guarantees: a removal counts unless facts say otherwise. Uncounted is an account that its
person gave up (unlinked, or changed for another) and that nobody holds now who lost a place
in this chat. Counted apart is a stranger: never ours in this chat, and seen to arrive between
two complete reads, or present while the chat's membership is unknown by a restore
(``projections.restores``). What was there when a chat was first read is not proven and counts.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.guard import RemovalCause, is_stranger
from domain.ids import ChatId, MaxUserId

_FACTS = text("""
    SELECT account, linked, given_up, kept_place,
           changed,
           was_ours(:chat, account) AS ours,
           EXISTS (
               SELECT FROM drift d JOIN chat_sync s USING (chat_id)
                WHERE d.chat_id = :chat AND d.max_user_id = account AND s.known_at IS NOT NULL
                  AND d.kind IN ('added', 'added_by_administrator')
                  AND coalesce(d.resolution IN ('kept', 'tolerated', 'recorded'), true))
               AS seen_to_arrive,
           linked AND EXISTS (
               SELECT FROM fact_profiles p
                 JOIN membership_history h USING (person_id)
                WHERE p.max_user_id = account AND h.chat_id = :chat) AS lost_place
      FROM unnest(CAST(:accounts AS bigint[])) AS account,
           LATERAL (
               SELECT EXISTS (SELECT FROM fact_profiles p WHERE p.max_user_id = account) AS linked
           ) now_linked,
           LATERAL (
               SELECT count(*) > 0 AS given_up,
                      coalesce(bool_or(p.max_user_id IS NOT NULL), false) AS changed,
                      coalesce(bool_or(EXISTS (
                          SELECT FROM expected_members m
                           WHERE m.chat_id = :chat AND m.person_id = p.person_id)), false)
                          AS kept_place
                 FROM fact_history h JOIN fact_profiles p ON p.person_id = h.key
                WHERE h.kind = 'profiles' AND h.body->>'max_user_id' = CAST(account AS text)
                  AND p.max_user_id IS DISTINCT FROM account) former""")

_PEOPLE = text("""
    SELECT account, person_id, coalesce(latest.reasons, '[]'::jsonb) AS reasons
      FROM unnest(CAST(:accounts AS bigint[])) WITH ORDINALITY AS listed (account, place)
      LEFT JOIN LATERAL (
           SELECT p.person_id FROM fact_profiles p WHERE p.max_user_id = account
            UNION
           SELECT h.key FROM fact_history h
            WHERE h.kind = 'profiles' AND h.body->>'max_user_id' = CAST(account AS text)) people
           ON true
      LEFT JOIN LATERAL (
           SELECT h.reasons FROM membership_history h
            WHERE h.chat_id = :chat AND h.person_id = people.person_id
            ORDER BY h.entry DESC LIMIT 1) latest ON true
     ORDER BY place, person_id""")


async def causes_of(
    connection: AsyncConnection,
    chat_id: ChatId,
    accounts: Sequence[MaxUserId],
    *,
    restored: bool,
) -> dict[MaxUserId, RemovalCause]:
    """The cause of each removal, in the order given; ``restored`` as in ``is_stranger``."""
    found = await connection.execute(_FACTS, {"chat": chat_id, "accounts": list(accounts)})
    causes = {
        MaxUserId(row.account): _cause(
            given_up=row.given_up and not row.lost_place and (row.kept_place or not row.linked),
            changed=row.changed,
            stranger=is_stranger(
                ever_expected=row.ours,
                history_complete=True,
                seen_to_arrive=row.seen_to_arrive,
                restored=restored,
            ),
        )
        for row in found
    }
    return {account: causes[account] for account in accounts}


async def people_of(
    connection: AsyncConnection, chat_id: ChatId, causes: dict[MaxUserId, RemovalCause]
) -> list[dict[str, object]]:
    """Who leaves, for people to look at: ids and reasons, never names.

    One row for each person behind an account: max_user_id, person_id (null where nobody is
    known), cause, and the reasons that the person last had in this chat.
    """
    found = await connection.execute(_PEOPLE, {"chat": chat_id, "accounts": list(causes)})
    return [
        {
            "max_user_id": row.account,
            "person_id": row.person_id,
            "cause": causes[MaxUserId(row.account)].value,
            "reasons": row.reasons,
        }
        for row in found
    ]


def _cause(*, given_up: bool, changed: bool, stranger: bool) -> RemovalCause:
    if stranger:
        return RemovalCause.STRANGER
    if not given_up:
        return RemovalCause.NOT_EXPECTED
    return RemovalCause.ACCOUNT_CHANGED if changed else RemovalCause.UNLINKED
