"""Faults on purpose: which calls meet one, and what it does to the answer.

A fault is decided once a call has passed the token and the limit. Whether it strikes is drawn
from a generator of its own, seeded by the simulator's seed and the fault's number, so a run
with the same calls meets the same faults.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from simulator.operations import Call, Operation, named, normalised


class FaultKind(Enum):
    """What goes wrong; the value is the word used under ``/sim``."""

    STATUS = "status"
    """An error status instead of the effect."""
    STATUS_AFTER_EFFECT = "status_after_effect"
    DROP = "drop"
    """The connection closes without an answer and without an effect."""
    DROP_AFTER_EFFECT = "drop_after_effect"
    SLOW = "slow"
    """The effect and its answer come late."""
    SLOW_AFTER_EFFECT = "slow_after_effect"
    """The effect comes at once, its answer late."""
    PARTIAL = "partial"
    """Half of the ids are served and the others are listed as failed without a reason; a page
    of members is cut in half and says that it is the last."""
    STALE_READ = "stale_read"
    """A read shows the chat as it was before its last change."""
    HTML = "html"
    """A proxy's page instead of the effect, with status 200 unless told otherwise."""
    TRUNCATED = "truncated"
    """The effect, and half of its answer."""
    CYCLIC_MARKER = "cyclic_marker"
    """A page of members points at the first page again."""
    SUCCESS_FALSE = "success_false"
    """200 with ``success: false``, and no effect."""
    NULL_FAILED_IDS = "null_failed_ids"
    """``failed_user_ids`` is null although ``failed_user_details`` names somebody."""
    IGNORED = "ignored"
    """The answer of a change that was made, and no effect."""
    MISCOUNT = "miscount"
    """A chat counts one participant more than it lists."""


@dataclass(slots=True)
class Fault:
    """One fault that is armed; ``left`` counts how often it may still strike (None: always).

    ``user_id``: it strikes only calls that name this account. ``code`` stands in the answer.
    """

    fault_id: int
    method: str
    template: str
    kind: FaultKind
    status: int
    seconds: float
    probability: float
    left: int | None
    draw: random.Random
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None
    user_id: int | None = None

    def matches(self, operation: Operation, call: Call) -> bool:
        """Whether this call is one that it was armed for (``*`` stands for any)."""
        if self.method not in ("*", operation.method):
            return False
        if self.user_id is not None and self.user_id not in named(call):
            return False
        return self.template == "*" or self.template == normalised(operation.template)

    def strikes(self) -> bool:
        """Draw whether it happens this time."""
        if self.probability < 1 and self.draw.random() >= self.probability:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Faults:
    """The armed faults, in the order in which they were armed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._armed: dict[int, Fault] = {}
        self._numbers = 0

    def arm(  # noqa: PLR0913 # these are the fields of the request, each with its meaning
        self,
        method: str,
        template: str,
        kind: FaultKind,
        *,
        status: int,
        seconds: float,
        probability: float,
        count: int | None,
        headers: Mapping[str, str],
        code: str | None = None,
        user_id: int | None = None,
    ) -> int:
        """Have a fault strike from now on; returns its number."""
        self._numbers += 1
        number = self._numbers
        draw = random.Random(f"{self._seed}:{number}")  # noqa: S311 # repeatable, not secret
        path = template if template == "*" else normalised(template)
        self._armed[number] = Fault(
            number,
            method,
            path,
            kind,
            status,
            seconds,
            probability,
            count,
            draw,
            headers,
            code,
            user_id,
        )
        return number

    def armed(self) -> list[Fault]:
        """What may still strike."""
        return list(self._armed.values())

    def disarm(self, fault_id: int) -> bool:
        """Take one fault away; says whether it was armed."""
        return self._armed.pop(fault_id, None) is not None

    def disarm_all(self) -> None:
        """Take all faults away."""
        self._armed.clear()

    def strike(self, operation: Operation, call: Call) -> Fault | None:
        """The first armed fault that strikes this call, if any does."""
        for fault in list(self._armed.values()):
            if fault.matches(operation, call) and fault.strikes():
                if fault.left == 0:
                    del self._armed[fault.fault_id]
                return fault
        return None
