"""From a model to the record that is published: one structured CloudEvent.

Strict where we write: what goes out has only the members of the contract, leaves out those
that are none, and has been read back by ``decode`` before it is handed on, so nothing that
we publish can end in anybody's quarantine.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic_core import PydanticSerializationError

from schemas.data import EventData
from schemas.decode import Rejected, decode, decode_as
from schemas.envelope import JSON_MEDIA_TYPE, SPECVERSION
from schemas.events import REGISTER, Catalogue, EventType, RegisterData
from schemas.fields import write_instant
from schemas.outgoing import CHATS, DECISIONS, ChatLifeData, DecisionData

CONTENT_TYPE: Final = b"application/cloudevents+json; charset=UTF-8"

PublishedData = RegisterData | ChatLifeData | DecisionData

PUBLISHED: Final[Catalogue[PublishedData]] = {**REGISTER, **CHATS, **DECISIONS}
"""Every type that there is, by name."""

_BY_MODEL: Final[dict[type[EventData], EventType[PublishedData]]] = {
    event.model: event for event in PUBLISHED.values()
}


class Unpublishable(ValueError):
    """An event that does not fit the contract was about to be published.

    The message is a reason as ``Rejected`` has it, without values.
    """


@dataclass(frozen=True, slots=True)
class Publication:
    """A record to publish: its default topic, its key, the event, the record's headers."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def encode(data: PublishedData, *, event_id: str, source: str, time: datetime) -> Publication:
    """The record for ``data``, whose class decides on the type, topic and key.

    ``event_id`` is unique within ``source`` and stays the same when the record is sent
    again; ``time`` is aware. Raises ``Unpublishable``.
    """
    if time.tzinfo is None:
        raise Unpublishable("time: must have a zone")
    try:
        publication = _written(data, event_id, source, time)
    except (PydanticSerializationError, UnicodeEncodeError, OverflowError):
        raise Unpublishable("a member is of the wrong type or cannot be written") from None
    read_back = decode_as(PUBLISHED, (), publication.key, publication.value)
    if isinstance(read_back, Rejected):
        raise Unpublishable(read_back.reason)
    return publication


def read_line(line: bytes | str) -> Publication | Rejected:
    """The record for one line of a file of structured register events, or what is wrong with it.

    The event is read as the engine reads it and written anew: members unknown to the
    contract are dropped, and subject and key become the entity's id.
    """
    try:
        value = line.encode() if isinstance(line, str) else line
    except UnicodeEncodeError:
        return Rejected("value: has a lone surrogate")
    event = decode((), None, value.strip(b" \t\r\n"))
    if isinstance(event, Rejected):
        return event
    return _written(event.data, event.id, event.source, event.time)


def _written(data: PublishedData, event_id: str, source: str, time: datetime) -> Publication:
    event = _BY_MODEL[type(data)]
    entity_id = data.entity_id()
    envelope = json.dumps(
        {
            "specversion": SPECVERSION,
            "id": event_id,
            "source": source,
            "type": event.name,
            "subject": entity_id,
            "time": write_instant(time),
            "datacontenttype": JSON_MEDIA_TYPE,
        },
        ensure_ascii=False,
    )
    members = data.model_dump_json(exclude_none=True, warnings="error")
    value = f'{envelope[:-1]}, "data": {members}}}'.encode()
    return Publication(event.topic, entity_id.encode(), value, (("content-type", CONTENT_TYPE),))
