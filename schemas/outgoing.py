"""What Rollcall itself publishes: the life of chats, and what people decided by hand.

``rollcall.chats`` tells others which chats exist. ``rollcall.decisions`` is the journal of
staff's decisions outside of the database, from which a restored one takes those it lacks;
it carries ids and the title that somebody chose, no names, birth dates or sexes.

Each kind of decision is a type of its own, so that none has members that sometimes do not
apply. The latest by (``at``, ``decision_id``) counts: about membership and about role per
chat and person, about title and deletion per chat, about staying per chat and account, about
a kind of chats per school, about a distance lesson per lesson.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from schemas.data import EventData
from schemas.events import Catalogue, EventType, catalogue
from schemas.fields import NO_NUL_PATTERN, Id, Instant, LongId

CHATS_TOPIC: Final = "rollcall.chats"
DECISIONS_TOPIC: Final = "rollcall.decisions"

Title = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=200, json_schema_extra={"pattern": NO_NUL_PATTERN}),
]
"""1-200 code points, as the messenger takes them."""

MaxChatId = Annotated[int, Field(strict=True, ge=-(2**63), le=2**63 - 1)]


class ChatData(EventData):
    """The whole state of a chat; ``max_chat_id`` is none until the messenger has it."""

    chat_id: LongId
    school_id: Id
    kind: Literal["staff_room", "class", "parents", "subject"]
    class_id: Id | None = None
    subject_group_id: Id | None = None
    max_chat_id: MaxChatId | None = None
    title: Title

    def entity_id(self) -> str:
        """The chat's id."""
        return self.chat_id


class ChatCreated(ChatData):
    """The chat was created in the messenger."""


class ChatRenamed(ChatData):
    """The chat has a new title."""


class ChatDeleted(ChatData):
    """The chat was deleted in the messenger."""


class ChatConverged(ChatData):
    """The messenger confirmed that the right people are in the chat."""


class _Decided(EventData):
    """A person's decision about a chat: its own id, who decided, and when."""

    decision_id: LongId
    chat_id: LongId
    school_id: Id
    author: LongId = Field(description="The id of who decided, never a name.")
    at: Instant

    def entity_id(self) -> str:
        """The chat's id, so that the decisions about one chat stay in one partition."""
        return self.chat_id


class MembershipDecided(_Decided):
    """A person was added to a chat or excluded from it by hand, or that was taken back."""

    person_id: Id
    membership: Literal["added", "excluded", "none"]


class RoleDecided(_Decided):
    """A person's role in a chat was chosen by hand, or that was taken back."""

    person_id: Id
    role: Literal["administrator", "member", "none"]


class TitleDecided(_Decided):
    """A chat's title was chosen by hand; none gives it back to the rules."""

    title: Title | None = None


class DeletionDecided(_Decided):
    """A chat was deleted by hand, or brought back."""

    deleted: Annotated[bool, Field(strict=True)]


class FoundingDecided(_Decided):
    """A chat was made by hand: what it is for, and who is in it.

    ``filling``: whom the rules put there, or only those whom somebody chose.
    """

    kind: Literal["staff_room", "class", "parents", "subject"]
    class_id: Id | None = None
    subject_group_id: Id | None = None
    filling: Literal["rule", "chosen"]
    title: Title


class StayDecided(_Decided):
    """An account that nobody expects in a chat was let stay by hand, or that was taken back."""

    max_user_id: Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]
    stays: Annotated[bool, Field(strict=True)]


class KindDecided(EventData):
    """Whether chats of a kind make themselves in a school was decided by hand."""

    decision_id: LongId
    school_id: Id
    kind: Literal["staff_room", "class", "parents", "subject"]
    created: Annotated[bool, Field(strict=True)]
    author: LongId = Field(description="The id of who decided, never a name.")
    at: Instant

    def entity_id(self) -> str:
        """The school's id."""
        return self.school_id


class LessonDecided(EventData):
    """A distance lesson was made or renamed by hand; without a title it was deleted."""

    decision_id: LongId
    lesson_id: Id
    school_id: Id
    author: LongId = Field(description="The id of who decided, never a name.")
    at: Instant
    title: Title | None = None
    insists: Annotated[bool, Field(strict=True)] = Field(
        description="Deleted although people were in its call."
    )

    def entity_id(self) -> str:
        """The lesson's id, so that the decisions about one lesson stay in one partition."""
        return self.lesson_id


ChatLifeData = ChatCreated | ChatRenamed | ChatDeleted | ChatConverged
DecisionData = (
    MembershipDecided
    | RoleDecided
    | TitleDecided
    | DeletionDecided
    | FoundingDecided
    | StayDecided
    | KindDecided
    | LessonDecided
)

CHATS: Final[Catalogue[ChatLifeData]] = catalogue(
    EventType("rollcall.chat.created.v1", ChatCreated, CHATS_TOPIC),
    EventType("rollcall.chat.renamed.v1", ChatRenamed, CHATS_TOPIC),
    EventType("rollcall.chat.deleted.v1", ChatDeleted, CHATS_TOPIC),
    EventType("rollcall.chat.converged.v1", ChatConverged, CHATS_TOPIC),
)
"""What Rollcall publishes about chats."""

DECISIONS: Final[Catalogue[DecisionData]] = catalogue(
    EventType("rollcall.membership.decided.v1", MembershipDecided, DECISIONS_TOPIC),
    EventType("rollcall.role.decided.v1", RoleDecided, DECISIONS_TOPIC),
    EventType("rollcall.title.decided.v1", TitleDecided, DECISIONS_TOPIC),
    EventType("rollcall.deletion.decided.v1", DeletionDecided, DECISIONS_TOPIC),
    EventType("rollcall.stay.decided.v1", StayDecided, DECISIONS_TOPIC),
    EventType("rollcall.kind.decided.v1", KindDecided, DECISIONS_TOPIC),
    EventType("rollcall.founding.decided.v1", FoundingDecided, DECISIONS_TOPIC),
    EventType("rollcall.lesson.decided.v1", LessonDecided, DECISIONS_TOPIC),
)
"""What Rollcall publishes about decisions, and reads back after a restore."""
