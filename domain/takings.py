"""What a plan takes from people, one account at a time, and what was said about it before.

Guarantees: a hold, an approval and a rejection are about single takings, each for the reason
that the register had then. Another reason makes another taking, and what a plan does beside
it does not matter.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import assert_never

from domain.actions import Demote, Remove
from domain.guard import Held, Rejected
from domain.ids import ChatId, MaxUserId


class TakingKind(Enum):
    """A place in a chat, or an administrator's rights."""

    REMOVE = "remove"
    DEMOTE = "demote"


class TakingCause(Enum):
    """Why it is taken."""

    NOT_EXPECTED = "not_expected"
    RIGHTS_LOST = "rights_lost"
    """Still expected, and no longer as an administrator."""
    UNLINKED = "unlinked"
    ACCOUNT_CHANGED = "account_changed"
    STRANGER = "stranger"
    RIGHTS_NOT_OURS = "rights_not_ours"
    """Somebody made them an administrator in the messenger; we never did."""


class Lot(Enum):
    """What is judged together, and apart from the others."""

    COUNTED = "counted"
    """By the limits of the chat, the school and the installation."""
    UNLINKED = "unlinked"
    """By the people who unlinked or changed their account."""
    STRANGERS = "strangers"
    FLAPPING = "flapping"
    """Accounts that were taken out of the chat again and again."""


@dataclass(frozen=True, slots=True)
class Taking:
    """One taking; ``reason`` is a fingerprint of the register's facts behind it."""

    account: MaxUserId
    kind: TakingKind
    cause: TakingCause
    reason: str

    @property
    def lot(self) -> Lot:
        """How it is judged, unless the account flaps."""
        match self.cause:
            case TakingCause.NOT_EXPECTED | TakingCause.RIGHTS_LOST:
                return Lot.COUNTED
            case TakingCause.UNLINKED | TakingCause.ACCOUNT_CHANGED:
                return Lot.UNLINKED
            case TakingCause.STRANGER | TakingCause.RIGHTS_NOT_OURS:
                return Lot.STRANGERS
            case _:
                assert_never(self.cause)

    @property
    def counts(self) -> bool:
        """Whether it counts towards the limits of chat, school and installation."""
        return self.lot is Lot.COUNTED


class HoldState(Enum):
    """What became of an earlier hold as far as it concerns one taking."""

    HELD = "held"
    APPROVED = "approved"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    """A person's decision that has ended by its date, or by a restore."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was said last about a taking, for the same reason.

    ``since``: when it was first held. ``only_by_person``: a person said no, and that has ended:
    it waits for a person again, however few there are.
    """

    hold: int
    standing: HoldState
    verdict: Held
    since: datetime
    rejected: Rejected | None = None
    only_by_person: bool = False


@dataclass(frozen=True, slots=True)
class SortedOut:
    """The takings of a plan: decided by a person, admitted before, or open to be judged."""

    approved: Mapping[MaxUserId, int]
    rejected: Mapping[MaxUserId, Rejected]
    admitted: tuple[Taking, ...]
    open: tuple[Taking, ...]


def kind_of(action: Remove | Demote) -> TakingKind:
    """What a call takes."""
    return TakingKind.REMOVE if isinstance(action, Remove) else TakingKind.DEMOTE


def sort_out(
    takings: Iterable[Taking],
    before: Mapping[MaxUserId, Before],
    admitted: AbstractSet[MaxUserId],
) -> SortedOut:
    """What need not be judged, and what must. ``admitted``: counts already, and may be called."""
    approved: dict[MaxUserId, int] = {}
    rejected: dict[MaxUserId, Rejected] = {}
    going: list[Taking] = []
    left: list[Taking] = []
    for taking in takings:
        said = before.get(taking.account)
        if said is not None and said.standing is HoldState.APPROVED:
            approved[taking.account] = said.hold
        elif said is not None and said.rejected is not None:
            rejected[taking.account] = said.rejected
        elif taking.account in admitted and taking.counts:
            going.append(taking)
        else:
            left.append(taking)
    return SortedOut(approved, rejected, tuple(going), tuple(left))


def takings_hash(chat_id: ChatId, takings: Iterable[Taking]) -> str:
    """The name of a set of takings in one chat, by what is taken and for which reason.

    SHA-256 in hexadecimal of a JSON text; the order does not matter, on any machine.
    """
    each = sorted([taking.account, taking.kind.value, taking.reason] for taking in takings)
    text = json.dumps([chat_id, *each], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
