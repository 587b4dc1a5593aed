"""What a soak was to do, what happened, and what of it should not have."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.soak.crash_points import POINTS
from tests.soak.crew import Crew
from tests.soak.ledger import Ledger, peak
from tests.soak.lesson_verdict import KILLED_WHILE_RUNNING
from tests.soak.outages import Outages
from tests.soak.person import Person
from tests.soak.removals import Judge
from tests.soak.verdict import Verdict

CALLS_PER_SECOND = 30
CALLS_FOR_ONE_429 = 10_000

Stats = dict[str, Any]
"""What the simulator counted, as ``/sim/stats`` tells it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is to happen, at least; ``minutes`` bounds how long that may take."""

    kills: int = 200
    broker: int = 20
    database: int = 20
    restores: int = 5
    seed: int = 1
    pupils: int = 200
    minutes: float = 60.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was counted, from all sides."""

    crew: Crew
    ledger: Ledger
    outages: Outages
    person: Person
    judged: Judge
    verdict: Verdict
    lessons: dict[str, int]
    """What came of decisions about lessons, and what happened to their calls."""
    stats: Stats
    events: int
    seconds: float
    last_words: list[str] = field(default_factory=list)
    """Violations that were noticed on the way."""

    def as_json(self, plan: Plan) -> dict[str, Any]:
        """The last line of the command."""
        violations = list(self.violations())
        return {
            "ok": not violations,
            "plan": asdict(plan),
            "seconds": round(self.seconds, 1),
            **self._happened(),
            **self._found(),
            "violations": violations,
        }

    def _happened(self) -> dict[str, Any]:
        crew = self.crew
        return {
            "kills_at_labels": crew.kills,
            "kills_by_label": {label: crew.at_label[label] for label in POINTS},
            "kills_elsewhere": crew.elsewhere,
            "ended_by_themselves": dict(crew.ended),
            "outages": dict(sorted(self.outages.counted.items())),
            "decisions_of_the_person": dict(sorted(self.person.counted.items())),
            "events": self.events,
            "lessons": dict(sorted(self.lessons.items())),
        }

    def _found(self) -> dict[str, Any]:
        stats, ledger = self.stats, self.ledger
        return {
            **self.verdict.as_json(),
            "calls": stats["total"],
            "changing_calls": _some(stats["changing"]),
            "reads": stats["reads"],
            "repeated_calls": _some(stats["without_effect"]),
            "removals": dict(sorted(self.judged.counted.items())),
            "lost_answers": _some(Counter(action for _, action, _ in ledger.lost)),
            "answers_cut_by_proxy": self.outages.stage.to_messenger.unanswered,
            "chats_forgotten_by_restores": self.outages.forgotten_chats,
            "grants": len(ledger.grants),
            "most_grants_in_a_second": peak(ledger.grants),
            "most_uses_in_a_second": peak(ledger.uses),
            "most_calls_in_a_second": stats["peak_per_second"],
            "calls_refused_with_429": refused(stats),
        }

    def violations(self) -> Iterator[str]:
        """What should not have happened."""
        yield from self.last_words
        for kind, count in self.verdict.as_json().items():
            if count:
                yield f"{kind}: {count}"
        yield from self.verdict.examples
        yield from self._repetitions()
        yield from self._not_approved()
        if self.crew.kills >= len(POINTS) and not self.lessons.get(KILLED_WHILE_RUNNING):
            yield "no call of a lesson ran while a process was killed: nothing was tried"
        for what, times in (("grants", self.ledger.grants), ("uses", self.ledger.uses)):
            if peak(times) > CALLS_PER_SECOND:
                yield f"{peak(times)} {what} in one second"
        total = self.stats["total"]
        if refused(self.stats) > max(1, total // CALLS_FOR_ONE_429):
            yield f"{refused(self.stats)} calls of {total} were refused with 429"
        if self.crew.bugs:
            yield f"{len(self.crew.bugs)} workers met a bug: {self.crew.bugs[:5]}"

    def _not_approved(self) -> Iterator[str]:
        """Removals that count and the engine calls approved, and that the person was not shown."""
        shown = {
            (each.chat_id, account, each.hash)
            for each in self.person.approvals
            for account in each.accounts
        }
        for chat_id, account, name in sorted(self.ledger.approved - shown):
            yield f"{account} left {chat_id} by the plan {name}, which nobody approved"

    def _repetitions(self) -> Iterator[str]:
        """A call whose effect was there is right only after its answer was lost.

        All but a create are preceded by a read then. A create finds its chat, whose answer was
        lost, or which a restored database did not know.
        """
        for kind, count in self.stats["without_effect"].items():
            lost = self.ledger.lost_of("create") + self.outages.forgotten_chats
            allowed = lost if kind == "create" else 0
            if count > allowed:
                yield f"{count} calls of {kind} found their effect there, {allowed} may"


def refused(stats: Stats) -> int:
    """Calls that the messenger refused for their number."""
    return sum(call["count"] for call in stats["calls"] if call["status"] == 429)


def _some(counted: dict[str, int]) -> dict[str, int]:
    return {kind: count for kind, count in sorted(counted.items()) if count}
