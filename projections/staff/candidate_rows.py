"""The people of a school as somebody chooses among them: filters, an order, rows.

What ``projections.staff.candidates`` is asked for, and what it answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from domain.ids import ChatId, GroupId, PersonId, SchoolId
from projections.staff.names import PersonName


@dataclass(frozen=True, slots=True)
class Pool:
    """Of which school, and for which chat; None for one that is not there yet.

    ``learning_in``: only pupils who learn in one of these groups; None for anybody.
    """

    school_id: SchoolId
    chat_id: ChatId | None = None
    learning_in: frozenset[GroupId] | None = None


class Part(Enum):
    """What somebody is in a school (the guide, 3.1: «Роли»)."""

    STAFF = "staff"
    PUPIL = "pupil"
    PARENT = "parent"


class SortedBy(Enum):
    """The column by which the list is ordered."""

    SURNAME = "surname"
    GIVEN_NAME = "given_name"
    PATRONYMIC = "patronymic"
    BIRTH_DATE = "birth_date"


@dataclass(frozen=True, slots=True)
class CandidatesFilter:
    """People in whose name all the words stand, of any of the parts, of one sex, of one class."""

    words: str = ""
    parts: frozenset[Part] = frozenset()
    sex: str = ""
    class_id: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of the school. ``already``: in the chat; ``excluded``: taken out of it by hand."""

    person_id: PersonId
    name: PersonName
    birth_date: date | None
    parts: tuple[tuple[Part, str | None], ...]
    already: bool
    excluded: bool
    ticked: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A page of candidates. ``matching``: of the ``total`` those who can be chosen.

    ``digest`` tells whom the choice's filter takes; '' without one. ``named``: whom the choice
    names and who is still there to choose.
    """

    rows: Sequence[Candidate]
    total: int
    matching: int
    chosen: int
    digest: str
    named: frozenset[PersonId]


@dataclass(frozen=True, slots=True)
class Order:
    """Which page of the list, and in which order."""

    page: int = 1
    size: int = 10
    by: SortedBy = SortedBy.SURNAME
    descending: bool = False
