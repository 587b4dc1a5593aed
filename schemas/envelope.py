"""The CloudEvents 1.0 envelope, as every record of ours has it.

The ids in ``data`` are the identity: ``subject`` is read so that a difference can be
counted, and is otherwise not used.
"""

import re
from typing import Annotated, Final, Generic, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from schemas.data import D_co
from schemas.fields import NO_NUL_PATTERN, Instant, UriReference

SPECVERSION: Final = "1.0"
JSON_MEDIA_TYPE: Final = "application/json"

ATTRIBUTES: Final = frozenset(
    {"specversion", "id", "source", "type", "subject", "time", "datacontenttype"}
)

_JSON_MEDIA = re.compile(
    r"[ \t]*[A-Za-z0-9!#$&^_.+-]+/(?:[A-Za-z0-9!#$&^_.-]+\+)*json[ \t]*(?:;.*)?", re.IGNORECASE
)


def _is_json(media_type: str) -> str:
    if media_type != JSON_MEDIA_TYPE and _JSON_MEDIA.fullmatch(media_type) is None:
        raise PydanticCustomError("media_type", "must be a JSON media type")
    return media_type


EventId = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=128, json_schema_extra={"pattern": NO_NUL_PATTERN}),
]
Plain = Annotated[str, Field(strict=True, json_schema_extra={"pattern": NO_NUL_PATTERN})]


class Envelope(BaseModel, Generic[D_co]):
    """One event: who says it, when it was recorded, and the state that it carries.

    ``id`` is unique within ``source``; ``time`` is when upstream recorded the fact.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    specversion: Literal["1.0"]
    id: EventId = Field(description="Unique within the source; the same when sent again.")
    source: UriReference
    type: Plain
    subject: Plain | None = Field(
        default=None,
        description="The entity's id; the ids in data count, a difference is only noticed.",
    )
    time: Instant = Field(description="When the fact was recorded upstream.")
    datacontenttype: Annotated[Plain, AfterValidator(_is_json)] | None = None
    data: D_co
