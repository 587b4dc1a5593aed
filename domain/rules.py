"""The rules: who belongs in a chat, in which role and for which reasons (the guide, 3.2).

A pure function of the chat's facts. A person stays while any reason holds, and of reasons of
both roles administrator wins. Decisions of staff come on top. A reason never crosses
schools. A removed person has none and gives none: nobody is placed, and nobody is a guardian,
by somebody who was removed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import assert_never

from domain.chats import Chat, ChatKind, Filling
from domain.days import midnight
from domain.decisions import Decision, MembershipDecision, RoleDecision, standing
from domain.expected import ExpectedMember, Reason, ReasonKind, Role
from domain.facts import (
    Employment,
    EmploymentRole,
    Guardianship,
    Order,
    SchoolClass,
    SubjectGroup,
)
from domain.ids import OrderId, PersonId

_KIND_ORDER = {kind: place for place, kind in enumerate(ReasonKind)}

Reasons = Iterator[tuple[PersonId, Reason]]
"""Who gets which reason, in no particular order."""


@dataclass(frozen=True, slots=True)
class ChatFacts:
    """All that the rules look at for one chat.

    ``employments``: of the chat's school, by person. ``roster``: the pupils placed in the
    chat's class on the day that counts (``counting_day``), by orders of the chat's school,
    each with the placing order. ``guardianships``: by pupil. ``removed``: removed persons.
    ``decisions``: those about this chat (others are passed over). ``belonging``: those of
    the people added by hand who belong to the school on that day (``belongs_to_school``).
    """

    chat: Chat
    zone: tzinfo
    school_class: SchoolClass | None
    group: SubjectGroup | None
    employments: Mapping[PersonId, Employment]
    roster: Mapping[PersonId, Order]
    guardianships: Mapping[PersonId, Sequence[Guardianship]]
    removed: AbstractSet[PersonId]
    decisions: Sequence[Decision]
    belonging: AbstractSet[PersonId]


def expected_members(facts: ChatFacts) -> tuple[ExpectedMember, ...]:
    """Who is expected in the chat, by person id, each with all their reasons in a fixed order."""
    decided = standing(facts.decisions, facts.chat.chat_id)
    reasons: defaultdict[PersonId, list[Reason]] = defaultdict(list)
    for person_id, reason in _reasons(facts):
        reasons[person_id].append(reason)
    for person_id, decision in decided.membership.items():
        if decision.choice is MembershipDecision.EXCLUDED:
            reasons.pop(person_id, None)
        elif decision.choice is MembershipDecision.ADDED and person_id in facts.belonging:
            reasons[person_id].append(
                Reason(ReasonKind.DECISION, decision.decision_id, Role.MEMBER, decision.at)
            )
    return tuple(
        _member(person_id, reasons[person_id], decided.role.get(person_id))
        for person_id in sorted(reasons.keys() - facts.removed)
    )


def belongs_to_school(
    person_id: PersonId,
    employment: Employment | None,
    placed: AbstractSet[PersonId],
    guardianships: Iterable[Guardianship],
    removed: AbstractSet[PersonId],
) -> bool:
    """Whether a person belongs to a school on a day, which one added by hand must.

    ``employment`` is theirs in the school, ``placed`` are the pupils placed in the school on
    the day, ``guardianships`` may be anybody's: only those of this guardian are looked at.
    Nobody belongs by a pupil who was ``removed``.
    """
    if employment is not None and not employment.ended:
        return True
    present = placed - removed
    if person_id in present:
        return True
    return any(
        bond.guardian_id == person_id and not bond.ended and bond.pupil_id in present
        for bond in guardianships
    )


def _member(
    person_id: PersonId, reasons: list[Reason], decision: Decision | None
) -> ExpectedMember:
    role = _strongest(reasons)
    by_hand = decision is not None and decision.choice is RoleDecision.ADMINISTRATOR
    if by_hand:
        role = Role.ADMINISTRATOR
    elif decision is not None and decision.choice is RoleDecision.MEMBER:
        role = Role.MEMBER
    if len(reasons) > 1:
        reasons.sort(key=lambda reason: (_KIND_ORDER[reason.kind], reason.ref, reason.role.value))
    return ExpectedMember(person_id, role, tuple(reasons), by_hand)


def _strongest(reasons: Iterable[Reason]) -> Role:
    # A plain loop: of a region's four million memberships nearly all have one reason.
    for reason in reasons:
        if reason.role is Role.ADMINISTRATOR:
            return Role.ADMINISTRATOR
    return Role.MEMBER


def _reasons(facts: ChatFacts) -> Reasons:
    if facts.chat.filling is Filling.CHOSEN:
        return iter(())
    match facts.chat.kind:
        case ChatKind.STAFF_ROOM:
            return _of_staff_room(facts)
        case ChatKind.CLASS:
            return _of_class(facts)
        case ChatKind.PARENTS:
            return _of_parents(facts)
        case ChatKind.SUBJECT:
            return _of_subject(facts)
        case _:
            assert_never(facts.chat.kind)


def _of_staff_room(facts: ChatFacts) -> Reasons:
    """Teachers are members, school administrators administrators; other staff is neither."""
    school_id = facts.chat.school_id
    for person_id, employment in facts.employments.items():
        if employment.ended or employment.school_id != school_id:
            continue
        for held, role in (
            (EmploymentRole.TEACHER, Role.MEMBER),
            (EmploymentRole.ADMINISTRATOR, Role.ADMINISTRATOR),
        ):
            if held in employment.roles:
                since = employment.rank.at
                yield person_id, Reason(ReasonKind.EMPLOYMENT, school_id, role, since)


def _of_class(facts: ChatFacts) -> Reasons:
    yield from _of_class_teacher(facts)
    for pupil_id, order in _placed(facts):
        yield pupil_id, _pupil(facts, order)


def _of_parents(facts: ChatFacts) -> Reasons:
    yield from _of_class_teacher(facts)
    for pupil_id, order in _placed(facts):
        for bond in facts.guardianships.get(pupil_id, ()):
            if not bond.ended:
                yield bond.guardian_id, _guardian(facts, bond, order)


def _of_subject(facts: ChatFacts) -> Reasons:
    """The group counts only where its class is of the chat's school too."""
    group, school_class = facts.group, facts.school_class
    school_id = facts.chat.school_id
    if group is None or group.school_id != school_id:
        return
    if school_class is None or school_class.school_id != school_id:
        return
    for teacher_id in dict.fromkeys(group.teacher_ids):
        if not _has_left(facts, teacher_id):
            reason = Reason(
                ReasonKind.SUBJECT_GROUP, group.group_id, Role.ADMINISTRATOR, group.rank.at
            )
            yield teacher_id, reason
    chosen = None if group.pupil_ids is None else frozenset(group.pupil_ids)
    for pupil_id, order in _placed(facts):
        if chosen is None or pupil_id in chosen:
            yield pupil_id, _pupil(facts, order)


def _of_class_teacher(facts: ChatFacts) -> Reasons:
    school_class = facts.school_class
    if school_class is None or school_class.school_id != facts.chat.school_id:
        return
    teacher_id = school_class.class_teacher_id
    if teacher_id is not None and not _has_left(facts, teacher_id):
        yield (
            teacher_id,
            Reason(
                ReasonKind.CLASS_TEACHER,
                school_class.class_id,
                Role.ADMINISTRATOR,
                school_class.rank.at,
            ),
        )


def _has_left(facts: ChatFacts, person_id: PersonId) -> bool:
    """Whether their employment in the school ended; no employment fact at all says nothing."""
    employment = facts.employments.get(person_id)
    return employment is not None and employment.ended


def _placed(facts: ChatFacts) -> Iterator[tuple[PersonId, Order]]:
    """The roster, without removed pupils and orders that would cross schools or classes.

    A chat made by hand stays in its school, and its class may go to another one.
    """
    chat, school_class = facts.chat, facts.school_class
    if school_class is not None and school_class.school_id != chat.school_id:
        return
    for pupil_id, order in facts.roster.items():
        if pupil_id in facts.removed:
            continue
        if order.school_id == chat.school_id and order.class_id == chat.class_id:
            yield pupil_id, order


def _pupil(facts: ChatFacts, order: Order) -> Reason:
    return _placed_by(order.order_id, midnight(facts.zone, order.effective_on))


@lru_cache(maxsize=8192)
def _placed_by(order_id: OrderId, since: datetime) -> Reason:
    """One for all chats of a pupil's class: a region has ten of them for each order."""
    return Reason(ReasonKind.ORDER, order_id, Role.MEMBER, since, order_id)


def _guardian(facts: ChatFacts, bond: Guardianship, order: Order) -> Reason:
    ref = f"{bond.guardian_id}:{bond.pupil_id}"
    since = midnight(facts.zone, order.effective_on)
    return Reason(ReasonKind.GUARDIANSHIP, ref, Role.MEMBER, since, order.order_id)
