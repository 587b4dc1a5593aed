"""What the API answers with about the initialising of a school's chats, before and after."""

from datetime import datetime

from console.rest.held_models import HeldPerson
from console.rest.models import Model, Name
from domain.guard import GuardScope
from domain.obstacles import ObstacleKind
from operations.initialising import ChatKind, Fate
from operations.school_chats import ChatStanding, StandingGroup


class PlannedChat(Model):
    """What would become of one chat; ``people`` leave it, or lose an administrator's rights.

    ``elsewhere``: by whose limits more is held, about which somebody else decides. ``known``: it
    is known who is inside, else nothing can be said of who leaves.
    """

    chat_id: str
    kind: ChatKind
    title: str
    fate: Fate
    entering: int
    people: list[HeldPerson]
    dropped: list[str]
    elsewhere: list[GuardScope]
    refused: int
    known: bool


class Limit(Model):
    """So many would leave, where so many are let go by one confirmation."""

    scope: GuardScope
    limit: int
    would_be: int


class InitialisingPlan(Model):
    """What it would come to now; ``hash`` is what is confirmed.

    ``too_many``: the confirmation lets nobody go who counts, and each chat's own limit says then
    who waits.
    """

    school_id: str
    hash: str
    entering: int
    leaving: int
    dropped: int
    too_many: Limit | None
    chats: list[PlannedChat]


class InitialisedChat(Model):
    """One chat of it, and how it stands now; ``settled``: it was looked at since."""

    chat_id: str
    title: str
    kind: ChatKind
    fate: Fate
    settled: bool
    standing: ChatStanding
    state: StandingGroup


class Initialisation(Model):
    """The latest; under way while ``ended_at`` is null. ``by`` is told to whoever may know."""

    started_by: str
    by: Name | None
    started_at: datetime
    ended_at: datetime | None
    kinds: list[ChatKind]
    drops_by_hand: bool
    dropped: int
    approved: int
    settled: int
    chats: list[InitialisedChat]


class SchoolInitialisation(Model):
    """Where a school is with it; ``off`` are the kinds that do not make themselves there.

    ``troubles`` keep chats of any school from being as they should be.
    """

    school_id: str
    under_way: bool
    latest: Initialisation | None
    off: list[ChatKind]
    troubles: list[ObstacleKind]
