"""What a request of the API may bear; anything else is 422 and changes nothing.

Guarantees: a text that PostgreSQL cannot keep never gets past here; a member that nobody knows is
refused, since whoever misspells one believes that it was heard.
"""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Header, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from console.pages import ID, Account
from domain.chats import Filling
from domain.choice import Choice
from domain.decisions import KindSwitch
from domain.founding import Purpose
from domain.ids import ChatId, ClassId, GroupId, PersonId, SchoolId
from operations.candidates import CandidatesFilter, CandidatesLook, Order, Part, SortedBy
from operations.chat_people import Look
from operations.founding import Wanted
from operations.initialising import InitialisingWish
from operations.member_choice import MembersFilter, Show
from operations.new_chat_offer import NewChatLook, key_of
from operations.plans import Choice as Verdict
from operations.school_chats import ChatKind, ChatsWanted, Column, StandingGroup

PEOPLE_LIMIT: Final = 1000
"""People of one change."""

SIZE_LIMIT: Final = 200
"""Rows of one page."""

_STORABLE: Final = r"^[^\x00]*$"
"""PostgreSQL keeps no NUL; half of a surrogate pair is no text to begin with."""

Text = Annotated[str, StringConstraints(max_length=200, pattern=_STORABLE)]
Id = Annotated[str, StringConstraints(pattern=f"^{ID}$")]
InPath = Annotated[str, Path(pattern=f"^{ID}$")]
"""A chat's or a school's id."""
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,64}$")]
Version = Annotated[int, Field(ge=0, le=1_000_000_000_000)]
PageNumber = Annotated[int, Field(ge=1, le=1_000_000)]
PageSize = Annotated[int, Field(ge=1, le=SIZE_LIMIT)]

Key = Annotated[
    UUID,
    Header(
        alias="Idempotency-Key",
        description="A new UUID for each change; sent again with the same one it is done once.",
    ),
]


class Asked(BaseModel):
    """A body."""

    model_config = ConfigDict(extra="forbid")


class _Paged(Asked):
    page: PageNumber = 1
    size: PageSize = 50


class ChatsAsked(_Paged):
    """Which of a school's chats: by words of the title, by a member's surname, and so on."""

    title: Text = ""
    surname: Text = ""
    kind: ChatKind | None = None
    class_id: Id | None = None
    state: StandingGroup | None = None
    sort: Column = Column.TITLE
    descending: bool = False

    @property
    def wanted(self) -> ChatsWanted:
        """The same for the operation."""
        return ChatsWanted(
            words=self.title.strip(),
            surname=self.surname.strip(),
            kind=self.kind,
            class_id=None if self.class_id is None else ClassId(self.class_id),
            group=self.state,
            column=self.sort,
            descending=self.descending,
        )


class MembersAsked(_Paged):
    """Which of a chat's people: by words of the name, and by what they are."""

    name: Text = ""
    show: Show = Show.ALL

    @property
    def look(self) -> Look:
        """The same for the operation."""
        return Look(MembersFilter(self.name, self.show), self.page, self.size)


class CandidatesAsked(_Paged):
    """Which of a school's people can be chosen for a chat."""

    name: Text = ""
    parts: list[Part] = Field(default_factory=list, max_length=len(Part))
    sex: Literal["", "female", "male"] = ""
    class_id: Id | None = None
    sort: SortedBy = SortedBy.SURNAME
    descending: bool = False

    @property
    def look(self) -> CandidatesLook:
        """The same for the operation."""
        wanted = CandidatesFilter(self.name, frozenset(self.parts), self.sex, self.class_id or "")
        return CandidatesLook(wanted, Order(self.page, self.size, self.sort, self.descending))


class PeopleChosen(Asked):
    """Whom a change is about, and the chat's ``version`` that was seen."""

    person_ids: list[Id] = Field(min_length=1, max_length=PEOPLE_LIMIT)
    version: Version

    @property
    def choice(self) -> "Choice[MembersFilter]":
        """The same for an operation on members."""
        return Choice(also=self._people)

    @property
    def new(self) -> "Choice[CandidatesFilter]":
        """The same for the one that adds."""
        return Choice(also=self._people)

    @property
    def _people(self) -> frozenset[PersonId]:
        return frozenset(map(PersonId, self.person_ids))


class NewChatAsked(Asked):
    """A chat to be made; ``known`` are those for the same of which whoever asks was told."""

    kind: ChatKind
    class_id: Id | None = None
    group_id: Id | None = None
    title: Annotated[str, StringConstraints(max_length=2000, pattern=_STORABLE)]
    filling: Filling
    person_ids: list[Id] = Field(default_factory=list, max_length=PEOPLE_LIMIT)
    known: list[Id] = Field(default_factory=list, max_length=PEOPLE_LIMIT)

    def wanted(self, school_id: SchoolId, act_id: UUID) -> Wanted:
        """The same for the operation."""
        of_class = None if self.class_id is None else ClassId(self.class_id)
        of_group = None if self.group_id is None else GroupId(self.group_id)
        purpose = Purpose(school_id, self.kind, of_class, of_group)
        chosen = frozenset(map(PersonId, self.person_ids))
        people = CandidatesLook(choice=Choice(also=chosen))
        look = NewChatLook(self.kind, of_class, of_group, self.filling, people, key_of(purpose))
        return Wanted(act_id, look, self.title, known=frozenset(map(ChatId, self.known)))


class TitleChosen(Asked):
    """Another title, and the chat's ``version`` that was seen."""

    title: Annotated[str, StringConstraints(max_length=2000, pattern=_STORABLE)]
    version: Version


class ActNamed(Asked):
    """An act to take back, by the id with which it was answered."""

    act_id: UUID


class AccountNamed(Asked):
    """An account that somebody brought in inside MAX, and the chat's ``version`` that was seen."""

    account: Account
    version: Version


class InitialisingAsked(Asked):
    """Which kinds of chat are to be made and brought into step.

    ``drops_by_hand``: whoever was added by hand, and belongs by nothing else, is let go.
    """

    kinds: list[ChatKind] = Field(min_length=1, max_length=len(ChatKind))
    drops_by_hand: bool

    def wish(self, school_id: SchoolId) -> InitialisingWish:
        """The same for the operation."""
        return InitialisingWish(school_id, frozenset(self.kinds), self.drops_by_hand)


class InitialisingConfirmed(InitialisingAsked):
    """The same, and the ``hash`` of the plan that was seen."""

    hash: Hash


class KindSwitched(Asked):
    """Whether chats of a kind make themselves."""

    created: KindSwitch


class Decided(Asked):
    """What is to become of a set of removals that is held, by its hash."""

    hash: Hash
    choice: Verdict
