"""What is answered to whoever asks how things stand.

Guarantees: «settled» and «in step» are said here alone, and only of what is known; the members
that programs read are the same wherever they ask.
"""

from dataclasses import dataclass
from typing import assert_never

from consumers.errors import ConsumersError
from projections.reports.overview import Overall
from projections.reports.status import Status
from projections.reports.survey import Survey

__all__ = ["Asked", "LastLook", "Overall", "Report", "Silent", "Survey", "Told"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Kafka was asked before the store: so many records are not ingested."""

    lag: int


@dataclass(frozen=True, slots=True)
class Silent:
    """Kafka was asked and did not tell, for this reason."""

    failure: ConsumersError


@dataclass(frozen=True, slots=True)
class LastLook:
    """Kafka was not asked: the last look of whoever reads the topics counts, while it is new."""


Told = Asked | Silent | LastLook
"""How it is known how far Kafka is ahead."""


@dataclass(frozen=True, slots=True)
class Report:
    """One look at the store, and at how far Kafka is ahead of it."""

    standing: Overall
    told: Told

    @property
    def counts(self) -> Status:
        """The store's counts."""
        return self.standing.counts

    @property
    def lag(self) -> int | None:
        """The records that are not ingested; None where nobody knows."""
        match self.told:
            case Asked(lag):
                return lag
            case Silent():
                return None
            case LastLook():
                return self.standing.lag
            case _:
                assert_never(self.told)

    @property
    def failure(self) -> ConsumersError | None:
        """Why Kafka did not tell, where it was asked and did not."""
        return self.told.failure if isinstance(self.told, Silent) else None

    @property
    def chats(self) -> dict[str, int]:
        """How many chats are in each state."""
        return {} if self.standing.survey is None else self.standing.survey.states

    @property
    def settled(self) -> bool:
        """Nothing is on its way: no lag, nothing stale, leased, in flight or due in a minute.

        Not known is not settled, and what was seen long ago is not known.
        """
        fresh = self.standing.watched or not isinstance(self.told, LastLook)
        return fresh and self.lag == 0 and self.counts.busy == 0

    @property
    def in_step(self) -> bool:
        """Settled, and nothing keeps a chat from being as it should be."""
        return self.settled and not self.standing.obstacles

    def as_json(self) -> dict[str, object]:
        """The members of ``rollcall status --json`` and of ``/api/status``.

        Where chats are not as they should be, ``obstacles`` names why. ``lag`` is null where
        nobody knows, ``invited``, ``converged`` and ``chats`` (by the states of
        ``dashboard.chats``) while nobody has counted.
        """
        counts, survey = self.counts, self.standing.survey
        return {
            "settled": self.settled,
            "in_step": self.in_step,
            "obstacles": [each.as_json() for each in self.standing.obstacles],
            "lag": self.lag,
            **_counted(counts, survey),
            "gaps": len(self.standing.gaps),
            "catching_up": counts.armed_reason if counts.armed_at else None,
            "converged": None if survey is None else survey.states.get("converged", 0),
            "chats": None if survey is None else survey.states,
        }


def _counted(counts: Status, survey: Survey | None) -> dict[str, object]:
    return {
        "stale": counts.stale + counts.turning,
        "due": counts.due,
        "minutes_left": counts.minutes_left,
        "leased": counts.leased,
        "in_flight": counts.in_flight,
        "held": counts.held,
        "rejected": counts.rejected,
        "parked": counts.parked,
        "gone": counts.gone,
        "refused": counts.refused,
        "lessons_due": counts.lessons_due,
        "blocked": counts.blocked,
        "drift": counts.drift,
        "proposals": counts.proposals,
        "left": counts.left_out,
        "invited": None if survey is None else survey.invited,
        "adding_off": counts.adding_off,
        "answered_only": counts.answered_only,
        "call_limits": counts.call_limits or {},
        "quarantined": counts.quarantined,
        "unpublished": counts.unpublished,
    }
