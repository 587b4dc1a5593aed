"""Who is tolerated in a chat, who is waited with, and until when: what the plan is told.

The dates are handed on with the work, so a chat is looked at again when the first of them
comes, and not in between.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.drift import Leniency, Policy, lenient
from domain.expected import Role
from domain.ids import ChatId, MaxUserId
from domain.plan import Frozen, Seen, Wanted
from projections.reconcile import adding

_STANDING = text("""
    SELECT (SELECT json_agg(k.max_user_id) FROM kept_accounts k WHERE k.chat_id = :chat) AS kept,
           json_agg(d.max_user_id) FILTER (
               WHERE d.kind = 'added_by_administrator' AND d.due_at > clock_now()) AS proposed,
           json_agg(d.max_user_id) FILTER (
               WHERE d.kind IN ('left', 'removed_by_administrator') AND NOT d.insists
                 AND coalesce(d.due_at > clock_now(), true)
                 AND reasons_of(d.chat_id, d.max_user_id) <@ d.reasons) AS waiting,
           (SELECT min(date) FROM (
                SELECT min(d.due_at) FILTER (WHERE d.due_at > clock_now()) AS date
                 UNION ALL
                SELECT min(b.retry_at) FROM blocked_accounts b
                 WHERE b.chat_id = :chat AND b.retry_at > clock_now()) dates) AS next_at,
           (SELECT json_agg(account) FROM unnest(CAST(:surplus AS bigint[])) AS account
             WHERE NOT was_ours(:chat, account)) AS strangers
      FROM drift d WHERE d.chat_id = :chat AND d.resolution IS NULL""")


@dataclass(frozen=True, slots=True)
class Planned:
    """What to plan for, and when that changes by itself."""

    target: Wanted | Frozen
    next_at: datetime | None


async def planned(
    connection: AsyncConnection,
    chat_id: ChatId,
    policy: Policy,
    target: Wanted | Frozen,
    seen: Seen,
) -> Planned:
    """The target for a chat that exists, as far as the policy and what people did go."""
    wanted = target.members if isinstance(target, Wanted) else {}
    surplus = _surplus(target, wanted, seen) if policy is Policy.ADDITIVE else []
    found = await connection.execute(_STANDING, {"chat": chat_id, "surplus": sorted(surplus)})
    row = found.one()
    kept = _accounts(row.kept) | _accounts(row.proposed)
    strangers = _accounts(row.strangers)
    if isinstance(target, Frozen):
        leavers = target.leavers - kept - strangers
        observing = policy is Policy.OBSERVE
        return Planned(Frozen(frozenset() if observing else leavers), row.next_at)
    absent = wanted.keys() - seen.members.keys()
    leniency = Leniency(
        kept=kept,
        waiting=_accounts(row.waiting),
        strangers=strangers,
        adding=not absent or await adding.is_possible(connection),
    )
    title = seen.title if policy is Policy.OBSERVE else target.title
    return Planned(Wanted(lenient(wanted, seen.members, policy, leniency), title), row.next_at)


def _surplus(
    target: Wanted | Frozen, wanted: Mapping[MaxUserId, Role], seen: Seen
) -> Iterable[MaxUserId]:
    if isinstance(target, Frozen):
        return target.leavers
    return seen.members.keys() - wanted.keys()


def _accounts(rows: list[Any] | None) -> frozenset[MaxUserId]:
    return frozenset(MaxUserId(user) for user in rows or ())
