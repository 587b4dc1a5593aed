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
from projections.reconcile import queue

RETRY_REFUSED_SECONDS = 86_400
"""An account that the messenger refused is tried again once a day."""

FULL = "chat.full"
"""How ``blocked_accounts`` calls one who found no room; tried as soon as somebody has left."""


async def replace(connection: AsyncConnection, chat_id: ChatId, seen: Seen) -> None:
    """These are the members now, and no others."""
    before = await connection.execute(
        text("DELETE FROM observed_members WHERE chat_id = :chat RETURNING max_user_id"),
        {"chat": chat_id},
    )
    if {row.max_user_id for row in before} - seen.members.keys():
        await _has_room(connection, chat_id)
    users = list(seen.members)
    await connection.execute(
        text("""INSERT INTO observed_members (chat_id, max_user_id, is_admin, seen_at)
                SELECT :chat, m.user_id, m.is_admin, clock_now()
                  FROM unnest(CAST(:users AS bigint[]), CAST(:admins AS boolean[]))
                       AS m (user_id, is_admin)"""),
        {
            "chat": chat_id,
            "users": users,
            "admins": [seen.members[user] is Role.ADMINISTRATOR for user in users],
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


async def rename(connection: AsyncConnection, chat_id: ChatId, title: str) -> None:
    """The chat has this title now."""
    await connection.execute(
        text("UPDATE chat_sync SET observed_title = :title WHERE chat_id = :chat"),
        {"chat": chat_id, "title": title},
    )


async def delete(connection: AsyncConnection, chat_id: ChatId) -> None:
    """The chat is gone; a later create is another chat."""
    for table in ("observed_members", "blocked_accounts"):
        await connection.execute(
            text(f"DELETE FROM {table} WHERE chat_id = :chat"),  # noqa: S608 - two constants
            {"chat": chat_id},
        )
    await connection.execute(
        text("""UPDATE chat_sync SET max_chat_id = NULL, link = NULL, observed_at = NULL,
                       known_at = NULL, observed_title = NULL, reread_at = NULL,
                       gone_at = NULL, creation = creation + 1
                 WHERE chat_id = :chat"""),
        {"chat": chat_id},
    )


async def forget(connection: AsyncConnection, chat_ids: Sequence[ChatId]) -> None:
    """What the messenger has in these chats is not known: read before any change."""
    await connection.execute(
        text("UPDATE chat_sync SET observed_at = NULL WHERE chat_id = ANY(:chats)"),
        {"chats": list(chat_ids)},
    )


async def block(
    connection: AsyncConnection, chat_id: ChatId, failed: Mapping[MaxUserId, str]
) -> None:
    """The messenger would not add these accounts; each is tried again in a day."""
    if not failed:
        return
    await connection.execute(
        text("""INSERT INTO blocked_accounts (chat_id, max_user_id, reason, since, retry_at)
                SELECT :chat, b.user_id, b.reason, clock_now(),
                       clock_now() + make_interval(secs => :seconds)
                  FROM unnest(CAST(:users AS bigint[]), CAST(:reasons AS text[]))
                       AS b (user_id, reason)
                ON CONFLICT (chat_id, max_user_id)
                DO UPDATE SET reason = excluded.reason, retry_at = excluded.retry_at,
                              tried_at = clock_now()"""),
        {
            "chat": chat_id,
            "users": list(failed),
            "reasons": list(failed.values()),
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
        await queue.mark_due(connection, [chat_id], Lane.LIVE)


async def _unblock(
    connection: AsyncConnection, chat_id: ChatId, users: Sequence[MaxUserId]
) -> None:
    await connection.execute(
        text("""DELETE FROM blocked_accounts
                 WHERE chat_id = :chat AND max_user_id = ANY(CAST(:users AS bigint[]))"""),
        {"chat": chat_id, "users": list(users)},
    )
