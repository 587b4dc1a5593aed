"""Orders: what places pupils in classes. An ``order_id`` is one pupil's line of an order."""

from pydantic import Field

from schemas.data import EventData
from schemas.fields import Day, Id, Instant, Text


class _Ordered(EventData):
    order_id: Id = Field(description="One pupil's line of an order.")
    order_number: Text
    ordered_at: Instant
    school_id: Id
    pupil_id: Id
    class_id: Id
    effective_on: Day = Field(
        description="From the start of this date in the school's time zone it has effect."
    )

    def entity_id(self) -> str:
        """The order's id."""
        return self.order_id


class EnrolmentOrdered(_Ordered):
    """A pupil is placed in a class from a date on."""


class WithdrawalOrdered(_Ordered):
    """A pupil leaves a class from a date on."""


class OrderCancelled(EventData):
    """An order never had any effect; may arrive before the order itself."""

    order_id: Id = Field(description="The order that is cancelled.")
    school_id: Id = Field(description="Must be the order's own school for this to count.")
    cancelled_at: Instant

    def entity_id(self) -> str:
        """The id of the order that is cancelled."""
        return self.order_id
