"""What the messenger has in a chat, as far as we know.

``chat_sync.observed_at`` says whether the chat was ever read completely, or made by us; the
rows mean nothing without it. Every statement is one chat's.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.expected import Role
from domain.ids import ChatId, MaxUserId
from domain.lanes import Lane
from domain.plan import Seen
from domain.refusals import AddFailure
from projections.by_hand import kinds
from projections.queue import due

RETRY_REFUSED_SECONDS = 86_400
"""An account that the messenger refused is tried again once a day."""

FULL = AddFailure.FULL.value
"""How ``blocked_accounts`` calls one who found no room; tried as soon as somebody has left."""


async def glimpse(connection: AsyncConnection, chat_id: ChatId, seen: Seen) -> None:
    """These are in the chat; whoever else is known there may be in it still."""
    users = list(seen.members)
    await connection.execute(
        text("""INSERT INTO observed_members (chat_id, max_user_id, is_admin, seen_at, read_at)
                SELECT :chat, m.user_id, m.is_admin, clock_now(), clock_now()
                  FROM unnest(CAST(:users AS bigint[]), CAST(:admins AS boolean[]))
                       AS m (user_id, is_admin)
                ON CONFLICT (chat_id, max_user_id) DO UPDATE
                   SET is_admin = excluded.is_admin, seen_at = excluded.seen_at,
                       read_at = excluded.read_at"""),
        {
            "chat": chat_id,
            "users": users,
            "admins": [seen.members[user] is Role.ADMINISTRATOR for user in users],
        },
    )
    await _unblock(connection, chat_id, users)


async def replace(
    connection: AsyncConnection, chat_id: ChatId, seen: Seen, *, was_read: bool = True
) -> None:
    """These are the members now, and no others; by a read, or by an answer to a call."""
    users = list(seen.members)
    left = await connection.execute(
        text("""DELETE FROM observed_members
                 WHERE chat_id = :chat AND max_user_id <> ALL(CAST(:users AS bigint[]))
                RETURNING 1"""),
        {"chat": chat_id, "users": users},
    )
    if left.first() is not None:
        await _has_room(connection, chat_id)
    # Who stays is written in place: a chat is read each week, and its indexes need not know.
    await connection.execute(
        text("""INSERT INTO observed_members (chat_id, max_user_id, is_admin, seen_at, read_at)
                SELECT :chat, m.user_id, m.is_admin, clock_now(),
                       CASE WHEN CAST(:read AS boolean) THEN clock_now() END
                  FROM unnest(CAST(:users AS bigint[]), CAST(:admins AS boolean[]))
                       AS m (user_id, is_admin)
                ON CONFLICT (chat_id, max_user_id) DO UPDATE
                   SET is_admin = excluded.is_admin, seen_at = excluded.seen_at,
                       read_at = excluded.read_at"""),
        {
            "chat": chat_id,
            "users": users,
            "admins": [seen.members[user] is Role.ADMINISTRATOR for user in users],
            "read": was_read,
        },
    )
    await _unblock(connection, chat_id, users)


async def add(connection: AsyncConnection, chat_id: ChatId, users: Sequence[MaxUserId]) -> None:
    """These accounts are in the chat now, as members."""
    await connection.execute(
        text("""INSERT INTO observed_members (chat_id, max_user_id, is_admin, seen_at)
                SELECT :chat, user_id, false, clock_now()
                  FROM unnest(CAST(:users AS bigint[])) AS user_id
                ON CONFLICT (chat_id, max_user_id) DO NOTHING"""),
        {"chat": chat_id, "users": list(users)},
    )
    await _unblock(connection, chat_id, users)


async def remove(connection: AsyncConnection, chat_id: ChatId, user: MaxUserId) -> None:
    """This account is not in the chat any more."""
    await connection.execute(
        text("DELETE FROM observed_members WHERE chat_id = :chat AND max_user_id = :user"),
        {"chat": chat_id, "user": user},
    )
    await _has_room(connection, chat_id)


async def set_admin(
    connection: AsyncConnection, chat_id: ChatId, users: Sequence[MaxUserId], *, is_admin: bool
) -> None:
    """These members have, or have no longer, an administrator's rights."""
    await connection.execute(
        text("""UPDATE observed_members SET is_admin = :is_admin, seen_at = clock_now()
                 WHERE chat_id = :chat AND max_user_id = ANY(CAST(:users AS bigint[]))"""),
        {"chat": chat_id, "users": list(users), "is_admin": is_admin},
    )


async def rename(connection: AsyncConnection, chat_id: ChatId, asked: str, made: str) -> None:
    """The chat was given a title, and the messenger says what it has made of it."""
    await connection.execute(
        text("""UPDATE chat_sync SET observed_title = :made,
                       title_asked = CASE WHEN :made <> :asked THEN :asked END,
                       title_made = CASE WHEN :made <> :asked THEN :made END
                 WHERE chat_id = :chat"""),
        {"chat": chat_id, "asked": asked, "made": made},
    )


async def delete(connection: AsyncConnection, chat_id: ChatId) -> None:
    """The chat is gone; a later create is another chat."""
    for table in ("observed_members", "blocked_accounts", "setbacks"):
        await connection.execute(
            text(f"DELETE FROM {table} WHERE chat_id = :chat"),  # noqa: S608 - constants
            {"chat": chat_id},
        )
    await connection.execute(
        text("""UPDATE chat_sync SET max_chat_id = NULL, link = NULL, observed_at = NULL,
                       known_at = NULL, observed_title = NULL, reread_at = NULL,
                       title_asked = NULL, title_made = NULL, glimpsed_since = NULL,
                       gone_at = NULL, creation = creation + 1
                 WHERE chat_id = :chat"""),
        {"chat": chat_id},
    )
    await kinds.look_again(connection, chat_id)


async def forget(connection: AsyncConnection, chat_ids: Sequence[ChatId]) -> None:
    """What the messenger has in these chats is not known: read before any change."""
    await connection.execute(
        text("UPDATE chat_sync SET observed_at = NULL WHERE chat_id = ANY(:chats)"),
        {"chats": list(chat_ids)},
    )


async def block(
    connection: AsyncConnection,
    chat_id: ChatId,
    failed: Mapping[MaxUserId, str],
    said: str | None = None,
) -> None:
    """The messenger would not add these accounts; each is tried again in a day."""
    if not failed:
        return
    await connection.execute(
        text("""INSERT INTO blocked_accounts
                       (chat_id, max_user_id, reason, said, since, retry_at)
                SELECT :chat, b.user_id, b.reason, CAST(:said AS text), clock_now(),
                       clock_now() + make_interval(secs => :seconds)
                  FROM unnest(CAST(:users AS bigint[]), CAST(:reasons AS text[]))
                       AS b (user_id, reason)
                ON CONFLICT (chat_id, max_user_id)
                DO UPDATE SET reason = excluded.reason, said = excluded.said,
                              retry_at = excluded.retry_at, tried_at = clock_now()"""),
        {
            "chat": chat_id,
            "users": list(failed),
            "reasons": list(failed.values()),
            "said": said,
            "seconds": RETRY_REFUSED_SECONDS,
        },
    )


async def _has_room(connection: AsyncConnection, chat_id: ChatId) -> None:
    """Somebody has left: who found no room is tried now."""
    found = await connection.execute(
        text("""UPDATE blocked_accounts SET retry_at = clock_now()
                 WHERE chat_id = :chat AND reason = :full AND retry_at > clock_now()
                RETURNING 1"""),
        {"chat": chat_id, "full": FULL},
    )
    if found.first() is not None:
        await due.mark_due(connection, [chat_id], Lane.LIVE)


async def _unblock(
    connection: AsyncConnection, chat_id: ChatId, users: Sequence[MaxUserId]
) -> None:
    await connection.execute(
        text("""DELETE FROM blocked_accounts
                 WHERE chat_id = :chat AND max_user_id = ANY(CAST(:users AS bigint[]))"""),
        {"chat": chat_id, "users": list(users)},
    )
