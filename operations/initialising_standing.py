"""«Инициализировать список чатов», afterwards: how far a school is with it, and what became of it.

Guarantees: asked behind the fence and of ``domain.access``; one that nobody ended is over by then.
"""

from dataclasses import dataclass

from domain.actors import Actor
from domain.chats import ChatKind
from domain.decisions import KindSwitch
from domain.ids import SchoolId
from domain.obstacles import ObstacleKind
from operations.initialising import require
from operations.installation import Installation
from operations.store import StaffStore
from projections.by_hand import kinds
from projections.database import transaction
from projections.reconcile import initialisations
from projections.reports.obstacles import obstacles_of_all
from projections.staff import fence, names
from projections.staff import initialisations as staff_initialisations
from projections.staff.initialisations import Initialisation, InitialisedChat

__all__ = ["Initialisation", "InitialisedChat", "SchoolInitialisation", "standing"]


@dataclass(frozen=True, slots=True)
class SchoolInitialisation:
    """Where a school is with it; ``off`` are the kinds that are not created by themselves there.

    ``troubles``: what keeps chats of any school from being as they should be.
    """

    school_id: SchoolId
    school: str | None
    latest: Initialisation | None
    off: frozenset[ChatKind]
    troubles: tuple[ObstacleKind, ...]

    @property
    def is_under_way(self) -> bool:
        """Whether one is under way."""
        return self.latest is not None and self.latest.ended_at is None


async def standing(
    store: StaffStore, actor: Actor, school_id: SchoolId, installation: Installation
) -> SchoolInitialisation:
    """The school's latest, with what became of it.

    Raises:
        NotPermitted: it is not for this actor.
        ModuleOff: the school has no chats.
    """
    require(actor, school_id, installation)
    async with transaction(store.engine) as connection:
        await initialisations.end_those_over(connection)
        troubles = tuple(each.kind for each in await obstacles_of_all(connection))
    async with fence.reading(store.engine, actor) as connection:
        latest = await staff_initialisations.latest(connection, school_id)
        school = await names.names_of_schools(connection, [school_id])
        switched = await kinds.switched(connection, school_id)
    off = {
        kind
        for kind in ChatKind
        if installation.kinds_off.covers(kind, school_id)
        or (kind in switched and switched[kind].choice is KindSwitch.OFF)
    }
    return SchoolInitialisation(school_id, school.get(school_id), latest, frozenset(off), troubles)
