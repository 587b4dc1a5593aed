"""«Отменить»: an act about a chat is taken back.

Guarantees: it is a decision of its own, once however often it is sent; what somebody decided
after the act stands.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID, uuid5

from domain.actors import Actor
from domain.decisions import MembershipDecision, RoleDecision, Stay
from domain.ids import ChatId, MaxUserId, PersonId
from domain.rights import Right
from operations.cards import load_card
from operations.member_answers import Answer, Done, Refusal, Refused, Undone
from operations.member_changes import author, done_of, people_of
from operations.store import StaffStore
from projections.by_hand import decisions, journal
from projections.by_hand.journal import ActEntry, ActHead, Entry
from projections.database import transaction
from projections.staff import fence, names
from projections.staff.names import PersonName

__all__ = ["act_of", "authors", "undo"]


async def undo(store: StaffStore, actor: Actor, chat_id: ChatId, act_id: UUID) -> Answer:
    """Take an act back: what counted before it counts again, unless somebody decided since.

    Raises:
        NoSuchChat: there is none of this id, or it is not for this actor.
        NotPermitted: they may not change the chat.
    """
    async with fence.reading(store.engine, actor) as connection:
        card = await load_card(connection, actor, chat_id, Right.REMOVE_MEMBERS, Right.ADD_MEMBERS)
    if card.is_closed:
        return Refused(Refusal.CLOSED)
    async with transaction(store.engine) as connection:
        at = await journal.lock(connection, chat_id)
        found = await journal.act(connection, chat_id, act_id)
        undoing = uuid5(act_id, "undo")
        back = await journal.act(connection, chat_id, undoing)
        if not back:
            back = [each for each in found if each.counts]
            head = ActHead(undoing, "undo", chat_id, author(actor), at)
            written = journal.written(head, _before(back), _title_before(back), _stays_before(back))
            await decisions.record_all(connection, written)
    return Undone(people_of(back), people_of(found) - people_of(back))


def _before(
    entries: Sequence[ActEntry],
) -> Iterator[tuple[PersonId, MembershipDecision | RoleDecision]]:
    for each in entries:
        person, subject = each.entry.person_id, each.entry.subject
        if person is not None and subject == "membership":
            yield person, MembershipDecision(each.before or "none")
        elif person is not None and subject == "role":
            yield person, RoleDecision(each.before or "none")


def _stays_before(entries: Sequence[ActEntry]) -> Iterator[tuple[MaxUserId, Stay]]:
    for each in entries:
        if each.entry.account is not None:
            yield each.entry.account, Stay(each.before or Stay.RELEASED.value)


def _title_before(entries: Sequence[ActEntry]) -> str | None:
    """'' gives the title back to the rules; None: the act was not about it."""
    return next((each.before or "" for each in entries if each.entry.subject == "title"), None)


async def act_of(store: StaffStore, actor: Actor, chat_id: ChatId, act_id: UUID) -> Done | None:
    """An act that was done, to be told of; None where there was none, or not for this actor."""
    async with fence.reading(store.engine, actor) as connection:
        return done_of(act_id, await journal.act(connection, chat_id, act_id))


async def authors(store: StaffStore, actor: Actor, entries: Sequence[Entry]) -> list[PersonName]:
    """Whoever decided these, as far as this actor may know their names."""
    async with fence.reading(store.engine, actor) as connection:
        found = await names.names_of(connection, {each.author for each in entries})
    return list(found.values())
