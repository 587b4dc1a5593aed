"""The forms of a chat's screens, as browsers send them, and what they ask.

Guarantees: a form bears the whole state of its screen (filter, page, and who is chosen, by a
filter and those few who are not of it), so nothing is lost by turning a page, with a script or
without; no name of a person ever stands in an address, since whatever is searched for is posted.
"""

from typing import Annotated, Final, Literal, TypeVar
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, Field

from console.pages import Account, PageSize
from domain.choice import Choice
from domain.ids import PersonId
from operations.candidates import CandidatesFilter, CandidatesLook, Order, Part, SortedBy
from operations.chat_people import Look
from operations.listing import PAGE_SIZES
from operations.member_answers import Seen
from operations.member_choice import MembersFilter, Show

F = TypeVar("F")

_BEATS: Final = 6
"""So often a page looks by itself whether what was decided has come about."""

_PEOPLE_LIMIT: Final = 200_000
"""Characters of ids: a form is at most as long as the doors let it be."""


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("PostgreSQL keeps no NUL")
    return text


Plain = Annotated[str, AfterValidator(_storable)]
Words = Annotated[Plain, Field(max_length=200)]
People = Annotated[Plain, Field(max_length=_PEOPLE_LIMIT)]
Number = Annotated[int, Field(ge=1, le=1_000_000_000)]
Position = Annotated[int, Field(ge=0, le=1_000_000_000_000)]
Digest = Annotated[Plain, Field(max_length=64)]


class _ListForm(BaseModel):
    """What the forms of both lists have.

    ``page`` is the one that was asked for, ``at`` the one that was shown. Of its ``rows`` who can
    be ticked, ``was`` are those who were, ``pick`` those who are. ``everybody`` says that the
    choice has a filter, whose members begin with ``of_``. ``told``: the act that was told of;
    ``beat``: how often the page has asked by itself.
    """

    q: Words = ""
    size: PageSize = 10
    page: Number | None = None
    at: Number = 1
    choose: Literal["", "page", "all", "none"] = ""
    rows: People = ""
    everybody: Literal["", "1"] = ""
    of_q: Words = ""
    also: People = ""
    without: People = ""
    was: People = ""
    pick: list[Plain] = Field(default_factory=list, max_length=max(PAGE_SIZES))
    act_id: UUID = Field(default_factory=uuid4)
    position: Position = 0
    seen: Digest = ""
    told: UUID | None = None
    beat: Annotated[int, Field(ge=0, le=_BEATS)] = 0

    @property
    def next_beat(self) -> int | None:
        """The number of the next time, None where the page has asked often enough."""
        return self.beat + 1 if self.beat < _BEATS else None

    @property
    def number(self) -> int:
        """The page to show."""
        return self.page or self.at

    @property
    def before(self) -> Seen:
        """What was seen when it was sent."""
        return Seen(self.act_id, self.position, self.seen)

    def chosen(self, of: F | None, shown: F) -> Choice[F]:
        """Whom the form chooses: by the filter ``of``, the ticks, and the button pressed last."""
        ticked = frozenset(map(PersonId, self.pick))
        if self.choose == "page":
            ticked |= _ids(self.rows)
        choice = Choice(of if self.everybody else None, _ids(self.also), _ids(self.without))
        match self.choose:
            case "none":
                return Choice()
            case "all":
                return choice.turned(_ids(self.was), ticked).all_of(shown)
            case _:
                return choice.turned(_ids(self.was), ticked)


class MembersForm(_ListForm):
    """The list of «Редактировать чат»; ``undo`` is an act to take back, the others an account."""

    show: Show = Show.ALL
    of_show: Show = Show.ALL
    undo: UUID | None = None
    keep: Account | None = None
    out: Account | None = None

    @property
    def look(self) -> Look:
        """What is to be shown."""
        wanted = MembersFilter(self.q, self.show)
        choice = self.chosen(MembersFilter(self.of_q, self.of_show), wanted)
        return Look(wanted, self.number, self.size, choice)


class CandidatesForm(_ListForm):
    """The window «Выбрать участников чата»."""

    part: list[Part] = Field(default_factory=list, max_length=len(Part))
    sex: Literal["", "female", "male"] = ""
    class_id: Annotated[Plain, Field(max_length=64)] = ""
    of_part: list[Part] = Field(default_factory=list, max_length=len(Part))
    of_sex: Literal["", "female", "male"] = ""
    of_class: Annotated[Plain, Field(max_length=64)] = ""
    by: SortedBy = SortedBy.SURNAME
    down: Literal["", "1"] = ""
    sort: Annotated[str, Field(max_length=20)] = ""
    order: Annotated[str, Field(max_length=20)] = ""

    @property
    def look(self) -> CandidatesLook:
        """What is to be shown."""
        wanted = CandidatesFilter(self.q, frozenset(self.part), self.sex, self.class_id)
        parts = frozenset(self.of_part)
        named = CandidatesFilter(self.of_q, parts, self.of_sex, self.of_class)
        choice = self.chosen(named, wanted)
        return CandidatesLook(wanted, self._order(), choice)

    def _order(self) -> Order:
        """A column that is chosen again turns the order round; ``order`` names both."""
        columns = {each.value: each for each in SortedBy}
        if self.sort in columns:
            by = columns[self.sort]
            return Order(1, self.size, by, by is self.by and not self.down)
        column, turned = self.order.removesuffix("-"), self.order.endswith("-")
        if column in columns:
            return Order(self.number, self.size, columns[column], turned)
        return Order(self.number, self.size, self.by, bool(self.down))


class TitleForm(BaseModel):
    """«Сохранить» of the general information."""

    title: Annotated[str, Field(max_length=2_000)] = ""
    act_id: UUID = Field(default_factory=uuid4)
    position: Position = 0

    @property
    def before(self) -> Seen:
        """What was seen when it was sent."""
        return Seen(self.act_id, self.position)


def _ids(joined: str) -> frozenset[PersonId]:
    return frozenset(map(PersonId, joined.split()))
