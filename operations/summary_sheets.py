"""«Сводка школы» on paper: of each class those who are not in the chats yet, and the way in.

Guarantees: a link is on paper only from whoever manages the chat, and only for people whom it
helps: who is not linked would come as a stranger and be taken out again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.actors import Actor
from domain.ids import ChatId, ClassId, SchoolId
from operations.links import BY_LINK, leads_out
from operations.store import StaffStore
from operations.summary_extent import by_class, extent_of, people_of
from projections.staff import fence, names, summary
from projections.staff.summary import SummaryPerson

__all__ = ["Sheet", "SheetChat", "Sheets", "sheets"]


@dataclass(frozen=True, slots=True)
class SheetChat:
    """A chat that these people can enter by its link."""

    chat_id: ChatId
    title: str
    link: str
    people: tuple[SummaryPerson, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Of one class, or of the staff, those who are not in yet, by what they can do about it.

    ``unlinked`` have to link their profile first; ``others`` can do nothing by a link.
    """

    class_id: ClassId | None
    class_name: str | None
    unlinked: tuple[SummaryPerson, ...]
    chats: tuple[SheetChat, ...]
    others: tuple[SummaryPerson, ...]


@dataclass(frozen=True, slots=True)
class Sheets:
    """The pages to print, of those classes in which somebody is not in."""

    school: str | None
    sheets: tuple[Sheet, ...]


async def sheets(
    store: StaffStore, actor: Actor, school_id: SchoolId, class_id: ClassId | None
) -> Sheets:
    """The pages to print of a class, or (None) of all that is theirs in the school.

    Raises:
        NoSuchClass: there is none of this id for who asks.
        NotPermitted: nothing of it is for who asks.
        NoSuchSchool: nothing is known of it.
    """
    async with fence.reading(store.engine, actor) as connection:
        extent = await extent_of(connection, actor, school_id, class_id)
        outside = [each for each in await people_of(connection, extent) if each.why]
        chats = {gone.chat_id for each in outside for gone in each.missing}
        links = await summary.links(connection, sorted(chats))
        known = await names.names_of_schools(connection, [extent.school_id])
    links = {chat: link for chat, link in links.items() if leads_out(link)}
    return Sheets(
        known.get(extent.school_id),
        tuple(_sheet(those, links) for _, those in by_class(outside)),
    )


def _sheet(people: Sequence[SummaryPerson], links: dict[ChatId, str]) -> Sheet:
    linked = [each for each in people if each.linked]
    chats = list(_chats_of(linked, links))
    enter = {each.person_id for chat in chats for each in chat.people}
    return Sheet(
        class_id=people[0].class_id,
        class_name=people[0].class_name,
        unlinked=tuple(each for each in people if not each.linked),
        chats=tuple(chats),
        others=tuple(each for each in linked if each.person_id not in enter),
    )


def _chats_of(linked: Iterable[SummaryPerson], links: dict[ChatId, str]) -> Iterable[SheetChat]:
    titles: dict[ChatId, str] = {}
    people: dict[ChatId, list[SummaryPerson]] = {}
    for each in linked:
        for gone in each.missing:
            if gone.chat_id in links and gone.absence.value in BY_LINK:
                titles[gone.chat_id] = gone.title
                people.setdefault(gone.chat_id, []).append(each)
    for chat_id, those in people.items():
        yield SheetChat(chat_id, titles[chat_id], links[chat_id], tuple(those))
