"""The guard: how much may be taken from people before a person has looked.

Pure verdicts over numbers. Whoever asks counts and reserves under locks, so that plans made
side by side cannot pass together. Time alone releases nothing: what is held goes on by a
person's approval, or when what is left of it is few by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from domain.actions import Action, Demote, Remove
from domain.ids import MaxUserId
from domain.work import ChatWait


class GuardScope(Enum):
    """Which of the limits holds, from the narrowest."""

    FLAPPING = "flapping"
    CHAT = "chat"
    STRANGERS = "strangers"
    SCHOOL = "school"
    TOTAL = "total"
    UNLINK_SCHOOL = "unlink_school"
    UNLINK_TOTAL = "unlink_total"


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """The limits: in each scope the greater of a floor and a share of what there is.

    ``flap_limit``: how often one account may be taken out of one chat within an hour.
    """

    enabled: bool = True
    chat_floor: int = 3
    chat_share: float = 0.2
    school_floor: int = 10
    school_share: float = 0.05
    total_floor: int = 500
    total_share: float = 0.001
    unlink_school_floor: int = 10
    unlink_school_share: float = 0.05
    unlink_total_floor: int = 100
    unlink_total_share: float = 0.001
    flap_limit: int = 2


@dataclass(frozen=True, slots=True)
class Window:
    """One scope as it stands: ``removed`` in its window, of ``size`` memberships.

    The windows are 24 hours for a chat, one for a school and 30 minutes in all. ``removed``
    holds what is reserved by plans that are being carried out; ``size`` is how many there
    were before them.
    """

    removed: int
    size: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """People who gave an account up about the same time: ``people`` of ``linked``."""

    people: int
    linked: int


@dataclass(frozen=True, slots=True)
class Pass:
    """It may be carried out."""


@dataclass(frozen=True, slots=True)
class Held:
    """It waits for a person: there ``would_be`` so many where ``limit`` are allowed."""

    scope: GuardScope
    limit: int
    would_be: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A person said no, until this rejection ends."""

    hash: str
    by: str
    until: datetime


Verdict = Pass | Held


@dataclass(frozen=True, slots=True)
class Admission:
    """What of a plan may be carried out: all but taking anything from who ``waits``.

    ``news`` are the holds that were not there before; each is told once.
    """

    waits: Mapping[MaxUserId, Held | Rejected] = field(default_factory=dict)
    news: tuple[Held, ...] = ()

    def lets(self, action: Action) -> bool:
        """Whether this call may be made now."""
        return not (isinstance(action, Remove | Demote) and action.user_id in self.waits)

    @property
    def waiting(self) -> ChatWait | None:
        """What the chat waits for: ``HELD`` for a decision, or only ``REJECTED``."""
        if any(isinstance(each, Held) for each in self.waits.values()):
            return ChatWait.HELD
        return ChatWait.REJECTED if self.waits else None


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
    planned: int, chat: Window, school: Window, total: Window, limits: GuardLimits
) -> Verdict:
    """Whether so many takings that count may be made; the narrowest limit that they pass.

    None at all pass whatever the windows hold.
    """
    scopes = (
        (GuardScope.CHAT, limits.chat_floor, limits.chat_share, chat),
        (GuardScope.SCHOOL, limits.school_floor, limits.school_share, school),
        (GuardScope.TOTAL, limits.total_floor, limits.total_share, total),
    )
    for scope, floor, share, window in scopes:
        limit = allowed(floor, share, window.size)
        if planned and window.removed + planned > limit:
            return Held(scope, limit, window.removed + planned)
    return Pass()


def judge_strangers(
    planned: int, size: int, limits: GuardLimits, *, restored: bool = False
) -> Verdict:
    """Whether so many strangers may leave a chat of ``size`` at once.

    ``restored``: the chat's membership became unknown by a restore, and no person has looked
    since; then every one of them waits.
    """
    limit = 0 if restored else allowed(limits.chat_floor, limits.chat_share, size)
    return Held(GuardScope.STRANGERS, limit, planned) if planned > limit else Pass()


def judge_unlinking(school: Crowd, total: Crowd, limits: GuardLimits) -> Verdict:
    """Whether an account that its person gave up may leave, by how many others did so too.

    One person alone is never held, whatever the limits.
    """
    scopes = (
        (GuardScope.UNLINK_SCHOOL, limits.unlink_school_floor, limits.unlink_school_share, school),
        (GuardScope.UNLINK_TOTAL, limits.unlink_total_floor, limits.unlink_total_share, total),
    )
    for scope, floor, share, crowd in scopes:
        limit = max(1, allowed(floor, share, crowd.linked))
        if crowd.people > limit:
            return Held(scope, limit, crowd.people)
    return Pass()


def judge_flapping(times: int, limits: GuardLimits) -> Verdict:
    """Whether an account that was taken out ``times`` within an hour may be taken out again."""
    if times + 1 > limits.flap_limit:
        return Held(GuardScope.FLAPPING, limits.flap_limit, times + 1)
    return Pass()


def allowed(floor: int, share: float, size: int) -> int:
    """The greater of ``floor`` and ``share`` of ``size``, as the whole number that may leave.

    Reckoned in decimals, as the share is written: 0.29 of 100 is 29, which binary fractions
    would make 28.
    """
    return max(floor, int(Decimal(str(share)) * size))
