"""What the ``data`` of every event has in common."""

from abc import abstractmethod
from typing import TypeVar

from pydantic import BaseModel, ConfigDict


class EventData(BaseModel):
    """The whole state of one entity.

    Unknown members are dropped on reading and never written; a member that is None is
    absent on the wire. Errors of construction do not show the offending value.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @abstractmethod
    def entity_id(self) -> str:
        """The entity's id: the event's subject and the record's key."""


D_co = TypeVar("D_co", bound=EventData, covariant=True)
