"""Loading one chat's work: what is wanted and what is known, in one snapshot.

Accounts that the messenger refused are left out of the target until their next try is due,
so one refused person never keeps the others waiting.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.chats import ChatKind
from domain.drift import DriftRules
from domain.expected import ExpectedMember, Role, deliverable
from domain.ids import ChatId, ClassId, GroupId, MaxChatId, MaxUserId, PersonId, SchoolId
from domain.plan import Deleted, Doubtful, Frozen, NotCreated, Seen, Unknown, Wanted
from domain.refusals import Setback, Wish, allowed
from domain.work import Lease, LeaseLost, Work
from projections.reconcile import lenience

_LOAD = text("""
    SELECT clock_now() AS loaded_at,
           c.chat_id, c.kind, c.school_id, c.class_id, c.group_id, c.title, c.frozen, c.deleted,
           s.max_chat_id, s.creation, s.observed_title, s.due_generation, s.attempts,
           s.observed_at IS NOT NULL AND coalesce(s.reread_at > clock_now(), true)
               AND (s.glimpsed_since IS NULL OR s.glimpsed_by = s.lease_token) AS known,
           s.glimpsed_since IS NULL AS whole, title_fits(s, c.title) AS title_fits,
           (SELECT max_user_id FROM own_account) AS bot,
           (SELECT json_agg(json_build_array(b.wish, nullif(b.max_user_id, 0), b.strikes,
                                             CASE WHEN b.retry_at > clock_now()
                                                  THEN b.retry_at END))
              FROM setbacks b WHERE b.chat_id = c.chat_id) AS setbacks,
           EXISTS (SELECT FROM intents i WHERE i.chat_id = c.chat_id AND i.settled_at IS NULL)
               AS unsettled,
           (SELECT json_agg(json_build_array(m.person_id, m.role, m.by_hand, p.max_user_id))
              FROM expected_members m JOIN fact_profiles p USING (person_id)
             WHERE m.chat_id = c.chat_id AND p.max_user_id IS NOT NULL) AS expected,
           (SELECT json_agg(json_build_array(o.max_user_id, o.is_admin))
              FROM observed_members o WHERE o.chat_id = c.chat_id) AS observed,
           (SELECT json_agg(b.max_user_id) FROM blocked_accounts b
             WHERE b.chat_id = c.chat_id AND b.retry_at > clock_now()
               AND NOT EXISTS (SELECT FROM expected_members m JOIN fact_profiles p USING (person_id)
                                WHERE m.chat_id = b.chat_id AND p.max_user_id = b.max_user_id
                                  AND greatest(m.known_since, p.known_since) > b.tried_at))
               AS blocked
      FROM chats c JOIN chat_sync s USING (chat_id)
     WHERE c.chat_id = :chat AND s.lease_token = :token""")


async def load(
    connection: AsyncConnection,
    lease: Lease,
    rules: DriftRules | None = None,
    without: AbstractSet[PersonId] = frozenset(),
) -> Work | LeaseLost:
    """The leased chat's work, or that the lease is not ours any more.

    ``without``: as if these people were not expected, for whoever only asks.
    """
    found = await connection.execute(_LOAD, {"chat": lease.chat_id, "token": lease.token})
    row = found.one_or_none()
    if row is None:
        return LeaseLost()
    deliver = _deliverable([each for each in _rows(row.expected) if each[0] not in without])
    blocked = {MaxUserId(user) for user in _rows(row.blocked)}
    wanted = {user: role for user, role in deliver.items() if user not in blocked}
    members = {
        MaxUserId(user): Role.ADMINISTRATOR if is_admin else Role.MEMBER
        for user, is_admin in _rows(row.observed)
    }
    chat_id = ChatId(row.chat_id)
    target: Wanted | Frozen | Deleted = Wanted(wanted, row.title)
    if row.deleted:
        target = Deleted()
    elif row.frozen:
        target = Frozen(deliver)
    seen_title = row.title if row.title_fits else row.observed_title or ""
    observed: NotCreated | Doubtful | Unknown | Seen = Seen(members, seen_title)
    if not row.known or row.unsettled:
        observed = Unknown()
    if row.max_chat_id is None:
        observed = Doubtful(row.title) if row.unsettled else NotCreated()
    if isinstance(observed, Seen) and not isinstance(target, Deleted):
        policy = (rules or DriftRules()).policy(ChatKind(row.kind))
        target = await lenience.planned(connection, chat_id, policy, target, observed)
    setbacks = tuple(_setback(each) for each in _rows(row.setbacks))
    seen = observed if isinstance(observed, Seen) else None
    return Work(
        chat_id=chat_id,
        school_id=SchoolId(row.school_id),
        kind=ChatKind(row.kind),
        class_id=None if row.class_id is None else ClassId(row.class_id),
        group_id=None if row.group_id is None else GroupId(row.group_id),
        title=row.title,
        external_id=external_id(chat_id, row.creation),
        max_chat_id=None if row.max_chat_id is None else MaxChatId(row.max_chat_id),
        target=allowed(target, seen, setbacks),
        observed=observed,
        generation=row.due_generation,
        attempts=row.attempts,
        loaded_at=row.loaded_at,
        bot=None if row.bot is None else MaxUserId(row.bot),
        whole=row.whole,
        setbacks=setbacks,
    )


def external_id(chat_id: ChatId, creation: int) -> str:
    """What the messenger knows the chat by: our id and a number that deletion raises."""
    return f"{chat_id}#{creation}"


def _deliverable(rows: list[tuple[str, str, bool, int]]) -> dict[MaxUserId, Role]:
    expected = [
        ExpectedMember(PersonId(person), Role(role), (), by_hand)
        for person, role, by_hand, _ in rows
    ]
    profiles = {PersonId(person): MaxUserId(user) for person, _, _, user in rows}
    return deliverable(expected, profiles)


def _setback(row: tuple[str, int | None, int, str | None]) -> Setback:
    wish, user, strikes, retry_at = row
    return Setback(
        Wish(wish),
        None if user is None else MaxUserId(user),
        strikes,
        None if retry_at is None else datetime.fromisoformat(retry_at),
    )


def _rows(column: list[Any] | None) -> list[Any]:
    """The rows of a ``json_agg``, which is null where there are none."""
    return column or []
