"""«Сводка школы»: who has linked their profile, who is in the chats of their class, and why not.

Read behind the fence. Guarantees: numbers and lists are made of the same rows, by a handful of
statements whatever the size of the school; a pupil and a parent stand under the class in which the
pupil is placed today, staff under no class and only where they belong in «Учительская».
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.chat_standings import StandingGroup, group_of, standing_of_wait
from domain.ids import ChatId, ClassId, PersonId, SchoolId
from domain.work import ChatWait
from projections.staff.candidate_rows import Part
from projections.staff.names import PersonName, as_name


class Absence(Enum):
    """Why somebody is not in a chat; of several the first one is the one to see to first.

    Most are those of ``dashboard.blocked``.
    """

    NO_PROFILE = "no_profile"
    OWN_ACCOUNT = "own_account"
    NOT_FOUND = "not_found"
    PRIVACY = "privacy"
    REFUSED = "refused"
    INVITED = "invited"
    LEFT = "left"
    CHAT_FULL = "chat_full"
    CHAT = "chat"  # the chat as a whole waits for a person
    PAUSED = "paused"
    WAITS = "waits"  # for a call of ours, which is about to be made
    NO_CHAT = "no_chat"  # they belong in no chat of the class


@dataclass(frozen=True, slots=True)
class Missing:
    """A chat in which somebody belongs and is not."""

    chat_id: ChatId
    title: str
    absence: Absence


@dataclass(frozen=True, slots=True)
class SummaryPerson:
    """Somebody of a class, or of the staff (no class).

    ``chats``: in how many of the class they belong; ``why`` is None where they are in all of them.
    ``wards``: the pupils whose parent they are, in the order of their ids.
    ``name`` is None where it is not known, or not for who asks.
    """

    person_id: PersonId
    part: Part
    class_id: ClassId | None
    class_name: str | None
    name: PersonName | None
    linked: bool
    chats: int
    inside: int
    why: Absence | None
    missing: tuple[Missing, ...]
    wards: tuple[PersonName, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """Of a school all of it, or these classes, and, where ``staff`` is set, the staff."""

    school_id: SchoolId
    classes: Collection[ClassId] | None = None
    staff: bool = False


# Statements of which each is quick by itself: put together, their rows cannot be estimated, and one
# wrong estimate costs seconds. An operator sees the people of the one school that they look at.
LOOK: Final = text("SELECT set_config('staff.looks_at', :school, true)")

OF_EXTENT: Final = """w.school_id = :school
       AND (:whole OR w.class_id = ANY(:classes) OR (:staff AND w.part = 'staff'))"""
"""Whether somebody ``w`` is of the extent, but for their class's being closed."""

WITH_CLASS: Final = """
      LEFT JOIN fact_classes k ON k.class_id = w.class_id AND k.school_id = :school
      LEFT JOIN fact_schools s ON s.school_id = :school
     WHERE coalesce(least(k.closed_on, s.closed_on) > (
               clock_now() AT TIME ZONE coalesce(s.timezone, 'Europe/Moscow'))::date, true)"""
"""Of ``w`` those whose class ``k`` is not closed."""

_PEOPLE: Final = text(f"""
    SELECT w.person_id, w.part, w.class_id, min(k.name) AS class_name,
           bool_or(w.linked) AS linked, min(w.surname) AS surname,
           min(w.given_name) AS given_name, min(w.patronymic) AS patronymic,
           array_agg(w.pupil_id) AS pupils
      FROM staff.summary_people w {WITH_CLASS} AND {OF_EXTENT}
     GROUP BY w.person_id, w.part, w.class_id""")  # noqa: S608 - made of constants

OF_CHATS: Final = """c.school_id = :school
       AND (:whole OR c.class_id = ANY(:classes) OR (:staff AND c.kind = 'staff_room'))
       AND NOT c.deleted AND NOT c.frozen AND (c.class_id IS NOT NULL OR c.kind = 'staff_room')"""
"""Whether a chat ``c`` is one in which those people belong."""

_CHATS: Final = text(f"""
    SELECT c.chat_id, c.title, CASE WHEN c.kind <> 'staff_room' THEN c.class_id END AS class_id,
           s.waiting
      FROM chats c LEFT JOIN chat_sync s USING (chat_id)
     WHERE {OF_CHATS} ORDER BY c.title_key, c.chat_id""")  # noqa: S608 - made of constants

_PLACES: Final = text("""
    SELECT person_id, array_agg(chat_id) AS chats, array_agg(inside) AS inside
      FROM staff.summary_places WHERE chat_id = ANY(:chats) GROUP BY person_id""")

_OBSTACLES: Final = text("""
    SELECT chat_id, person_id, state FROM staff.obstacles WHERE chat_id = ANY(:chats)""")

_HELPLESS: Final = frozenset(
    wait.value for wait in ChatWait if group_of(standing_of_wait(wait)) is StandingGroup.HELP
)
_WORST_FIRST: Final = {absence: place for place, absence in enumerate(Absence)}


@dataclass(frozen=True, slots=True)
class _Chat:
    chat_id: ChatId
    title: str
    class_id: ClassId | None
    is_helpless: bool
    place: int


def asked_of(extent: Extent) -> dict[str, object]:
    """What the statements are asked with."""
    return {
        "school": extent.school_id,
        "whole": extent.classes is None,
        "classes": list(extent.classes or ()),
        "staff": extent.staff,
    }


async def people(connection: AsyncConnection, extent: Extent) -> list[SummaryPerson]:
    """Everybody of the extent, in no order."""
    await connection.execute(LOOK, {"school": extent.school_id})
    asked = asked_of(extent)
    chats = {
        ChatId(row.chat_id): _Chat(
            ChatId(row.chat_id), row.title, row.class_id, row.waiting in _HELPLESS, place
        )
        for place, row in enumerate(await connection.execute(_CHATS, asked))
    }
    of_chats = {"chats": list(chats)}
    obstacles = {
        (row.chat_id, row.person_id): Absence(row.state)
        for row in await connection.execute(_OBSTACLES, of_chats)
    }
    places = {
        PersonId(row.person_id): [
            (chats[chat], inside) for chat, inside in zip(row.chats, row.inside, strict=True)
        ]
        for row in await connection.execute(_PLACES, of_chats)
    }
    rows = (await connection.execute(_PEOPLE, asked)).all()
    known = {row.person_id: as_name(row.surname, row.given_name, row.patronymic) for row in rows}
    found = (
        _person(row, places.get(PersonId(row.person_id), ()), obstacles, known) for row in rows
    )
    # Whoever of the staff is to be in no chat is nobody's to bring in.
    return [each for each in found if each.part is not Part.STAFF or each.chats]


def _person(
    row: Row[Any],
    places: Iterable[tuple[_Chat, bool]],
    obstacles: Mapping[tuple[str, str], Absence],
    known: Mapping[str, PersonName | None],
) -> SummaryPerson:
    own = sorted(
        (each for each in places if each[0].class_id == row.class_id),
        key=lambda each: each[0].place,
    )
    missing = tuple(
        Missing(chat.chat_id, chat.title, _absence(row, chat, obstacles))
        for chat, inside in own
        if not inside
    )
    pupils = sorted(set(row.pupils)) if row.part == Part.PARENT.value else []
    wards = [known.get(pupil) for pupil in pupils]
    return SummaryPerson(
        person_id=PersonId(row.person_id),
        part=Part(row.part),
        class_id=None if row.class_id is None else ClassId(row.class_id),
        class_name=row.class_name,
        name=known[row.person_id],
        linked=row.linked,
        chats=len(own),
        inside=len(own) - len(missing),
        why=_why(linked=row.linked, chats=len(own), missing=missing),
        missing=missing,
        wards=tuple(ward for ward in wards if ward is not None),
    )


def _absence(row: Row[Any], chat: _Chat, obstacles: Mapping[tuple[str, str], Absence]) -> Absence:
    if not row.linked:
        return Absence.NO_PROFILE
    waits = Absence.CHAT if chat.is_helpless else Absence.WAITS
    return obstacles.get((chat.chat_id, row.person_id), waits)


def _why(*, linked: bool, chats: int, missing: Sequence[Missing]) -> Absence | None:
    if not linked:
        return Absence.NO_PROFILE
    if not chats:
        return Absence.NO_CHAT
    return min((each.absence for each in missing), key=_WORST_FIRST.__getitem__, default=None)


_CLASS: Final = text("SELECT school_id, name FROM fact_classes WHERE class_id = :class")


@dataclass(frozen=True, slots=True)
class ClassName:
    """A class, its school and its name."""

    class_id: ClassId
    school_id: SchoolId
    name: str


async def class_name(connection: AsyncConnection, class_id: ClassId) -> ClassName | None:
    """The class; None where it is not known, or not for who asks."""
    row = (await connection.execute(_CLASS, {"class": class_id})).one_or_none()
    return None if row is None else ClassName(class_id, SchoolId(row.school_id), row.name)


async def links(connection: AsyncConnection, chats: Sequence[ChatId]) -> dict[ChatId, str]:
    """The links that let people into these chats, as far as who asks may hand them on."""
    rows = await connection.execute(
        text("SELECT chat_id, link FROM staff.chat_links WHERE chat_id = ANY(:chats)"),
        {"chats": list(chats)},
    )
    return {ChatId(row.chat_id): row.link for row in rows}
