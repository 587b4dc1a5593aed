"""What a call did, as what is known of the chat from then on.

Answered is not seen: until a complete read, the chat says since when it rests on answers.
"""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.expected import Role
from domain.ids import ChatId, MaxUserId
from domain.plan import Action, Add, Create, Delete, Demote, Promote, Remove, Rename, Seen
from domain.refusals import AddFailure, Wish
from domain.work import Applied, ChatMade
from projections.reconcile import adding, gone, observed, setbacks

_ANSWERED = text("""
    UPDATE chat_sync SET answered_since = coalesce(answered_since, clock_now())
     WHERE chat_id = :chat""")


async def made(
    connection: AsyncConnection, chat_id: ChatId, action: Create, made: ChatMade
) -> None:
    """The chat exists: as we made it, or, where it was there before, as a read will tell."""
    await connection.execute(
        text("""UPDATE chat_sync s
                   SET max_chat_id = m.id, link = :link, gone_at = NULL,
                       observed_at = CASE WHEN m.created THEN clock_now() END,
                       known_at = CASE WHEN m.created THEN clock_now()
                                       WHEN s.max_chat_id = m.id THEN s.known_at END,
                       observed_title = CASE WHEN s.max_chat_id = m.id THEN s.observed_title
                                             ELSE :title END
                  FROM (SELECT CAST(:max_chat AS bigint) AS id,
                               CAST(:created AS boolean) AS created) m
                 WHERE s.chat_id = :chat"""),
        {
            "chat": chat_id,
            "max_chat": made.max_chat_id,
            "link": made.link,
            "title": action.title,
            "created": made.created,
        },
    )
    await connection.execute(
        text("""UPDATE intents SET settled_at = clock_now(), outcome = 'repeated'
                 WHERE chat_id = :chat AND action = 'create' AND settled_at IS NULL"""),
        {"chat": chat_id},
    )
    if made.created:
        chiefs = set(action.administrators)
        roles = {
            user: Role.ADMINISTRATOR if user in chiefs else Role.MEMBER
            for user in action.members
            if user not in made.failed
        }
        await observed.replace(connection, chat_id, Seen(roles, action.title), was_read=False)
        await _refused(connection, chat_id, made.failed)
        await connection.execute(_ANSWERED, {"chat": chat_id})


async def applied(
    connection: AsyncConnection,
    chat_id: ChatId,
    action: Action,
    effect: Applied,
) -> None:
    """The call on a chat that exists had its effect, but for those who failed."""
    failed = effect.failed
    await connection.execute(_ANSWERED, {"chat": chat_id})
    match action:
        case Add(user_ids):
            added = [user for user in user_ids if user not in failed]
            await observed.add(connection, chat_id, added)
            await _refused(connection, chat_id, failed)
            await setbacks.done(connection, chat_id, Wish.ADD, user_ids)
            if added:
                await adding.worked(connection)
        case Remove(user_id):
            await observed.remove(connection, chat_id, user_id)
            await setbacks.done(connection, chat_id, Wish.REMOVE, (user_id,))
        case Promote(user_ids):
            await observed.set_admin(connection, chat_id, user_ids, is_admin=True)
            await setbacks.done(connection, chat_id, Wish.PROMOTE, user_ids)
        case Demote(user_id):
            await observed.set_admin(connection, chat_id, (user_id,), is_admin=False)
            await setbacks.done(connection, chat_id, Wish.DEMOTE, (user_id,))
        case Rename(title):
            made = title if effect.title is None else effect.title
            await observed.rename(connection, chat_id, title, made)
            await setbacks.done(connection, chat_id, Wish.RENAME, ())
        case Delete():
            await gone.settle(connection, chat_id)
            await observed.delete(connection, chat_id)
        case Create():
            pass  # a create's effect is ``ChatMade``


async def _refused(
    connection: AsyncConnection, chat_id: ChatId, failed: Mapping[MaxUserId, str]
) -> None:
    """Who was refused waits; one refused with no reason may be inside: a read tells."""
    await observed.block(connection, chat_id, failed)
    if AddFailure.UNKNOWN.value in failed.values():
        await observed.forget(connection, [chat_id])
