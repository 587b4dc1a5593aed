"""The addresses of the API that only tell: lists, chats, histories, removals that are held.

Whatever a list is searched by is posted, since the name of a person must not stand in an address.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Query, Request, Response

from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.rest import held_models, models
from console.rest.answers import answered, paging
from console.rest.asked import (
    CandidatesAsked,
    ChatsAsked,
    InPath,
    MembersAsked,
    PageNumber,
    PageSize,
)
from domain.ids import ChatId, SchoolId
from domain.rights import Scope
from operations import candidates, own_chats, removals, school_chats, timeline
from operations.chat_people import ChatPeople, Look, chat_people
from operations.installation import Installation
from operations.own_chats import OwnChat
from operations.school_chats import ListedChat, group_of
from operations.store import StaffStore

BASE: Final = "/api/v1"


@dataclass(frozen=True, slots=True)
class ApiLists:
    """The addresses over one store."""

    store: StaffStore
    installation: Installation

    def entries(self) -> list[Entry]:
        """The addresses."""
        staff = Door(Need.STAFF, scope=Scope.CHATS_READ)
        person = Door(Need.PERSON, scope=Scope.CHATS_READ)
        chat = f"{BASE}/chats/{{chat_id}}"
        return [
            Entry(f"{BASE}/me/chats", self.own, person, answer=models.OwnChats),
            Entry(f"{BASE}/schools/{{school_id}}/chats/search", self.chats, staff, "POST",
                  answer=models.ChatList),
            Entry(chat, self.chat, staff, answer=models.Chat),
            Entry(f"{chat}/members/search", self.members, staff, "POST",
                  answer=models.MemberList),
            Entry(f"{chat}/candidates/search", self.candidates, staff, "POST",
                  answer=models.CandidateList),
            Entry(f"{chat}/history", self.history, staff, answer=models.EventList),
            Entry(f"{chat}/removals", self.removals, staff, answer=held_models.Removals),
        ]  # fmt: skip

    async def own(self, request: Request) -> Response:
        """The chats in which a person belongs, and those that their children are kept from."""
        visit = visitor(request)
        found = await own_chats.own_chats(
            self.store, visit.actor, visit.person_id, self.installation
        )
        return answered(
            models.OwnChats(
                linked=found.linked,
                chats=[_own(chat) for _, group in found.groups for chat in group],
                children={
                    each.child.person_id: [_own(chat) for chat in each.kept_from]
                    for each in found.children
                },
            )
        )

    async def chats(self, request: Request, school_id: InPath, asked: ChatsAsked) -> Response:
        """The chats of a school."""
        actor, which = visitor(request).actor, SchoolId(school_id)
        found = await school_chats.school_chats(
            self.store, actor, which, asked.wanted, asked.page, asked.size
        )
        return answered(
            models.ChatList(
                **paging(found.chats),
                items=[_listed(row) for row in found.chats.rows],
                school_id=which,
                school=found.school,
                troubles=list(found.troubles),
            )
        )

    async def chat(self, request: Request, chat_id: InPath) -> Response:
        """A chat, and what whoever asks may do in it."""
        actor, which = visitor(request).actor, ChatId(chat_id)
        return answered(_chat(await chat_people(self.store, actor, which, Look(size=1))))

    async def members(self, request: Request, chat_id: InPath, asked: MembersAsked) -> Response:
        """The people of a chat."""
        actor, which = visitor(request).actor, ChatId(chat_id)
        found = await chat_people(self.store, actor, which, asked.look)
        items = [models.Member.model_validate(each) for each in found.members.rows]
        return answered(
            models.MemberList(**paging(found.members), items=items, version=found.position)
        )

    async def candidates(
        self, request: Request, chat_id: InPath, asked: CandidatesAsked
    ) -> Response:
        """Whom one can choose for a chat."""
        actor, which = visitor(request).actor, ChatId(chat_id)
        found = await candidates.candidates(self.store, actor, which, asked.look)
        items = [_candidate(each) for each in found.people.rows]
        return answered(
            models.CandidateList(**paging(found.people), items=items, version=found.position)
        )

    async def history(
        self,
        request: Request,
        chat_id: InPath,
        page: Annotated[PageNumber, Query()] = 1,
        size: Annotated[PageSize, Query()] = 50,
    ) -> Response:
        """What happened to a chat."""
        actor, which = visitor(request).actor, ChatId(chat_id)
        found = await timeline.timeline(self.store, actor, which, page, size)
        items = [models.Event.model_validate(each) for each in found.events.rows]
        return answered(models.EventList(**paging(found.events), items=items))

    async def removals(self, request: Request, chat_id: InPath) -> Response:
        """Removals in a chat that the guard holds."""
        actor, which = visitor(request).actor, ChatId(chat_id)
        found = await removals.removals_of(self.store, actor, which)
        return answered(
            held_models.Removals(
                chat_id=which,
                mine=[held_models.HeldSet.model_validate(each) for each in found.sets],
                others=[held_models.HeldSet.model_validate(each) for each in found.others],
            )
        )


def _own(chat: OwnChat) -> models.OwnChat:
    return models.OwnChat.model_validate(chat)


def _listed(listed: ListedChat) -> models.ListedChat:
    row = listed.row
    return models.ListedChat(
        chat_id=row.chat.chat_id,
        kind=row.chat.kind,
        title=row.title,
        class_id=row.chat.class_id,
        class_name=row.class_name,
        school_year=row.school_year,
        members=row.members,
        outside=row.outside,
        administrators=[models.Name.model_validate(name) for name in row.names],
        standing=row.standing,
        state=group_of(row.standing),
        may_delete=listed.may_delete,
        may_decide=listed.may_decide,
        link=listed.link,
    )


def _chat(found: ChatPeople) -> models.Chat:
    card = found.card
    return models.Chat(
        chat_id=card.thing.chat_id,
        school_id=card.thing.school_id,
        kind=card.thing.kind,
        class_id=card.thing.class_id,
        group_id=card.thing.group_id,
        class_name=card.class_name,
        school_year=card.school_year,
        title=card.title,
        state=card.state,
        expected=card.expected,
        link=card.link,
        administrators=[models.Name.model_validate(name) for name in found.administrators],
        rights=models.Rights.model_validate(found.rights),
        version=found.position,
    )


def _candidate(each: candidates.Candidate) -> models.Candidate:
    return models.Candidate(
        person_id=each.person_id,
        name=models.Name.model_validate(each.name),
        birth_date=each.birth_date,
        parts=[models.PartIn(part=part, class_name=of) for part, of in each.parts],
        already=each.already,
        excluded=each.excluded,
    )
