"""What the API answers with; each is made of an operation's answer by the names of its members."""

from datetime import date, datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.obstacles import ObstacleKind
from operations.candidates import Part
from operations.member_answers import Act, Stay
from operations.school_chats import ChatKind, ChatStanding, StandingGroup
from operations.timeline import Sort

T = TypeVar("T")


class Model(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(from_attributes=True)


class Name(Model):
    """What somebody is called; ``patronymic`` may be empty."""

    surname: str
    given_name: str
    patronymic: str


class Paged(Model, Generic[T]):
    """A page of a list, counted from 1; a number past the last page answers with the last."""

    items: list[T]
    page: int
    size: int
    total: int


class ListedChat(Model):
    """``outside`` of the ``members`` are linked and not inside; ``link`` is for who is in it."""

    chat_id: str
    kind: ChatKind
    title: str
    class_id: str | None
    class_name: str | None
    school_year: str | None
    members: int
    outside: int
    administrators: list[Name]
    standing: ChatStanding
    state: StandingGroup
    may_delete: bool
    may_decide: bool
    link: str | None


class ChatList(Paged[ListedChat]):
    """``troubles`` keep chats of any school from being as they should be."""

    school_id: str
    school: str | None
    troubles: list[ObstacleKind]


class Rights(Model):
    """What whoever asks may do in a chat."""

    see_members: bool
    add: bool
    remove: bool
    set_administrators: bool
    rename: bool


class Chat(Model):
    """A chat; ``version`` goes into the next change, which is refused where it is overtaken."""

    chat_id: str
    school_id: str
    kind: ChatKind
    class_id: str | None
    group_id: str | None
    class_name: str | None
    school_year: str | None
    title: str
    state: str
    expected: int
    link: str | None
    administrators: list[Name]
    rights: Rights
    version: int


class Reason(Model):
    """Why somebody belongs in a chat: the fact by its kind and id, and the order behind it."""

    kind: str
    ref: str
    order: str | None


class Member(Model):
    """Somebody who is, or should be, in a chat; without ``reasons`` they do not belong there."""

    person_id: str | None
    account: int | None
    name: Name | None
    role: str
    state: str
    reasons: list[Reason]
    blocked_as: str | None
    since: datetime | None
    retry_at: datetime | None
    drift: str | None
    due_at: datetime | None
    kept_by: str | None


class MemberList(Paged[Member]):
    """People of a chat."""

    version: int


class PartIn(Model):
    """What somebody is in a school, of which class."""

    part: Part
    class_name: str | None


class Candidate(Model):
    """Somebody who can be chosen; ``already`` in the chat, ``excluded`` from it by hand."""

    person_id: str
    name: Name
    birth_date: date | None
    parts: list[PartIn]
    already: bool
    excluded: bool


class CandidateList(Paged[Candidate]):
    """People of a school."""

    version: int


class Done(Model):
    """It is decided, and the messenger follows; ``act_id`` takes it back."""

    act: Act | Stay | None
    act_id: UUID
    people: int


class Outsider(Model):
    """Whom somebody brought in inside MAX; ``act_id`` takes it back, null where nothing can.

    One who is not kept leaves within seconds, unless ``stays``.
    """

    account: int
    stays: bool
    act_id: UUID | None


class Made(Model):
    """The chat is there, and is made in the messenger as soon as somebody in it has a profile."""

    chat_id: str


class Undone(Model):
    """An act is taken back, but for ``left``, about whom somebody decided anew since."""

    people: int
    left: int


class Deletion(Model):
    """The chat is to be deleted, which nothing takes back; ``anew``: nobody had said so before."""

    chat_id: str
    anew: bool


class Event(Model):
    """A row of a chat's history; ``name``: whom it is about, ``by``: who did it."""

    at: datetime
    sort: Sort
    what: str
    people: int
    name: Name | None
    by: Name | None
    said: str | None
    order: str | None


class EventList(Paged[Event]):
    """What happened to a chat, the latest first."""


class OwnChat(Model):
    """A chat of one's own, or a child's; ``obstacle`` keeps its person out."""

    chat_id: str
    school_id: str
    kind: str
    title: str
    link: str | None
    obstacle: str | None


class OwnChats(Model):
    """A person's chats, and by child those that the child is kept from."""

    linked: bool
    chats: list[OwnChat]
    children: dict[str, list[OwnChat]]
