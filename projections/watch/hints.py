"""Hints from the messenger's updates: kept, and their chats marked to be read.

Guarantees: one update is one hint however often it comes; a chat that is not ours costs a
look-up and nothing else; a hint that a call of ours explains causes no read. Many hints about
one chat cause one read: the first waits a moment for the others, and a chat that was only
just read waits a little longer.
"""

from sqlalchemy import BigInteger, DateTime, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.hints import HintKind, Update
from domain.ids import ChatId
from domain.lanes import Lane
from projections.database import transaction
from projections.queue import due
from projections.reconcile import setbacks

GATHER_SECONDS = 0.5
"""How long the first hint about a chat waits for others."""

APART_SECONDS = 3.0
"""Reads of one chat for the sake of hints are at least so far apart."""

KEPT_DAYS = 30

# A call of ours explains an update where it is the latest of its family that touches this
# account, and did just that: a create brings its members in and gives the title, and nothing
# else. It does so about the time at which it was made, and until the chat has been read: what
# is told later, somebody else did, or a call had its effect after everybody had given up on it.
# Somebody who is in the chat and named as the one who did it, did it; and whom we could not
# add, we did not add.
_RECEIVE = text("""
    INSERT INTO webhook_hints (chat_id, kind, max_user_id, by_user_id, at, received_at)
    SELECT s.chat_id, :kind, :account, :by, coalesce(CAST(:at AS timestamptz), now.at), now.at
      FROM chat_sync s JOIN chats c USING (chat_id), (SELECT clock_now() AS at) now
     WHERE s.max_chat_id = :max_chat AND NOT c.deleted
       AND (:by <> (SELECT max_user_id FROM own_account)
            OR EXISTS (SELECT FROM observed_members o
                        WHERE o.chat_id = s.chat_id AND o.max_user_id = :by)
            OR EXISTS (SELECT FROM blocked_accounts b
                        WHERE b.chat_id = s.chat_id AND b.max_user_id = :account)
            OR :action IS DISTINCT FROM (
               SELECT CASE WHEN i.action <> 'create' THEN i.action
                           WHEN :kind = ANY(CAST(:by_create AS text[]))
                           THEN CAST(:action AS text) ELSE 'create' END
                 FROM intents i
                WHERE i.chat_id = s.chat_id AND i.action = ANY(CAST(:family AS text[]))
                  AND coalesce(CAST(:at AS timestamptz), now.at)
                      BETWEEN i.committed_at - make_interval(secs => :skew)
                          AND coalesce(i.settled_at, now.at) + make_interval(secs => :skew)
                  AND coalesce(s.read_at <= i.settled_at, true)
                  AND coalesce(i.outcome, '') NOT LIKE 'no effect%'
                  AND (i.body->>'title' = :title
                       OR i.body->'user_id' = to_jsonb(CAST(:account AS bigint))
                       OR i.body->'user_ids' @> to_jsonb(CAST(:account AS bigint))
                       OR i.body->'members' @> to_jsonb(CAST(:account AS bigint))
                       OR (i.action = 'create' AND :kind = 'bot_added'))
                ORDER BY i.intent_id DESC LIMIT 1))
    ON CONFLICT DO NOTHING
    RETURNING chat_id""").bindparams(
    bindparam("kind", type_=Text),
    bindparam("account", type_=BigInteger),
    bindparam("by", type_=BigInteger),
    bindparam("at", type_=DateTime(timezone=True)),
    bindparam("title", type_=Text),
    bindparam("action", type_=Text),
    bindparam("max_chat", type_=BigInteger),
)

_MEMBERS = ("add", "create", "remove")

_CALLS = {
    HintKind.USER_ADDED: ("add", _MEMBERS),
    HintKind.USER_REMOVED: ("remove", _MEMBERS),
    HintKind.TITLE_CHANGED: ("rename", ("rename", "create")),
    HintKind.BOT_ADDED: ("create", ("create",)),
    HintKind.BOT_REMOVED: ("", ()),
    HintKind.BOT_RIGHTS: ("", ()),
}
"""The call that would explain an update, and the calls of which it must be the latest."""

_BY_CREATE = [HintKind.USER_ADDED.value, HintKind.TITLE_CHANGED.value, HintKind.BOT_ADDED.value]
"""What a create does beside itself."""

SKEW_SECONDS = 60.0
"""How far the messenger's clock and ours may be apart."""

_STANDS_ANEW = frozenset({HintKind.BOT_ADDED, HintKind.BOT_RIGHTS})
"""After these the bot may be able to do what it could not."""

_LANES = {HintKind.USER_ADDED: Lane.SAFETY}
"""A stranger may have come in; everything else is a live change."""


class Hints:
    """``gateway.webhooks.HintStore`` on PostgreSQL."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        gather: float = GATHER_SECONDS,
        apart: float = APART_SECONDS,
    ) -> None:
        self._engine = engine
        self._gather = gather
        self._apart = apart

    async def receive(self, update: Update) -> bool:
        """Commit the hint; True where it makes us read the chat."""
        action, family = _CALLS[update.kind]
        async with transaction(self._engine) as connection:
            found = await connection.execute(
                _RECEIVE,
                {
                    "kind": update.kind.value,
                    "account": update.user_id,
                    "by": update.by,
                    "at": update.at,
                    "title": update.title,
                    "action": action,
                    "family": list(family),
                    "by_create": _BY_CREATE,
                    "skew": SKEW_SECONDS,
                    "max_chat": update.max_chat_id,
                },
            )
            row = found.one_or_none()
            if row is None:
                return False
            if update.kind in _STANDS_ANEW:
                await _try_again(connection, row.chat_id)
            lane = _LANES.get(update.kind, Lane.LIVE)
            await due.mark_unread(connection, ChatId(row.chat_id), lane, self._gather, self._apart)
            return True


async def forget_old(connection: AsyncConnection) -> None:
    """Hints are only of use until their chat is read, and to know a repetition by."""
    await connection.execute(
        text("""DELETE FROM webhook_hints
                 WHERE received_at < clock_now() - make_interval(days => :days)"""),
        {"days": KEPT_DAYS},
    )


async def _try_again(connection: AsyncConnection, chat_id: str) -> None:
    """The bot stands to this chat in another way: what it could not do, it may now."""
    await connection.execute(
        text("DELETE FROM blocked_accounts WHERE chat_id = :chat"), {"chat": chat_id}
    )
    await setbacks.forget(connection, [ChatId(chat_id)])
