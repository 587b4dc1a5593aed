"""How much of «Сводка школы» is for whoever asks, and in which order its people stand.

One answer for the screen, the paper and the table.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from domain.access import may
from domain.actors import Actor
from domain.ids import ClassId, SchoolId
from domain.rights import Right
from domain.things import TheClass, TheSchool
from operations.errors import NoSuchClass, NoSuchSchool, NotPermitted
from operations.listing import order_key
from projections.database import Connection
from projections.staff import names, summary
from projections.staff.candidate_rows import Part
from projections.staff.summary import ClassName, Extent, SummaryPerson

__all__ = ["by_class", "class_of", "extent_of", "extent_of_school", "is_for", "people_of",
           "require_school"]  # fmt: skip

_PARTS = [Part.PUPIL, Part.PARENT, Part.STAFF]


def is_for(actor: Actor, school_id: SchoolId) -> bool:
    """Whether anything of the school's is for who asks."""
    return _extent(actor, school_id) is not None


def extent_of_school(actor: Actor, school_id: SchoolId) -> Extent:
    """All of the school, or their own classes in it.

    Raises:
        NotPermitted: nothing of it is for who asks.
    """
    found = _extent(actor, school_id)
    if found is None:
        raise NotPermitted
    return found


def _extent(actor: Actor, school_id: SchoolId) -> Extent | None:
    if may(actor, Right.SEE_SUMMARY, TheSchool(school_id)):
        return Extent(school_id)
    own = [each for each in actor.leads if may(actor, Right.SEE_SUMMARY, TheClass(school_id, each))]
    return Extent(school_id, own) if own else None


async def extent_of(
    connection: Connection, actor: Actor, school_id: SchoolId, class_id: ClassId | None
) -> Extent:
    """One class, in the school that the register says it is of; else all that is theirs.

    Raises:
        NoSuchClass: there is none of this id for who asks.
        NotPermitted: nothing of it is for who asks.
    """
    if class_id is None:
        return extent_of_school(actor, school_id)
    known = await class_of(connection, actor, class_id)
    return Extent(known.school_id, [class_id])


async def class_of(connection: Connection, actor: Actor, class_id: ClassId) -> ClassName:
    """A class whose people are for who asks.

    Raises:
        NoSuchClass: there is none of this id for who asks.
        NotPermitted: its people are not for who asks.
    """
    known = await summary.class_name(connection, class_id)
    if known is None:
        raise NoSuchClass(class_id)
    if not may(actor, Right.SEE_SUMMARY, TheClass(known.school_id, class_id)):
        raise NotPermitted
    return known


async def people_of(connection: Connection, extent: Extent) -> list[SummaryPerson]:
    """Everybody of the extent, class by class, pupils before parents, the staff last.

    Raises:
        NoSuchSchool: nothing is known of the school.
    """
    found = await summary.people(connection, extent)
    if not found:
        await require_school(connection, extent)
    return sorted(found, key=_order)


async def require_school(connection: Connection, extent: Extent) -> None:
    """Return if something is known of the school, also where it has nobody.

    Raises:
        NoSuchSchool: nothing is.
    """
    school_id = extent.school_id
    if not extent.classes and not await names.names_of_schools(connection, [school_id]):
        raise NoSuchSchool(school_id)


def _order(person: SummaryPerson) -> tuple[object, ...]:
    """Who has no name that may be told stands last."""
    name = person.name
    words = () if name is None else (name.surname, name.given_name, name.patronymic)
    return (
        person.class_id is None,
        order_key(person.class_name or person.class_id or ""),
        person.class_id or "",
        _PARTS.index(person.part),
        name is None,
        tuple(map(order_key, words)),
        person.person_id,
    )


def by_class(
    people: Iterable[SummaryPerson],
) -> Iterator[tuple[ClassId | None, list[SummaryPerson]]]:
    """Those who stand in that order, a class at a time."""
    for class_id, those in groupby(people, key=lambda each: each.class_id):
        yield class_id, list(those)
