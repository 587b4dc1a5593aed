"""«Сводка школы»: who has linked their study profile, who is in the chats, and why the others not.

Guarantees: the administrator has all of a school, a class teacher their own classes and nothing
besides (``operations.summary_extent``); asked behind the fence and of ``domain.access``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from domain.actors import Actor
from domain.ids import ClassId, SchoolId
from operations.errors import NotPermitted
from operations.listing import Page, order_key, page_of
from operations.store import StaffStore
from operations.summary_extent import (
    class_of,
    extent_of,
    extent_of_school,
    people_of,
    require_school,
)
from projections.staff import fence, names, summary_numbers
from projections.staff.candidate_rows import Part
from projections.staff.names import PersonName
from projections.staff.summary import Absence, Extent, Missing, SummaryPerson
from projections.staff.summary_numbers import Group

__all__ = [
    "Absence",
    "ClassPeople",
    "ClassRow",
    "Count",
    "Missing",
    "Part",
    "PersonName",
    "SchoolSummary",
    "Show",
    "SummaryPerson",
    "Wanted",
    "class_people",
    "school_summary",
    "table",
]


class Show(Enum):
    """Which of the people."""

    ALL = ""
    OUTSIDE = "outside"
    UNLINKED = "unlinked"


@dataclass(frozen=True, slots=True)
class Wanted:
    """People of one part (None: of any)."""

    show: Show = Show.ALL
    part: Part | None = None

    def takes(self, person: SummaryPerson) -> bool:
        """Whether it is one of them."""
        if self.part not in {None, person.part}:
            return False
        match self.show:
            case Show.ALL:
                return True
            case Show.OUTSIDE:
                return person.why is not None
            case Show.UNLINKED:
                return not person.linked


@dataclass(frozen=True, slots=True)
class Count:
    """How many people there are, and how many of them are linked, and in all their chats."""

    people: int = 0
    linked: int = 0
    inside: int = 0


@dataclass(frozen=True, slots=True)
class ClassRow:
    """The numbers of one class; ``name`` is None while the register has not told it."""

    class_id: ClassId
    name: str | None
    pupils: Count
    parents: Count


@dataclass(frozen=True, slots=True)
class SchoolSummary:
    """A page of classes. ``whole``: of all of the school, ``staff`` is None where it is not."""

    school_id: SchoolId
    school: str | None
    whole: bool
    classes: Page[ClassRow]
    pupils: Count
    parents: Count
    staff: Count | None


@dataclass(frozen=True, slots=True)
class ClassPeople:
    """A page of the people of a class, or of the staff (``class_id`` is None)."""

    school_id: SchoolId
    class_id: ClassId | None
    class_name: str | None
    people: Page[SummaryPerson]
    total: int


async def school_summary(
    store: StaffStore, actor: Actor, school_id: SchoolId, page: int, size: int
) -> SchoolSummary:
    """The numbers of a school, class by class.

    Raises:
        NotPermitted: there is nothing of this school for who asks.
        NoSuchSchool: nothing is known of it.
    """
    extent = extent_of_school(actor, school_id)
    async with fence.reading(store.engine, actor) as connection:
        found = await summary_numbers.groups(connection, extent)
        if not found:
            await require_school(connection, extent)
        known = await names.names_of_schools(connection, [school_id])
    whole = extent.classes is None
    return SchoolSummary(
        school_id=school_id,
        school=known.get(school_id),
        whole=whole,
        classes=page_of(_class_rows(found), page, size),
        pupils=_count(found, Part.PUPIL),
        parents=_count(found, Part.PARENT),
        staff=_count(found, Part.STAFF) if whole else None,
    )


def _class_rows(found: Iterable[Group]) -> list[ClassRow]:
    """A row a class, in the order of the lists (``operations.summary_extent``)."""
    of_classes: dict[ClassId, list[Group]] = {}
    for each in found:
        if each.class_id is not None:
            of_classes.setdefault(each.class_id, []).append(each)
    rows = [
        ClassRow(
            class_id, those[0].class_name, _count(those, Part.PUPIL), _count(those, Part.PARENT)
        )
        for class_id, those in of_classes.items()
    ]
    return sorted(rows, key=lambda row: (order_key(row.name or row.class_id), row.class_id))


def _count(groups: Iterable[Group], part: Part) -> Count:
    """Whoever is a parent in two classes is one person, and outside if they are in one of them."""
    those = [each for each in groups if each.part is part]
    everybody, linked, outside = (
        len(frozenset().union(*people))
        for people in (
            [each.people for each in those],
            [each.linked for each in those],
            [each.outside for each in those],
        )
    )
    return Count(everybody, linked, everybody - outside)


async def class_people(
    store: StaffStore,
    actor: Actor,
    school_id: SchoolId,
    class_id: ClassId | None,
    wanted: Wanted,
    page: int,
    size: int,
) -> ClassPeople:
    """The people of a class, or (None) of the staff of the school.

    Raises:
        NoSuchClass: there is none of this id for who asks.
        NotPermitted: it is not theirs to see.
        NoSuchSchool: nothing is known of it.
    """
    async with fence.reading(store.engine, actor) as connection:
        known = None if class_id is None else await class_of(connection, actor, class_id)
        if known is not None:
            extent = Extent(known.school_id, [known.class_id])
        elif extent_of_school(actor, school_id).classes is None:
            extent = Extent(school_id, classes=(), staff=True)
        else:
            raise NotPermitted
        found = await people_of(connection, extent)
    everybody = [each for each in found if each.class_id == class_id]
    shown = page_of(list(filter(wanted.takes, everybody)), page, size)
    name = None if known is None else known.name
    return ClassPeople(extent.school_id, class_id, name, shown, len(everybody))


async def table(
    store: StaffStore, actor: Actor, school_id: SchoolId, class_id: ClassId | None
) -> list[SummaryPerson]:
    """Everybody of a class, or (None) of all that is theirs in the school.

    Raises:
        NoSuchClass, NotPermitted, NoSuchSchool: as above.
    """
    async with fence.reading(store.engine, actor) as connection:
        return await people_of(connection, await extent_of(connection, actor, school_id, class_id))
