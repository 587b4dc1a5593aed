"""Reading the updates that MAX sends: bytes to ``domain.hints.Update``.

Any member of an update may go or be added with time. So an update of one of our types whose
chat can be read is a hint to go and read that chat, whatever else of it cannot be read: what is
not what it should be counts as not told. Names of people are in the bodies and are never kept.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from domain.hints import HintKind, Update
from domain.ids import MaxChatId, MaxUserId
from domain.profile_links import Confirmation
from gateway.member_answers import storable
from gateway.replies import ChatIdIn, UserIdIn

UPDATE_TYPES = tuple(kind.value for kind in HintKind)
"""What we subscribe to."""

PROFILE_LINKED = "profile_linked"
"""And to this of the partner contract, where people link their profiles with us."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_9999_MS = 253_370_764_800_000
_TOUCHED = frozenset({HintKind.USER_ADDED, HintKind.USER_REMOVED})
_BY = {HintKind.USER_ADDED: "inviter_id", HintKind.USER_REMOVED: "admin_id"}

_USER: TypeAdapter[int] = TypeAdapter(UserIdIn)
_TIME: TypeAdapter[int] = TypeAdapter(Annotated[int, Field(ge=0, lt=_YEAR_9999_MS)])


class UnreadableUpdate(Exception):
    """The body is no update, or one of ours without the chat that it is about."""


class _Envelope(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)

    update_type: str


def _anything(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


class _Ours(_Envelope):
    """An update of one of our types: the chat strictly, and the rest as it came."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow", hide_input_in_errors=True)

    chat_id: ChatIdIn
    user: Annotated[dict[str, Any], BeforeValidator(_anything)] = Field(default_factory=dict)

    def told(self, name: str) -> object:
        """A member that may be there."""
        return (self.model_extra or {}).get(name)


def read_update(body: bytes) -> Update | None:
    """The update in a body; None for a type that we did not ask for.

    Raises:
        UnreadableUpdate: with no word of the body.
    """
    try:
        if _Envelope.model_validate_json(body).update_type not in UPDATE_TYPES:
            return None
        return _hint(_Ours.model_validate_json(body))
    except ValidationError as error:
        problem = error
    raise UnreadableUpdate(_said(problem))


class _Linked(_Envelope):
    external_id: Annotated[str, Field(min_length=1, max_length=256)]
    user_id: UserIdIn
    timestamp: object = None


def read_confirmation(body: bytes) -> Confirmation | None:
    """The confirmed profile link in a body; None for an update of another type.

    Raises:
        UnreadableUpdate: with no word of the body.
    """
    try:
        if _Envelope.model_validate_json(body).update_type != PROFILE_LINKED:
            return None
        linked = _Linked.model_validate_json(body)
    except ValidationError as error:
        problem = error
    else:
        account = MaxUserId(linked.user_id)
        return Confirmation(linked.external_id, account, _time(linked.timestamp))
    raise UnreadableUpdate(_said(problem))


def _said(error: ValidationError) -> str:
    problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{problem['type']} at {'.'.join(str(step) for step in problem['loc']) or 'body'}"


def _hint(update: _Ours) -> Update:
    kind = HintKind(update.update_type)
    user = _account(update.user.get("user_id"))
    if kind is HintKind.BOT_RIGHTS:
        user = _account(update.told("user_id"))
    by = _account(update.told(_BY[kind])) if kind in _BY else user
    title = update.told("title")
    return Update(
        kind=kind,
        max_chat_id=MaxChatId(update.chat_id),
        at=_time(update.told("timestamp")),
        user_id=user if kind in _TOUCHED else None,
        by=by,
        title=storable(title) if isinstance(title, str) else None,
    )


def _account(value: object) -> MaxUserId | None:
    try:
        return MaxUserId(_USER.validate_python(value, strict=True))
    except ValidationError:
        return None


def _time(value: object) -> datetime | None:
    try:
        return _EPOCH + timedelta(milliseconds=_TIME.validate_python(value, strict=True))
    except ValidationError:
        return None


__all__ = [
    "PROFILE_LINKED",
    "UPDATE_TYPES",
    "UnreadableUpdate",
    "read_confirmation",
    "read_update",
]
