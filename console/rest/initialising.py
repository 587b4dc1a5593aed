"""The addresses of the API by which a school's chats are initialised: plan, begin, standing.

Guarantees: nothing begins without the hash of a plan that was answered; where it would come to
something else by now, nothing has changed, and the answer is so. The hash makes it once, so a
beginning takes no key: sent again while it is under way it is one, and answers alike.
"""

from dataclasses import dataclass
from typing import assert_never

from fastapi import Request, Response

from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.problems import problem
from console.rest import initialising_models as models
from console.rest.answers import CONFLICT, answered
from console.rest.asked import InitialisingAsked, InitialisingConfirmed, InPath
from console.rest.held_models import HeldPerson
from console.rest.lists import BASE
from console.rest.models import Name
from domain.ids import SchoolId
from domain.rights import Scope
from operations import initialising, initialising_standing, initialising_start
from operations.initialising_standing import Initialisation
from operations.initialising_start import Begun, Changed, UnderWay
from operations.installation import Installation
from operations.plans import Decider
from operations.school_chats import group_of
from operations.store import StaffStore


@dataclass(frozen=True, slots=True)
class ApiInitialising:
    """The addresses over one store."""

    store: StaffStore
    installation: Installation

    def entries(self) -> list[Entry]:
        """The addresses."""
        reads = Door(Need.ADMINISTRATOR, scope=Scope.CHATS_READ)
        writes = Door(Need.ADMINISTRATOR, scope=Scope.CHATS_WRITE)
        path = f"{BASE}/schools/{{school_id}}/initialisation"
        standing = models.SchoolInitialisation
        return [
            Entry(path, self.standing, reads, answer=standing),
            Entry(f"{path}/plan", self.plan, reads, "POST", answer=models.InitialisingPlan),
            Entry(path, self.begin, writes, "POST", answer=standing),
        ]

    async def standing(self, request: Request, school_id: InPath) -> Response:
        """How far a school's initialising is, and what became of the latest."""
        actor = visitor(request).actor
        found = await initialising_standing.standing(
            self.store, actor, SchoolId(school_id), self.installation
        )
        return answered(
            models.SchoolInitialisation(
                school_id=found.school_id,
                under_way=found.is_under_way,
                latest=None if found.latest is None else _latest(found.latest),
                off=sorted(found.off, key=lambda kind: kind.value),
                troubles=list(found.troubles),
            )
        )

    async def plan(self, request: Request, school_id: InPath, asked: InitialisingAsked) -> Response:
        """What initialising would come to: who leaves is told person by person."""
        actor, wish = visitor(request).actor, asked.wish(SchoolId(school_id))
        found = await initialising.plan(self.store, actor, wish, self.installation)
        beyond = found.too_many
        return answered(
            models.InitialisingPlan(
                school_id=wish.school_id,
                hash=found.hash,
                entering=found.entering,
                leaving=found.leaving,
                dropped=found.dropped,
                too_many=None if beyond is None else models.Limit.model_validate(beyond),
                chats=[_planned(chat) for chat in found.chats],
            )
        )

    async def begin(
        self, request: Request, school_id: InPath, asked: InitialisingConfirmed
    ) -> Response:
        """Begin what a plan has shown, by its hash; the answer is how far it is."""
        visit, wish = visitor(request), asked.wish(SchoolId(school_id))
        decider = Decider(visit.actor, visit.author_id)
        said = await initialising_start.begin(
            self.store, decider, wish, asked.hash, self.installation
        )
        match said:
            case Begun():
                return await self.standing(request, school_id)
            case Changed():
                detail = "Прочитайте план заново и подтвердите его."
                return problem(CONFLICT, "Всё уже иначе, чем в плане", detail, "plan_changed")
            case UnderWay():
                detail = "Дождитесь её окончания."
                return problem(CONFLICT, "Инициализация уже идёт", detail, "under_way")
            case _:
                assert_never(said)


def _planned(planned: initialising.PlannedChat) -> models.PlannedChat:
    told = planned.forecast
    return models.PlannedChat(
        chat_id=told.chat.chat_id,
        kind=told.chat.kind,
        title=planned.title,
        fate=told.fate,
        entering=told.entering,
        people=[HeldPerson.model_validate(each) for each in planned.people],
        dropped=list(told.dropped),
        elsewhere=list(told.elsewhere),
        refused=told.refused,
        known=told.known,
    )


def _latest(latest: Initialisation) -> models.Initialisation:
    return models.Initialisation(
        started_by=latest.started_by,
        by=None if latest.starter is None else Name.model_validate(latest.starter),
        started_at=latest.started_at,
        ended_at=latest.ended_at,
        kinds=sorted(latest.kinds, key=lambda kind: kind.value),
        drops_by_hand=latest.drops_by_hand,
        dropped=latest.dropped,
        approved=latest.approved,
        settled=latest.settled,
        chats=[
            models.InitialisedChat(
                chat_id=chat.chat_id,
                title=chat.title,
                kind=chat.kind,
                fate=chat.fate,
                settled=chat.settled,
                standing=chat.standing,
                state=group_of(chat.standing),
            )
            for chat in latest.chats
        ],
    )
