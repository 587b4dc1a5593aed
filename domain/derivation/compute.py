"""From loaded facts to what each chat should be: the rules applied, nothing read or written.

Guarantees: a pure function of the facts, so the audit and the loop cannot differ. Rosters
are folded once for each class and day, however many chats of the class there are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from domain.chats import Chat, counting_day, is_frozen
from domain.days import local_date, midnight, next_change_on, zone_of
from domain.decisions import ChatDecisions, MembershipDecision, standing
from domain.derivation.facts import Facts, Stored, is_withheld
from domain.expected import ExpectedMember
from domain.facts import Order
from domain.ids import ChatId, ClassId, PersonId, SchoolId
from domain.orders import placement, roster
from domain.rules import ChatFacts, belongs_to_school, expected_members


@dataclass(frozen=True, slots=True)
class Derived:
    """A chat as it should be now.

    ``today`` is the school's date, ``zone`` its zone; ``next_change_at`` is when the answer
    changes with no event arriving.
    """

    chat: Chat
    title: str
    frozen: bool
    deleted: bool
    zone: tzinfo
    today: date
    next_change_at: datetime | None
    members: tuple[ExpectedMember, ...]


class Derivation:
    """The rules over one load of facts."""

    def __init__(self, facts: Facts, default_zone: str) -> None:
        self._facts = facts
        self._default_zone = default_zone
        self._classes: dict[tuple[SchoolId, ClassId], dict[PersonId, Sequence[Order]]] = {}
        self._rosters: dict[tuple[SchoolId, ClassId, date], dict[PersonId, Order]] = {}

    def all(self) -> Iterator[Derived]:
        """Every chat that was loaded."""
        return (self.chat(stored) for stored in self._facts.stored.values())

    def chat(self, stored: Stored) -> Derived:
        """One chat as it should be."""
        facts = self._facts
        chat = facts.entities.chat(stored.chat_id) or _as_stored(stored)
        decided = facts.decisions.get(stored.chat_id, ChatDecisions())
        zone = self._zone(chat.school_id)
        today = local_date(zone, facts.now)
        day = counting_day(chat, today)
        concerned = self._belonging_candidates(chat, decided)
        members = expected_members(self._chat_facts(chat, zone, day, decided, concerned))
        changes_on = next_change_on(today, chat.closes_on, self._orders(chat, concerned))
        return Derived(
            chat=chat,
            title=chat.title if decided.title is None else decided.title,
            frozen=is_frozen(chat, today),
            deleted=decided.deleted or self._is_withheld(stored, chat),
            zone=zone,
            today=today,
            next_change_at=None if changes_on is None else midnight(zone, changes_on),
            members=members,
        )

    def _is_withheld(self, stored: Stored, chat: Chat) -> bool:
        """One that the messenger has goes on, whatever its school has switched off since."""
        decided = self._facts.decisions.get(chat.chat_id)
        return not stored.in_messenger and is_withheld(chat, decided, self._facts.kinds_off)

    def orders_of(self, school_id: SchoolId, pupil_id: PersonId) -> Sequence[Order]:
        """The live orders of one pupil in one school, as far as they were loaded."""
        return self._facts.orders.get((school_id, pupil_id), ())

    def _zone(self, school_id: SchoolId) -> tzinfo:
        school = self._facts.entities.schools.get(school_id)
        return zone_of(None if school is None else school.timezone, self._default_zone)

    def _chat_facts(
        self,
        chat: Chat,
        zone: tzinfo,
        day: date,
        decided: ChatDecisions,
        concerned: Mapping[PersonId, frozenset[PersonId]],
    ) -> ChatFacts:
        facts, group_id = self._facts, chat.group_id
        return ChatFacts(
            chat=chat,
            zone=zone,
            school_class=None
            if chat.class_id is None
            else facts.entities.classes.get(chat.class_id),
            group=None if group_id is None else facts.entities.groups.get(group_id),
            employments=facts.employments.get(chat.school_id, {}),
            roster=self._roster(chat, day),
            guardianships=facts.guardianships,
            removed=facts.removed,
            decisions=decided.people,
            belonging=self._belonging(chat, day, concerned),
        )

    def _roster(self, chat: Chat, day: date) -> Mapping[PersonId, Order]:
        if chat.class_id is None:
            return {}
        key = chat.school_id, chat.class_id, day
        if key not in self._rosters:
            pupils = self._pupils(chat.school_id, chat.class_id)
            self._rosters[key] = roster(pupils, chat.class_id, day)
        return self._rosters[key]

    def _pupils(self, school_id: SchoolId, class_id: ClassId) -> Mapping[PersonId, Sequence[Order]]:
        """All orders in the school of whoever has an order naming the class."""
        key = school_id, class_id
        if key not in self._classes:
            self._classes[key] = {
                pupil_id: self.orders_of(school_id, pupil_id)
                for pupil_id in sorted(self._facts.candidates.get(key, ()))
            }
        return self._classes[key]

    def _belonging_candidates(
        self, chat: Chat, decided: ChatDecisions
    ) -> dict[PersonId, frozenset[PersonId]]:
        """Whoever was added by hand, each with the pupils by whom they may belong."""
        if not decided.people:
            return {}
        added = {
            person_id
            for person_id, decision in standing(decided.people, chat.chat_id).membership.items()
            if decision.choice is MembershipDecision.ADDED
        }
        wards: dict[PersonId, set[PersonId]] = {person_id: {person_id} for person_id in added}
        for pupil_id, bonds in self._facts.guardianships.items():
            for bond in bonds:
                if bond.guardian_id in added:
                    wards[bond.guardian_id].add(pupil_id)
        return {person_id: frozenset(pupils) for person_id, pupils in wards.items()}

    def _belonging(
        self, chat: Chat, day: date, concerned: Mapping[PersonId, frozenset[PersonId]]
    ) -> frozenset[PersonId]:
        employments = self._facts.employments.get(chat.school_id, {})
        belonging = set()
        for person_id, pupils in concerned.items():
            placed = {
                pupil_id
                for pupil_id in pupils
                if placement(self.orders_of(chat.school_id, pupil_id), day) is not None
            }
            bonds = [
                bond for pupil_id in pupils for bond in self._facts.guardianships.get(pupil_id, ())
            ]
            employment = employments.get(person_id)
            if belongs_to_school(person_id, employment, placed, bonds, self._facts.removed):
                belonging.add(person_id)
        return frozenset(belonging)

    def _orders(
        self, chat: Chat, concerned: Mapping[PersonId, frozenset[PersonId]]
    ) -> Iterator[Order]:
        """The orders whose dates change this chat."""
        if chat.class_id is not None:
            for orders in self._pupils(chat.school_id, chat.class_id).values():
                yield from orders
        for pupils in concerned.values():
            for pupil_id in pupils:
                yield from self.orders_of(chat.school_id, pupil_id)


def _as_stored(stored: Stored) -> Chat:
    """A chat that the facts do not ask for any more keeps its identity, with nobody in it."""
    return Chat(
        chat_id=ChatId(stored.chat_id),
        kind=stored.kind,
        school_id=stored.school_id,
        class_id=stored.class_id,
        group_id=stored.group_id,
        title=stored.title,
        closes_on=stored.closes_on,
    )
