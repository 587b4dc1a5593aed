"""The catalogue of the register's events: which types there are and by which topic they go.

A reader takes any type from any topic; the topic of a type matters to publishers only.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic

from schemas.data import D_co
from schemas.envelope import Envelope
from schemas.lessons import LessonChanged
from schemas.orders import EnrolmentOrdered, OrderCancelled, WithdrawalOrdered
from schemas.people import EmploymentChanged, GuardianshipChanged, PersonChanged, ProfileChanged
from schemas.school import ClassChanged, ClassCreated, SchoolChanged, SubjectGroupChanged

REGISTER_TOPIC: Final = "sgo.register"
ORDERS_TOPIC: Final = "sgo.orders"
PROFILES_TOPIC: Final = "sgo.profiles"
LESSONS_TOPIC: Final = "sgo.lessons"
PARTITIONS: Final = 12

RegisterData = (
    SchoolChanged
    | ClassCreated
    | ClassChanged
    | EnrolmentOrdered
    | WithdrawalOrdered
    | OrderCancelled
    | PersonChanged
    | EmploymentChanged
    | GuardianshipChanged
    | SubjectGroupChanged
    | ProfileChanged
    | LessonChanged
)


@dataclass(frozen=True)
class EventType(Generic[D_co]):
    """One type of event: its name on the wire, the model of its data, its default topic."""

    name: str
    model: type[D_co]
    topic: str

    @functools.cached_property
    def envelope(self) -> type[Envelope[D_co]]:
        """The model of the whole event."""
        return Envelope[self.model]  # type: ignore[name-defined]  # a parameter known at run time

    @functools.cached_property
    def _validate(self) -> Callable[[object], Envelope[D_co]]:
        return self.envelope.__pydantic_validator__.validate_python

    def read(self, event: object) -> Envelope[D_co]:
        """The event in a JSON's Python value; raises pydantic's ``ValidationError``."""
        return self._validate(event)


Catalogue = Mapping[str, EventType[D_co]]
"""Event types by name."""


def catalogue(*types: EventType[D_co]) -> dict[str, EventType[D_co]]:
    """The types by their names."""
    return {event.name: event for event in types}


REGISTER: Final[Catalogue[RegisterData]] = catalogue(
    EventType("sgo.school.changed.v1", SchoolChanged, REGISTER_TOPIC),
    EventType("sgo.class.created.v1", ClassCreated, REGISTER_TOPIC),
    EventType("sgo.class.changed.v1", ClassChanged, REGISTER_TOPIC),
    EventType("sgo.enrolment.ordered.v1", EnrolmentOrdered, ORDERS_TOPIC),
    EventType("sgo.withdrawal.ordered.v1", WithdrawalOrdered, ORDERS_TOPIC),
    EventType("sgo.order.cancelled.v1", OrderCancelled, ORDERS_TOPIC),
    EventType("sgo.person.changed.v1", PersonChanged, REGISTER_TOPIC),
    EventType("sgo.employment.changed.v1", EmploymentChanged, REGISTER_TOPIC),
    EventType("sgo.guardianship.changed.v1", GuardianshipChanged, REGISTER_TOPIC),
    EventType("sgo.subject-group.changed.v1", SubjectGroupChanged, REGISTER_TOPIC),
    EventType("sgo.profile.changed.v1", ProfileChanged, PROFILES_TOPIC),
    EventType("sgo.lesson.changed.v1", LessonChanged, LESSONS_TOPIC),
)
"""What upstream publishes and Rollcall reads."""
