"""What the API answers with about removals that the guard holds."""

from datetime import datetime

from console.rest.models import Model, Name
from domain.guard import GuardScope
from operations.removals import PlanState, TakingCause


class HeldPerson(Model):
    """Whom a held set is about; ``leaves`` or only loses an administrator's rights."""

    account: int
    person_id: str | None
    name: Name | None
    cause: TakingCause
    leaves: bool


class HeldSet(Model):
    """Removals that the guard holds together; ``hash`` decides about just these."""

    hash: str
    scope: GuardScope
    state: PlanState
    limit: int
    would_be: int
    held_at: datetime
    expires_at: datetime | None
    people: list[HeldPerson]


class Removals(Model):
    """``mine`` are those about which whoever asks may decide; of ``others`` somebody else."""

    chat_id: str
    mine: list[HeldSet]
    others: list[HeldSet]


class Decision(Model):
    """What was decided about a set of removals."""

    hash: str
    choice: str
