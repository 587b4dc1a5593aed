"""Everything that can happen to the simulator's state, as flat frozen records.

State is changed only by applying one of these, so the journal that makes it durable is the
list of them and nothing else. Times are milliseconds since 1970; ``by`` is the account that
acted, None where a person did it alone (joined by link, left).
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from simulator.errors import JournalUnreadableError


@dataclass(frozen=True, slots=True)
class ChatCreated:
    """The bot created a chat, alone in it; the members follow as a change of their own."""

    chat_id: int
    external_id: str
    title: str
    kind: str
    at: int


@dataclass(frozen=True, slots=True)
class ChatDeleted:
    """A chat is gone for good; its external id stays taken."""

    chat_id: int
    at: int


@dataclass(frozen=True, slots=True)
class TitleChanged:
    """A chat has another title."""

    chat_id: int
    title: str
    by: int
    at: int


@dataclass(frozen=True, slots=True)
class MembersAdded:
    """Accounts that were not members are now."""

    chat_id: int
    user_ids: tuple[int, ...]
    by: int | None
    at: int


@dataclass(frozen=True, slots=True)
class MemberRemoved:
    """A member is none any more, nor an administrator."""

    chat_id: int
    user_id: int
    by: int | None
    at: int


@dataclass(frozen=True, slots=True)
class AdminSet:
    """A member has exactly these rights as an administrator."""

    chat_id: int
    user_id: int
    permissions: tuple[str, ...]
    alias: str | None
    at: int


@dataclass(frozen=True, slots=True)
class AdminRemoved:
    """An administrator is an ordinary member again."""

    chat_id: int
    user_id: int
    at: int


@dataclass(frozen=True, slots=True)
class OwnerSet:
    """A chat belongs to another member; the former owner stays, with an administrator's rights."""

    chat_id: int
    user_id: int
    at: int


@dataclass(frozen=True, slots=True)
class AccountSet:
    """An account refuses to be added (or, with None, does not any more)."""

    user_id: int
    refuses: str | None


@dataclass(frozen=True, slots=True)
class BotSet:
    """An account is a bot of somebody else's (or a person)."""

    user_id: int
    is_bot: bool


@dataclass(frozen=True, slots=True)
class LinkIssued:
    """A one-time profile link for a person of the partner's, replacing any former one."""

    link_id: str
    external_id: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class LinkConfirmed:
    """Somebody confirmed a profile link in MAX."""

    link_id: str
    external_id: str
    user_id: int
    at: int


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A person of the partner's has no account any more."""

    external_id: str


@dataclass(frozen=True, slots=True)
class MeetingSet:
    """A call exists with these data; the times are RFC 3339 as the partner wrote them."""

    call_id: str
    external_id: str
    chat_id: int
    title: str
    starts_at: str
    ends_at: str


@dataclass(frozen=True, slots=True)
class MeetingDeleted:
    """A call is cancelled."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A webhook is wanted at this address."""

    url: str
    update_types: tuple[str, ...] | None
    secret: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """No webhook goes to this address any more."""

    url: str


@dataclass(frozen=True, slots=True)
class TokenSet:
    """The bot's token works, or has been withdrawn."""

    valid: bool


ChatChange = (
    ChatCreated
    | ChatDeleted
    | TitleChanged
    | MembersAdded
    | MemberRemoved
    | AdminSet
    | AdminRemoved
    | OwnerSet
)
AccountChange = AccountSet | BotSet | LinkIssued | LinkConfirmed | Unlinked
MeetingChange = MeetingSet | MeetingDeleted
BotChange = Subscribed | Unsubscribed | TokenSet
Change = ChatChange | AccountChange | MeetingChange | BotChange

_BY_NAME: dict[str, type[Change]] = {
    kind.__name__: kind
    for kind in (
        ChatCreated, ChatDeleted, TitleChanged, MembersAdded, MemberRemoved, AdminSet,
        AdminRemoved, OwnerSet, AccountSet, BotSet, LinkIssued, LinkConfirmed, Unlinked, MeetingSet,
        MeetingDeleted, Subscribed, Unsubscribed, TokenSet,
    )
}  # fmt: skip


def encode(change: Change) -> bytes:
    """Write a change as one line of JSON, newline included."""
    record = {"change": type(change).__name__, **asdict(change)}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Change:
    """Read a line that ``encode`` wrote. Raises ``JournalUnreadableError`` on any other."""
    try:
        record = json.loads(line)
        build: Callable[..., Change] = _BY_NAME[record.pop("change")]
        return build(**{k: tuple(v) if isinstance(v, list) else v for k, v in record.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JournalUnreadableError(str(error)) from error
