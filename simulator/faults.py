"""Faults on purpose: which calls meet one, and what it does to the answer.

A fault is decided once a call has passed the token and the limit. Whether it strikes is drawn
from a generator of its own, seeded by the simulator's seed and the fault's number, so a run
with the same calls meets the same faults.
"""

import random
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from simulator.fields import Account, Body, Text
from simulator.operations import Call, Operation, named, normalised
from simulator.wire import JsonObject


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


_HeaderName = Annotated[str, Field(pattern=r"^-*[A-Za-z0-9][A-Za-z0-9-]*$")]
_HeaderValue = Annotated[str, BeforeValidator(str), Field(pattern=r"^[ -~]*$")]


class FaultSpec(Body):
    """What is to go wrong, where and how often; a null is as good as nothing.

    ``*`` stands for any method or path; with ``user_id`` it strikes only calls that name this
    account. ``code`` stands in the answer.
    """

    method: Annotated[Text, AfterValidator(str.upper)] = Field(min_length=1, max_length=10)
    path: Annotated[Text, AfterValidator(normalised)] = Field(min_length=1, max_length=200)
    kind: FaultKind = Field(strict=False)
    status: int = Field(ge=200, le=599)
    headers: dict[_HeaderName, _HeaderValue] = Field(default_factory=dict)
    seconds: float = Field(5.0, ge=0, le=3600)
    probability: float = Field(1.0, ge=0, le=1)
    count: Account | None = None
    code: Text | None = Field(None, min_length=1, max_length=100)
    user_id: Account | None = None

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, given: JsonObject) -> JsonObject:
        status = 200 if given.get("kind") in (FaultKind.HTML, FaultKind.HTML.value) else 503
        return {"status": status} | {
            name: value for name, value in given.items() if value is not None
        }

    def matches(self, operation: Operation, call: Call) -> bool:
        """Whether this call is one that it was armed for."""
        return (
            self.method in ("*", operation.method)
            and (self.user_id is None or self.user_id in named(call))
            and self.path in ("*", normalised(operation.template))
        )


@dataclass(slots=True)
class Fault:
    """One fault that is armed; ``left`` counts how often it may still strike (None: always)."""

    fault_id: int
    spec: FaultSpec
    left: int | None
    draw: random.Random

    def strikes(self) -> bool:
        """Draw whether it happens this time."""
        if self.spec.probability < 1 and self.draw.random() >= self.spec.probability:
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

    def arm(self, spec: FaultSpec) -> int:
        """Have a fault strike from now on; returns its number."""
        self._numbers += 1
        number = self._numbers
        draw = random.Random(f"{self._seed}:{number}")  # noqa: S311 # repeatable, not secret
        self._armed[number] = Fault(number, spec, spec.count, draw)
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

    def strike(self, operation: Operation, call: Call) -> FaultSpec | None:
        """The first armed fault that strikes this call, if any does."""
        for fault in list(self._armed.values()):
            if fault.spec.matches(operation, call) and fault.strikes():
                if fault.left == 0:
                    del self._armed[fault.fault_id]
                return fault.spec
        return None
