"""Schools, their chats and who is in those: what an operator looks through.

Ids and titles; never a person's name.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.chats import ChatKind
from domain.ids import ChatId, SchoolId
from operations.errors import NoSuchChat, NoSuchSchool
from operations.listing import Page, matches, order_key, page_of
from operations.store import Overview
from projections.reports.overview_rows import ChatRow, MemberReason, MemberRow, SchoolName

__all__ = [
    "ChatFilter",
    "ChatMembers",
    "ChatRow",
    "FoundSchools",
    "MemberReason",
    "MemberRow",
    "SchoolChats",
    "SchoolName",
    "chat",
    "find",
    "school",
]

_KINDS = [kind.value for kind in ChatKind]


@dataclass(frozen=True, slots=True)
class FoundSchools:
    """A page of schools, and of each on it how many chats are in each state."""

    schools: Page[SchoolName]
    states: dict[str, dict[str, int]]


async def find(store: Overview, words: str, page: int, size: int) -> FoundSchools:
    """The schools in whose name or id all the words stand; those without a name come last."""
    found = [
        school for school in await store.schools() if matches(words, school.name, school.school_id)
    ]
    schools = page_of(sorted(found, key=_school_order), page, size)
    states = await store.states_of([school.school_id for school in schools.rows])
    return FoundSchools(schools, states)


@dataclass(frozen=True, slots=True)
class ChatFilter:
    """Chats with these words in the title; of one kind, and in one state, where it is given."""

    words: str = ""
    kind: str = ""
    state: str = ""

    def takes(self, chat: ChatRow) -> bool:
        """Whether the chat is one of them."""
        return (
            matches(self.words, chat.title)
            and self.kind in {"", chat.kind}
            and self.state in {"", chat.state}
        )


@dataclass(frozen=True, slots=True)
class SchoolChats:
    """A school and a page of its chats; ``all_chats`` and ``states`` count them unfiltered."""

    school: SchoolName
    chats: Page[ChatRow]
    all_chats: int
    drifted: int
    states: dict[str, int]


async def school(
    store: Overview, school_id: SchoolId, wanted: ChatFilter, page: int, size: int
) -> SchoolChats:
    """The chats of a school.

    Raises:
        NoSuchSchool: nothing is known of it.
    """
    found = await store.school(school_id)
    if found is None:
        raise NoSuchSchool(school_id)
    chats = await store.chats(school_id)
    return SchoolChats(
        school=found,
        chats=page_of(sorted(filter(wanted.takes, chats), key=_chat_order), page, size),
        all_chats=len(chats),
        drifted=await store.drifted("", school_id),
        states=_counted(each.state for each in chats),
    )


@dataclass(frozen=True, slots=True)
class ChatMembers:
    """A chat and a page of its people; ``states`` counts all of them."""

    chat: ChatRow
    school: SchoolName | None
    members: Page[MemberRow]
    states: dict[str, int]


async def chat(store: Overview, chat_id: ChatId, page: int, size: int) -> ChatMembers:
    """The people of a chat, by their ids.

    Raises:
        NoSuchChat: there is none of this id.
    """
    found = await store.chat(chat_id)
    if found is None:
        raise NoSuchChat([chat_id])
    members = await store.members(chat_id)
    return ChatMembers(
        chat=found,
        school=await store.school(found.school_id),
        members=page_of(members, page, size),
        states=_counted(each.state for each in members),
    )


def _school_order(school: SchoolName) -> tuple[object, ...]:
    """Schools of which only chats are known come last."""
    return (school.name is None, order_key(school.name or ""), school.school_id)


def _chat_order(chat: ChatRow) -> tuple[object, ...]:
    return (_KINDS.index(chat.kind), order_key(chat.title), chat.chat_id)


def _counted(values: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts
