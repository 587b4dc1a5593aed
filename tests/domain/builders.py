"""Facts in few words, and the chats of the little world that they describe.

Everything here defaults to one school, ``s1`` in Moscow, and one class, ``9g``. ``World``
puts a chat's facts together the plain way, from all of them, so that tests speak of events
and people and not of the shape that the rules take.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from domain.chats import (
    Chat,
    chat_of_group,
    chats_of_class,
    chats_of_school,
    counting_day,
)
from domain.days import zone_of
from domain.decisions import Decision, MembershipDecision, RoleDecision
from domain.expected import ExpectedMember, Role
from domain.facts import (
    Cancellation,
    Employment,
    EmploymentRole,
    Fact,
    Guardianship,
    Order,
    OrderKind,
    Person,
    Rank,
    School,
    SchoolClass,
    SubjectGroup,
    fold,
)
from domain.ids import ChatId, ClassId, GroupId, OrderId, PersonId, SchoolId
from domain.orders import live, placement, roster
from domain.rules import ChatFacts, belongs_to_school, expected_members

TODAY = date(2026, 11, 24)
EVENT_TIME = datetime(2026, 9, 3, 8, 30, tzinfo=UTC)
ROOM, CLASS, PARENTS, CHEMISTRY = map(
    ChatId, ("staff_room:s1", "class:9g", "parents:9g", "subject:chem")
)


def rank(version: int = 1, event_id: str = "e1", at: datetime = EVENT_TIME) -> Rank:
    return Rank(version, at, "/sgo", event_id)


def school(
    school_id: str = "s1",
    timezone: str = "Europe/Moscow",
    closed_on: date | None = None,
    version: int = 1,
) -> School:
    return School(rank(version), SchoolId(school_id), "Школа", timezone, None, closed_on)


def school_class(
    class_id: str = "9g",
    teacher: str | None = None,
    school_id: str = "s1",
    closed_on: date | None = None,
    name: str = "9г",
    version: int = 1,
) -> SchoolClass:
    return SchoolClass(
        rank=rank(version),
        class_id=ClassId(class_id),
        school_id=SchoolId(school_id),
        name=name,
        school_year="2026/2027",
        class_teacher_id=None if teacher is None else PersonId(teacher),
        closed_on=closed_on,
    )


def enrolment(
    pupil: str,
    class_id: str = "9g",
    on: date = date(2026, 9, 1),
    order_id: str | None = None,
    school_id: str = "s1",
    hour: int = 9,
) -> Order:
    """An enrolment; its id is ``+pupil`` unless told."""
    return Order(
        rank=rank(0, f"{order_id or pupil}:enrolment"),
        order_id=OrderId(order_id or f"+{pupil}"),
        kind=OrderKind.ENROLMENT,
        order_number="1-у",
        ordered_at=datetime(2026, 8, 30, hour, tzinfo=UTC),
        school_id=SchoolId(school_id),
        pupil_id=PersonId(pupil),
        class_id=ClassId(class_id),
        effective_on=on,
    )


def withdrawal(
    pupil: str,
    class_id: str = "9g",
    on: date = date(2026, 10, 1),
    order_id: str | None = None,
    school_id: str = "s1",
    hour: int = 10,
) -> Order:
    """A withdrawal; its id is ``-pupil`` unless told."""
    order = enrolment(pupil, class_id, on, order_id or f"-{pupil}", school_id, hour)
    return replace(order, kind=OrderKind.WITHDRAWAL)


def cancellation(order_id: str, school_id: str = "s1") -> Cancellation:
    return Cancellation(rank(0), OrderId(order_id), SchoolId(school_id), EVENT_TIME)


def person(person_id: str, *, removed: bool = False, version: int = 1) -> Person:
    return Person(
        rank(version), PersonId(person_id), "Ё", "Имя", None, None, "female", removed=removed
    )


def employment(
    person_id: str,
    *roles: EmploymentRole,
    school_id: str = "s1",
    ended: bool = False,
    version: int = 1,
) -> Employment:
    return Employment(
        rank(version), PersonId(person_id), SchoolId(school_id), frozenset(roles), ended
    )


def guardianship(
    guardian: str, pupil: str, *, ended: bool = False, version: int = 1
) -> Guardianship:
    return Guardianship(rank(version), PersonId(guardian), PersonId(pupil), ended)


def group(
    group_id: str = "chem",
    teachers: Sequence[str] = (),
    pupils: Sequence[str] | None = None,
    class_id: str = "9g",
    school_id: str = "s1",
    closed_on: date | None = None,
    name: str | None = None,
) -> SubjectGroup:
    return SubjectGroup(
        rank=rank(),
        group_id=GroupId(group_id),
        school_id=SchoolId(school_id),
        class_id=ClassId(class_id),
        subject="Химия",
        name=name,
        teacher_ids=tuple(map(PersonId, teachers)),
        pupil_ids=None if pupils is None else tuple(map(PersonId, pupils)),
        closed_on=closed_on,
    )


def decision(
    person_id: str,
    choice: MembershipDecision | RoleDecision,
    chat_id: ChatId = CLASS,
    decision_id: str = "d1",
    hour: int = 12,
) -> Decision:
    at = datetime(2026, 11, 1, hour, tzinfo=UTC)
    return Decision(decision_id, chat_id, PersonId(person_id), "director", at, choice)


class World:
    """All facts there are, and the decisions of staff; the chats follow from them."""

    def __init__(self, *facts: Fact, decisions: Iterable[Decision] = ()) -> None:
        self._facts = tuple(fold(facts).values())
        self._decisions = tuple(decisions)

    def with_facts(self, *facts: Fact) -> "World":
        """The world in which these are known too."""
        return World(*self._facts, *facts, decisions=self._decisions)

    def with_decisions(self, *decisions: Decision) -> "World":
        """The world in which staff decided this too."""
        return World(*self._facts, decisions=(*self._decisions, *decisions))

    def chats(self) -> dict[ChatId, Chat]:
        """Every chat that exists for the schools."""
        schools = {each.school_id: each for each in self._facts if isinstance(each, School)}
        classes = {each.class_id: each for each in self._facts if isinstance(each, SchoolClass)}
        groups = [each for each in self._facts if isinstance(each, SubjectGroup)]
        found = [chats_of_school(each) for each in schools.values()]
        for each in classes.values():
            found += chats_of_class(each, schools.get(each.school_id))
        for own in groups:
            if own.class_id in classes:
                found.append(chat_of_group(own, classes[own.class_id], schools.get(own.school_id)))
        return {chat.chat_id: chat for chat in found}

    def facts_of(self, chat_id: ChatId, today: date = TODAY) -> ChatFacts:
        """What the rules look at for one chat."""
        chat = self.chats()[chat_id]
        day = counting_day(chat, today)
        orders = self.orders(chat.school_id)
        employments = {
            each.person_id: each
            for each in self._facts
            if isinstance(each, Employment) and each.school_id == chat.school_id
        }
        bonds = [each for each in self._facts if isinstance(each, Guardianship)]
        by_pupil = defaultdict(list)
        for bond in bonds:
            by_pupil[bond.pupil_id].append(bond)
        in_school = {pupil for pupil, own in orders.items() if placement(own, day)}
        removed = {
            each.person_id for each in self._facts if isinstance(each, Person) and each.removed
        }
        zones = [
            each.timezone
            for each in self._facts
            if isinstance(each, School) and each.school_id == chat.school_id
        ]
        return ChatFacts(
            chat=chat,
            zone=zone_of(zones[0] if zones else None),
            school_class=next(
                (
                    each
                    for each in self._facts
                    if isinstance(each, SchoolClass) and each.class_id == chat.class_id
                ),
                None,
            ),
            group=next(
                (
                    each
                    for each in self._facts
                    if isinstance(each, SubjectGroup) and each.group_id == chat.group_id
                ),
                None,
            ),
            employments=employments,
            roster=roster(orders, chat.class_id, day) if chat.class_id else {},
            guardianships=by_pupil,
            removed=removed,
            decisions=self._decisions,
            belonging={
                each.person_id
                for each in self._decisions
                if belongs_to_school(
                    each.person_id, employments.get(each.person_id), in_school, bonds, removed
                )
            },
        )

    def expected(self, chat_id: ChatId, today: date = TODAY) -> tuple[ExpectedMember, ...]:
        """Who is expected in the chat, with reasons."""
        return expected_members(self.facts_of(chat_id, today))

    def roles(self, chat_id: ChatId, today: date = TODAY) -> dict[str, Role]:
        """Who is expected in the chat, and in which role."""
        return {str(each.person_id): each.role for each in self.expected(chat_id, today)}

    def people(self, chat_id: ChatId, today: date = TODAY) -> set[str]:
        """Who is expected in the chat."""
        return set(self.roles(chat_id, today))

    def chats_with(self, person_id: str, today: date = TODAY) -> set[str]:
        """The chats in which a person is expected."""
        return {chat_id for chat_id in self.chats() if person_id in self.people(chat_id, today)}

    def orders(self, school_id: str) -> dict[PersonId, list[Order]]:
        """The live orders of a school, by pupil."""
        cancelled = {
            (each.order_id, each.school_id)
            for each in self._facts
            if isinstance(each, Cancellation)
        }
        orders = (each for each in self._facts if isinstance(each, Order))
        by_pupil = defaultdict(list)
        for order in live(orders, cancelled):
            if order.school_id == school_id:
                by_pupil[order.pupil_id].append(order)
        return by_pupil
