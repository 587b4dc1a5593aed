"""Who is in a chat and who administers it, changed by hand.

Guarantees: whatever is done is one act in the journal of decisions, by a person's id, with an id
of its own: sent twice it is done once. Nobody overrides unseen what somebody else decided
meanwhile, nor acts on more people than they were shown: they are told, and nothing has changed.
``domain.access`` is asked at each act.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from domain.actors import Actor
from domain.by_hand import Act, choices
from domain.choice import Choice
from domain.decisions import CountingDecisions, RoleDecision, Stay, standing
from domain.expected import ADMINISTRATOR_LIMIT, Role
from domain.ids import ChatId, PersonId
from domain.rights import Right
from operations.cards import ChatCard, load_card
from operations.errors import NotPermitted
from operations.member_answers import (
    Answer,
    Done,
    ListChanged,
    Overtaken,
    Refusal,
    Refused,
    Seen,
)
from operations.member_choice import MembersFilter, chosen, digest
from operations.store import StaffStore
from projections.by_hand import decisions, journal
from projections.by_hand.journal import ActEntry, ActHead, Entry
from projections.database import Connection, driver, transaction
from projections.derive.by_rules import by_rules
from projections.staff import chat_members, fence

__all__ = ["act_on_members", "author", "done_before", "done_of", "people_of", "record_act"]

_RIGHTS = {
    Act.REMOVE: Right.REMOVE_MEMBERS,
    Act.PROMOTE: Right.SET_ADMINISTRATORS,
    Act.DEMOTE: Right.SET_ADMINISTRATORS,
}


async def act_on_members(
    store: StaffStore,
    actor: Actor,
    chat_id: ChatId,
    act: Act,
    choice: Choice[MembersFilter],
    seen: Seen,
) -> Answer:
    """Remove those who are chosen, or change their role.

    Raises:
        NoSuchChat: there is none of this id, or it is not for this actor.
        NotPermitted: they may not do that in it.
    """
    async with fence.reading(store.engine, actor) as connection:
        card = await load_card(connection, actor, chat_id, _RIGHTS[act])
        everybody = await chat_members.members(connection, chat_id)
    if card.is_closed:
        return Refused(Refusal.CLOSED)
    now = digest(everybody, choice)
    async with transaction(store.engine) as connection:
        return await record_act(connection, actor, card, act, chosen(everybody, choice), seen, now)


async def record_act(
    connection: Connection,
    actor: Actor,
    card: ChatCard,
    act: Act,
    people: Sequence[PersonId],
    seen: Seen,
    digest_now: str,
) -> Answer:
    """Decide it of these people, on a transaction; whether the actor may, the caller has asked."""
    chat_id = card.thing.chat_id
    at = await journal.lock(connection, chat_id)
    done = await done_before(connection, chat_id, seen)
    if done is not None:
        return done
    if digest_now != seen.digest:
        return ListChanged()
    if not people:
        return Refused(Refusal.NOBODY)
    others = await _meanwhile(connection, chat_id, seen, people)
    if others:
        return Overtaken(others)
    rules, counting = await by_rules(connection, chat_id), await _standing(connection, chat_id)
    if act is Act.PROMOTE and _administrators(rules, counting, people) > ADMINISTRATOR_LIMIT:
        return Refused(Refusal.TOO_MANY_ADMINISTRATORS)
    wanted = [(each, choice) for each in people for choice in choices(act, each, rules, counting)]
    head = ActHead(seen.act_id, act.value, chat_id, author(actor), at)
    await decisions.record_all(connection, journal.written(head, wanted))
    return Done(act, seen.act_id, len(people))


def author(actor: Actor) -> PersonId:
    """Whoever decides is a person, and named by their id."""
    if actor.person_id is None:
        raise NotPermitted
    return actor.person_id


async def done_before(connection: Connection, chat_id: ChatId, seen: Seen) -> Done | None:
    """What this very act came to, where it was sent before."""
    entries = await journal.act(connection, chat_id, seen.act_id)
    return done_of(seen.act_id, entries)


def done_of(act_id: UUID, entries: Sequence[ActEntry]) -> Done | None:
    """An act as the journal has it."""
    if not entries:
        return None
    known: dict[str, Act | Stay] = {each.value: each for each in (*Act, *Stay)}
    return Done(known.get(entries[0].what), act_id, people_of(entries))


def people_of(entries: Sequence[ActEntry]) -> int:
    """How many people an act was about: those who are known, else accounts."""
    people = {each.entry.person_id for each in entries} - {None}
    return len(people or {each.entry.account for each in entries} - {None})


async def _meanwhile(
    connection: Connection, chat_id: ChatId, seen: Seen, people: Collection[PersonId]
) -> list[Entry]:
    concerned = set(people)
    entries = await journal.since(connection, chat_id, seen.position)
    return [each for each in entries if each.person_id in concerned]


async def _standing(connection: Connection, chat_id: ChatId) -> CountingDecisions:
    loaded = await decisions.load_decisions(await driver(connection), [chat_id])
    return standing(loaded[chat_id].people if chat_id in loaded else (), chat_id)


def _administrators(
    rules: Mapping[PersonId, Role], counting: CountingDecisions, people: Collection[PersonId]
) -> int:
    """How many there would be, with these people made administrators."""
    chiefs = {person for person, role in rules.items() if role is Role.ADMINISTRATOR}
    for person, decision in counting.role.items():
        if decision.choice is RoleDecision.ADMINISTRATOR:
            chiefs.add(person)
        elif decision.choice is RoleDecision.MEMBER:
            chiefs.discard(person)
    return len(chiefs | set(people))
