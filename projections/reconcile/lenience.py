"""Who is tolerated in a chat, and who is waited with: what the plan is told.

Until when, is in ``dates``.
"""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.drift import Policy
from domain.ids import ChatId, MaxUserId
from domain.leniency import Leniency, lenient
from domain.plan import Frozen, Seen, Wanted
from projections.reconcile import adding

# Whoever was expected since, however shortly, is judged by the register alone again.
_STANDING = text("""
    SELECT (SELECT json_agg(k.max_user_id) FROM kept_accounts k
             WHERE k.chat_id = :chat AND NOT expected_since(:chat, k.max_user_id, k.at)) AS kept,
           json_agg(d.max_user_id) FILTER (
               WHERE d.kind = 'added_by_administrator' AND d.due_at > clock_now()
                 AND NOT expected_since(:chat, d.max_user_id, d.seen_at)) AS proposed,
           json_agg(d.max_user_id) FILTER (
               WHERE d.kind IN ('left', 'removed_by_administrator') AND NOT d.insists
                 AND coalesce(d.due_at > clock_now(), true)
                 AND reasons_of(d.chat_id, d.max_user_id) <@ d.reasons) AS waiting,
           (SELECT json_agg(account) FROM unnest(CAST(:strange AS bigint[])) AS account
             WHERE NOT was_ours(:chat, account)) AS strangers,
           (SELECT json_agg(account) FROM unnest(CAST(:surplus AS bigint[])) AS account
             WHERE is_barred(:chat, account)) AS barred
      FROM drift d WHERE d.chat_id = :chat AND d.resolution IS NULL""")


async def planned(
    connection: AsyncConnection,
    chat_id: ChatId,
    policy: Policy,
    target: Wanted | Frozen,
    seen: Seen,
) -> Wanted | Frozen:
    """The target for a chat that exists, as far as the policy and what people did go."""
    surplus = sorted(seen.members.keys() - target.members.keys())
    strange = surplus if policy is Policy.ADDITIVE else []
    found = await connection.execute(
        _STANDING, {"chat": chat_id, "surplus": surplus, "strange": strange}
    )
    row = found.one()
    absent = target.members.keys() - seen.members.keys()
    leniency = Leniency(
        kept=_accounts(row.kept) | _accounts(row.proposed),
        waiting=_accounts(row.waiting),
        strangers=_accounts(row.strangers),
        barred=_accounts(row.barred),
        adding=isinstance(target, Frozen) or not absent or await adding.is_possible(connection),
    )
    members = lenient(target.members, seen.members, policy, leniency)
    if isinstance(target, Frozen):
        return Frozen(members)
    title = seen.title if policy is Policy.OBSERVE else target.title
    return Wanted(members, title)


def _accounts(rows: list[Any] | None) -> frozenset[MaxUserId]:
    return frozenset(MaxUserId(user) for user in rows or ())
