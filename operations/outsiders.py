"""Whom somebody brought into a chat inside MAX: «оставить» and «убрать» (docs/drift.md).

Guarantees: as ``operations.member_changes``; nobody is kept who is not in the chat, and nobody is
said to leave who belongs there, or is not there.
"""

from domain.actors import Actor
from domain.by_hand import Act
from domain.decisions import Stay
from domain.ids import ChatId, MaxUserId
from domain.rights import Right
from operations.cards import load_card
from operations.member_answers import Answer, Done, Leaving, Seen
from operations.member_changes import author, done_before, record_act
from operations.store import StaffStore
from projections.by_hand import journal
from projections.database import transaction
from projections.guard import kept_accounts as kept
from projections.guard.kept_accounts import Keeping
from projections.staff import chat_members, fence

__all__ = ["Keeping", "keep", "take_out"]


async def keep(
    store: StaffStore, actor: Actor, chat_id: ChatId, account: MaxUserId, seen: Seen
) -> Done | Keeping:
    """Let an account stay in the chat in which nobody expects it.

    Raises:
        NoSuchChat: there is none of this id, or it is not for this actor.
        NotPermitted: they may not.
    """
    async with fence.reading(store.engine, actor) as connection:
        await load_card(connection, actor, chat_id, Right.ADD_MEMBERS)
    async with transaction(store.engine) as connection:
        await journal.lock(connection, chat_id)
        done = await done_before(connection, chat_id, seen)
        if done is not None:
            return done
        kept_now = await kept.keep(connection, chat_id, account, author(actor), seen.act_id)
    return Done(Stay.KEPT, seen.act_id, 1) if kept_now is Keeping.KEPT else kept_now


async def take_out(
    store: StaffStore, actor: Actor, chat_id: ChatId, account: MaxUserId, seen: Seen
) -> Answer | Keeping:
    """Let it stay no longer: a person whom we know is excluded, and leaves at once.

    Raises:
        NoSuchChat: there is none of this id, or it is not for this actor.
        NotPermitted: they may not.
    """
    async with fence.reading(store.engine, actor) as connection:
        card = await load_card(connection, actor, chat_id, Right.REMOVE_MEMBERS)
        everybody = await chat_members.members(connection, chat_id)
    found = [each for each in everybody if each.account == account]
    if any(each.is_expected for each in found):
        return Keeping.BELONGS
    people = [each.person_id for each in found if each.person_id is not None]
    async with transaction(store.engine) as connection:
        await journal.lock(connection, chat_id)
        done = await done_before(connection, chat_id, seen)
        if done is not None:
            return done
        answer: Answer = Leaving()
        if people:
            answer = await record_act(
                connection, actor, card, Act.REMOVE, people, seen, seen.digest
            )
        if isinstance(answer, Leaving | Done):
            what = Act.REMOVE.value if isinstance(answer, Done) else Stay.RELEASED.value
            act = (seen.act_id, what)
            released = await kept.release(connection, chat_id, account, author(actor), act)
            if not found and not released:
                return Keeping.NOT_THERE
        return answer
