"""Who may do what: one pure function, asked before anything is shown or done.

``may(actor, right, thing)`` is false unless a rule says otherwise, also where the right has
nothing to do with such a thing. Each rule names the chapter of the guide that it follows; where
the guide is silent, it says so. The database's own fence (``projections.staff``) lets nobody
read what this function forbids.
"""

from collections.abc import Callable, Mapping
from typing import Final

from domain.access_lessons import gives_lesson, opens_lesson, sees_lesson
from domain.actors import Actor, OperatorRole
from domain.chats import ChatKind
from domain.guard import GuardScope
from domain.ids import SchoolId
from domain.managing import leads, manages, teaches
from domain.rights import Right
from domain.things import (
    ChosenPerson,
    HeldPlan,
    NewChat,
    NewMembers,
    TheChat,
    TheClass,
    TheInstallation,
    TheMember,
    ThePerson,
    TheSchool,
    Thing,
)

_OF_A_SCHOOL: Final = frozenset({GuardScope.CHAT, GuardScope.STRANGERS, GuardScope.SCHOOL})


def may(actor: Actor, right: Right, thing: Thing) -> bool:
    """Whether this actor may do this to this thing, now."""
    return _RULES[right](actor, thing)


def _operates(actor: Actor, thing: Thing) -> bool:
    """The operators' pages are no part of the guide: they are for whoever runs an installation."""
    return isinstance(thing, TheInstallation) and actor.operator is not None


def _sees_own_chats(actor: Actor, thing: Thing) -> bool:
    """The guide, 2: the screen «Чаты» is everybody's."""
    return isinstance(thing, TheInstallation) and actor.person_id is not None


def _links_profile(actor: Actor, thing: Thing) -> bool:
    """The guide, 2.1: the profile is one's own, and unlinking is open to everybody at any time."""
    return isinstance(thing, ThePerson) and thing.person_id == actor.person_id


def _sees_chats(actor: Actor, thing: Thing) -> bool:
    """The guide, 3: «Управление чатами» is for the school's employees only."""
    return isinstance(thing, TheSchool) and (
        actor.operator is not None or thing.school_id in actor.works_in
    )


def _sees_chat(actor: Actor, thing: Thing) -> bool:
    """The guide, 2.2 (one's own chats; a child's for its guardian) and 3 (the list)."""
    return isinstance(thing, TheChat) and (
        thing.chat_id in actor.own_chats or _sees_chats(actor, TheSchool(thing.school_id))
    )


def _sees_members(actor: Actor, thing: Thing) -> bool:
    """The guide, 2.2: who is in a chat sees its administrators; 3.1: who manages it sees all.

    The list has the column «Администратор» (3), so employees see those of all its chats.
    """
    match thing:
        case TheChat():
            return actor.operator is not None or manages(actor, thing)
        case TheMember():
            return (
                thing.person_id == actor.person_id
                or thing.person_id in actor.children
                or (thing.is_administrator and _sees_chat(actor, thing.chat))
                or _sees_members(actor, thing.chat)
            )
        case _:
            return False


def _sees_names(actor: Actor, thing: Thing) -> bool:
    """The guide, 2.2 and 3.1; an operator sees names only where that is their role.

    The guide does not say who sees whose name elsewhere, so: colleagues each other's, and
    whoever manages a chat those who are in it.
    """
    if actor.operator is OperatorRole.NAMES:
        return isinstance(thing, TheSchool | TheChat | ThePerson)
    match thing:
        case TheSchool():
            return thing.school_id in actor.chooses_in
        case TheChat():
            return manages(actor, thing)
        case ThePerson():
            return _knows(actor, thing)
        case _:
            return False


def _knows(actor: Actor, person: ThePerson) -> bool:
    return (
        person.person_id == actor.person_id
        or person.person_id in actor.children
        or not actor.chooses_in.isdisjoint(person.known_to)
        or not actor.works_in.isdisjoint(person.works_in)
        or any(
            manages(actor, place.chat)
            or (place.is_administrator and place.chat.chat_id in actor.own_chats)
            for place in person.places
        )
    )


def _changes_chat(actor: Actor, thing: Thing) -> bool:
    """The guide, 3 and 3.1."""
    return isinstance(thing, TheChat) and manages(actor, thing)


def _adds_members(actor: Actor, thing: Thing) -> bool:
    """The guide, 3.1: people of the school."""
    return (
        isinstance(thing, NewMembers)
        and manages(actor, thing.chat)
        and _all_belong(thing.people, thing.chat.school_id)
    )


def _creates_chat(actor: Actor, thing: Thing) -> bool:
    """The guide, 3.3.

    The administrator makes any chat; a class teacher those of their class; a subject teacher
    subject chats, only with pupils who learn in their groups.
    """
    if not isinstance(thing, NewChat) or thing.school_id not in actor.works_in:
        return False
    if not _all_belong(thing.people, thing.school_id):
        return False
    if thing.school_id in actor.administers:
        return True
    if thing.kind is ChatKind.STAFF_ROOM:
        return False
    if leads(actor, thing):
        return True
    return (
        thing.kind is ChatKind.SUBJECT
        and teaches(actor, thing)
        and all(
            person.person_id == actor.person_id
            or not person.learns_in.isdisjoint(actor.teaches.keys())
            for person in thing.people
        )
    )


def _all_belong(people: tuple[ChosenPerson, ...], school_id: SchoolId) -> bool:
    """No chat reaches into another school (the guide is silent; the rules never do)."""
    return all(school_id in person.belongs_to for person in people)


def _deletes_chat(actor: Actor, thing: Thing) -> bool:
    """The guide, 3 and 3.4: the administrator any chat, others what they made themselves."""
    if not isinstance(thing, TheChat) or thing.school_id not in actor.works_in:
        return False
    own = thing.made_by is not None and thing.made_by == actor.person_id
    return own or thing.school_id in actor.administers


def _looks_after_school(actor: Actor, thing: Thing) -> bool:
    """The guide, 3.4: «Возможности администратора ОО»; operators look after all schools."""
    return isinstance(thing, TheSchool) and (
        actor.operator is not None or thing.school_id in actor.administers
    )


def _decides_plan(actor: Actor, thing: Thing) -> bool:
    """Of the guard the guide knows nothing: whoever answers for the school decides about it.

    What would pass a limit of the whole installation is a matter for its operators.
    """
    if not isinstance(thing, HeldPlan):
        return False
    if actor.operator is not None:
        return True
    return thing.scope in _OF_A_SCHOOL and thing.chat.school_id in actor.administers


def _sees_summary(actor: Actor, thing: Thing) -> bool:
    """The summary is ours: the school's for its administrator, a class's for its teacher too."""
    match thing:
        case TheSchool():
            return _looks_after_school(actor, thing)
        case TheClass():
            theirs = actor.leads.get(thing.class_id) == thing.school_id
            return theirs or _looks_after_school(actor, TheSchool(thing.school_id))
        case _:
            return False


Rule = Callable[[Actor, Thing], bool]

_RULES: Final[Mapping[Right, Rule]] = {
    Right.OPERATE: _operates,
    Right.SEE_OWN_CHATS: _sees_own_chats,
    Right.LINK_PROFILE: _links_profile,
    Right.SEE_CHATS: _sees_chats,
    Right.SEE_CHAT: _sees_chat,
    Right.SEE_MEMBERS: _sees_members,
    Right.SEE_NAMES: _sees_names,
    Right.ADD_MEMBERS: _adds_members,
    Right.REMOVE_MEMBERS: _changes_chat,
    Right.SET_ADMINISTRATORS: _changes_chat,
    Right.RENAME_CHAT: _changes_chat,
    Right.CREATE_CHAT: _creates_chat,
    Right.DELETE_CHAT: _deletes_chat,
    Right.INITIALISE_CHATS: _looks_after_school,
    Right.DECIDE_PLAN: _decides_plan,
    Right.CHANGE_SETTINGS: _looks_after_school,
    Right.SEE_SUMMARY: _sees_summary,
    Right.CREATE_LESSON: gives_lesson,
    Right.DELETE_LESSON: gives_lesson,
    Right.OPEN_LESSON: opens_lesson,
    Right.SEE_LESSON: sees_lesson,
}
