"""Why a plan takes a place or rights from an account, by facts: the guard counts by that.

Guarantees: a taking counts unless facts say otherwise. Counted by people is an account that its
person gave up (unlinked, or changed for another) and that nobody holds now who lost a place, or
the rights, in this chat. Judged apart is a stranger: never ours in this chat, and seen to arrive
between two complete reads, or present while the chat's membership is unknown by a restore
(``projections.gate.restores``); and rights that we never gave. What was there when a chat was first
read is not proven and counts.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import Demote, Remove
from domain.guard import is_stranger
from domain.ids import ChatId, MaxUserId
from domain.takings import Taking, TakingCause, TakingKind, kind_of

# ``held_there``: somebody linked now had, in our history, what is taken from the account.
_FACTS = text("""
    SELECT account, taken, linked, given_up, kept_place, changed, gave_rights,
           taking_reason(:chat, account, taken) AS reason,
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
                WHERE p.max_user_id = account AND h.chat_id = :chat
                  AND (taken = 'remove' OR h.role = 'administrator')) AS held_there
      FROM unnest(CAST(:accounts AS bigint[]), CAST(:kinds AS text[])) AS asked (account, taken),
           LATERAL (
               SELECT EXISTS (SELECT FROM fact_profiles p WHERE p.max_user_id = account) AS linked
           ) now_linked,
           LATERAL (
               SELECT count(*) > 0 AS given_up,
                      coalesce(bool_or(p.max_user_id IS NOT NULL), false) AS changed,
                      coalesce(bool_or(EXISTS (
                          SELECT FROM expected_members m
                           WHERE m.chat_id = :chat AND m.person_id = p.person_id)), false)
                          AS kept_place,
                      coalesce(bool_or(EXISTS (
                          SELECT FROM membership_history m
                           WHERE m.chat_id = :chat AND m.person_id = p.person_id
                             AND m.role = 'administrator')), false) AS gave_rights
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


async def takings_of(
    connection: AsyncConnection,
    chat_id: ChatId,
    actions: Sequence[Remove | Demote],
    *,
    restored: bool,
) -> tuple[Taking, ...]:
    """What each of the calls takes, in the order given; ``restored`` as in ``is_stranger``."""
    found = await connection.execute(
        _FACTS,
        {
            "chat": chat_id,
            "accounts": [action.user_id for action in actions],
            "kinds": [kind_of(action).value for action in actions],
        },
    )
    takings = {}
    for row in found:
        account, kind = MaxUserId(row.account), TakingKind(row.taken)
        gave_up = _gave_up(changed=row.changed)
        if kind is TakingKind.DEMOTE:
            given = gave_up if row.gave_rights else TakingCause.RIGHTS_NOT_OURS
            cause = TakingCause.RIGHTS_LOST if row.held_there else given
        elif is_stranger(
            ever_expected=row.ours,
            history_complete=True,
            seen_to_arrive=row.seen_to_arrive,
            restored=restored,
        ):
            cause = TakingCause.STRANGER
        elif row.given_up and not row.held_there and (row.kept_place or not row.linked):
            cause = gave_up
        else:
            cause = TakingCause.NOT_EXPECTED
        takings[account] = Taking(account, kind, cause, row.reason)
    return tuple(takings[action.user_id] for action in actions)


async def people_of(
    connection: AsyncConnection, chat_id: ChatId, takings: Sequence[Taking]
) -> list[dict[str, object]]:
    """Whom it is taken from, for people to look at: ids and reasons, never names.

    One row for each person behind an account: max_user_id, person_id (null where nobody is
    known), cause, and the reasons that the person last had in this chat.
    """
    causes = {taking.account: taking.cause for taking in takings}
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


def _gave_up(*, changed: bool) -> TakingCause:
    return TakingCause.ACCOUNT_CHANGED if changed else TakingCause.UNLINKED
