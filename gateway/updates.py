"""Reading the updates that MAX sends: bytes to ``domain.hints.Update``.

Strict on what we use, blind to what we do not, as with answers. Names of people are in the
bodies and are never kept.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from domain.hints import HintKind, Update
from domain.ids import MaxChatId, MaxUserId
from gateway.verdicts import ChatIdIn, UserIdIn

UPDATE_TYPES = tuple(kind.value for kind in HintKind)
"""What we subscribe to."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_9999_MS = 253_370_764_800_000


class UnreadableUpdate(Exception):
    """The body is no update, or one of ours without what it must have."""


class _In(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


class _User(_In):
    user_id: UserIdIn


class _Envelope(_In):
    update_type: str


class _ChatUpdate(_In):
    timestamp: Annotated[int, Field(ge=0, lt=_YEAR_9999_MS)]
    chat_id: ChatIdIn
    user: _User

    @property
    def at(self) -> datetime:
        return _EPOCH + timedelta(milliseconds=self.timestamp)


class _UserAdded(_ChatUpdate):
    update_type: Literal["user_added"]
    inviter_id: UserIdIn | None = None

    def update(self) -> Update:
        by = None if self.inviter_id is None else MaxUserId(self.inviter_id)
        user_id = MaxUserId(self.user.user_id)
        return Update(HintKind.USER_ADDED, MaxChatId(self.chat_id), self.at, user_id, by)


class _UserRemoved(_ChatUpdate):
    update_type: Literal["user_removed"]
    admin_id: UserIdIn | None = None

    def update(self) -> Update:
        by = None if self.admin_id is None else MaxUserId(self.admin_id)
        user_id = MaxUserId(self.user.user_id)
        return Update(HintKind.USER_REMOVED, MaxChatId(self.chat_id), self.at, user_id, by)


class _TitleChanged(_ChatUpdate):
    update_type: Literal["chat_title_changed"]
    title: str

    def update(self) -> Update:
        by = MaxUserId(self.user.user_id)
        chat = MaxChatId(self.chat_id)
        return Update(HintKind.TITLE_CHANGED, chat, self.at, None, by, self.title)


class _BotMoved(_ChatUpdate):
    update_type: Literal["bot_added", "bot_removed"]

    def update(self) -> Update:
        by = MaxUserId(self.user.user_id)
        return Update(HintKind(self.update_type), MaxChatId(self.chat_id), self.at, None, by)


_OURS: TypeAdapter[_UserAdded | _UserRemoved | _TitleChanged | _BotMoved] = TypeAdapter(
    Annotated[
        _UserAdded | _UserRemoved | _TitleChanged | _BotMoved, Field(discriminator="update_type")
    ]
)


def read_update(body: bytes) -> Update | None:
    """The update in a body; None for a type that we did not ask for.

    Raises:
        UnreadableUpdate: with no word of the body.
    """
    try:
        if _Envelope.model_validate_json(body).update_type not in UPDATE_TYPES:
            return None
        return _OURS.validate_json(body).update()
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
    message = f"{problem['type']} at {'.'.join(str(step) for step in problem['loc']) or 'body'}"
    raise UnreadableUpdate(message)


__all__ = ["UPDATE_TYPES", "UnreadableUpdate", "read_update"]
