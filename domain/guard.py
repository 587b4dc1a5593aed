"""The guard: how many people may lose their chats before a person has looked.

A pure verdict over numbers. Whoever asks it counts and reserves under locks, so that plans
made side by side cannot pass together, and asks again when a held plan has been approved.
Time alone releases nothing: a held plan goes on by approval of its hash, or as a new plan
that is small by itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from domain.actions import Action, Demote, Remove
from domain.ids import MaxUserId


class GuardScope(Enum):
    """Which of the limits holds a plan, from the narrowest."""

    CHAT = "chat"
    STRANGERS = "strangers"
    SCHOOL = "school"
    TOTAL = "total"


class RemovalCause(Enum):
    """Why a plan removes an account; only ``NOT_EXPECTED`` counts towards the limits."""

    NOT_EXPECTED = "not_expected"
    UNLINKED = "unlinked"
    ACCOUNT_CHANGED = "account_changed"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """The limits: in each scope the greater of a floor and a share of what there is."""

    enabled: bool = True
    chat_floor: int = 3
    chat_share: float = 0.2
    school_floor: int = 10
    school_share: float = 0.05
    total_floor: int = 500
    total_share: float = 0.001


@dataclass(frozen=True, slots=True)
class Window:
    """One scope as it stands: ``removed`` in its window, of ``size`` memberships.

    The windows are 24 hours for a chat, one for a school and 30 minutes in all. ``removed``
    holds removals reserved by plans that are being carried out; ``size`` is how many there
    were before them.
    """

    removed: int
    size: int


@dataclass(frozen=True, slots=True)
class Removals:
    """What a plan would remove: those that count, and proven strangers."""

    counted: int
    strangers: int = 0


@dataclass(frozen=True, slots=True)
class Pass:
    """The plan may be carried out."""


@dataclass(frozen=True, slots=True)
class Held:
    """The plan waits for a person: ``would_be`` removals where ``limit`` are allowed."""

    scope: GuardScope
    limit: int
    would_be: int


Verdict = Pass | Held


@dataclass(frozen=True, slots=True)
class Admission:
    """What of a plan may be carried out: all but taking out, or rights from, who ``waits``."""

    waits: Mapping[MaxUserId, Held] = field(default_factory=dict)

    def lets(self, action: Action) -> bool:
        """Whether this call may be made now."""
        return not (isinstance(action, Remove | Demote) and action.user_id in self.waits)


def removals_of(causes: Iterable[RemovalCause]) -> Removals:
    """The removals of a plan as the guard counts them, one cause each."""
    causes = list(causes)
    return Removals(
        counted=causes.count(RemovalCause.NOT_EXPECTED),
        strangers=causes.count(RemovalCause.STRANGER),
    )


def is_stranger(
    *, ever_expected: bool, history_complete: bool, seen_to_arrive: bool, restored: bool = False
) -> bool:
    """Whether an account in a chat is to be counted as nobody of ours.

    ``ever_expected``: in our history somebody linked to it was expected in the chat.
    ``history_complete``: that history has no gap. ``seen_to_arrive``: it appeared after a
    complete read without it. Short of that proof its removal counts like any other, except
    while the chat is ``restored``: then nobody was seen to arrive, and all strangers wait.
    """
    return history_complete and (seen_to_arrive or restored) and not ever_expected


def judge(
    removals: Removals,
    chat: Window,
    school: Window,
    total: Window,
    limits: GuardLimits,
    *,
    restored: bool = False,
) -> Verdict:
    """Whether a plan for one chat may be carried out; the narrowest limit that it would pass.

    A plan that removes nobody who counts passes whatever the windows hold. ``restored``: the
    chat's membership became unknown by a restore, and no person has looked since; then every
    stranger waits.
    """
    if not limits.enabled:
        return Pass()
    chat_limit = allowed(limits.chat_floor, limits.chat_share, chat.size)
    school_limit = allowed(limits.school_floor, limits.school_share, school.size)
    total_limit = allowed(limits.total_floor, limits.total_share, total.size)
    scopes = (
        (GuardScope.CHAT, chat_limit, chat.removed, removals.counted),
        (GuardScope.STRANGERS, 0 if restored else chat_limit, 0, removals.strangers),
        (GuardScope.SCHOOL, school_limit, school.removed, removals.counted),
        (GuardScope.TOTAL, total_limit, total.removed, removals.counted),
    )
    for scope, limit, removed, planned in scopes:
        if planned and removed + planned > limit:
            return Held(scope, limit, removed + planned)
    return Pass()


def allowed(floor: int, share: float, size: int) -> int:
    """The greater of ``floor`` and ``share`` of ``size``, as the whole number that may leave.

    Reckoned in decimals, as the share is written: 0.29 of 100 is 29, which binary fractions
    would make 28.
    """
    return max(floor, int(Decimal(str(share)) * size))
