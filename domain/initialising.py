"""«Инициализировать список чатов»: what is asked for, and what it would come to (the guide, 3.4).

Pure. Guarantees: a forecast has one name, which says exactly what it takes from people and which
chats it makes; who enters is no part of it, since nobody is hurt by that. Who was added by hand
is let go as the rules have it: whoever belongs by the register stays.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from domain.chats import Chat, ChatKind
from domain.decisions import CountingDecisions, MembershipDecision, RoleDecision
from domain.expected import Role
from domain.guard import GuardScope
from domain.ids import ChatId, PersonId, SchoolId
from domain.takings import Taking


@dataclass(frozen=True, slots=True)
class InitialisingWish:
    """Which chats of a school are to be made and brought into step."""

    school_id: SchoolId
    kinds: frozenset[ChatKind]
    drops_by_hand: bool = False


class Fate(Enum):
    """What becomes of one chat; the value is the word in the table."""

    MADE = "made"
    """The register asks for it, and it is not there."""
    ANEW = "anew"
    """Somebody deleted it, here or in the messenger, and it is made again, empty of messages."""
    SYNCED = "synced"

    @property
    def makes(self) -> bool:
        """Whether the chat is made, for the first time or anew."""
        return self is not Fate.SYNCED


@dataclass(frozen=True, slots=True)
class Forecast:
    """One chat. ``entering`` counts accounts; ``leaving`` is what the confirmation lets be taken.

    ``known``: what the messenger has in it is known, else nothing can be said of who leaves.
    ``elsewhere``: by whose limits more is held, about which somebody else decides. ``refused``:
    how many stay since a person said so. ``dropped``: who is not added by hand any more.
    """

    chat: Chat
    fate: Fate
    entering: int = 0
    leaving: tuple[Taking, ...] = ()
    dropped: tuple[PersonId, ...] = ()
    elsewhere: tuple[GuardScope, ...] = ()
    refused: int = 0
    known: bool = True

    @property
    def is_quiet(self) -> bool:
        """Whether nothing would change in it."""
        return not self.fate.makes and self.known and not (
            self.entering or self.leaving or self.dropped or self.elsewhere or self.refused
        )  # fmt: skip


def confirmation(wish: InitialisingWish, forecasts: Iterable[Forecast]) -> str:
    """The name of what a person confirms: SHA-256 in hexadecimal of a JSON text."""
    each = sorted(
        [
            forecast.chat.chat_id,
            forecast.fate.value,
            sorted(
                [taking.account, taking.kind.value, taking.reason] for taking in forecast.leaving
            ),
            sorted(forecast.dropped),
        ]
        for forecast in forecasts
        if forecast.fate.makes or forecast.leaving or forecast.dropped
    )
    kinds = sorted(kind.value for kind in wish.kinds)
    told = [wish.school_id, kinds, wish.drops_by_hand, each]
    text = json.dumps(told, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def added_by_hand(standing: CountingDecisions) -> frozenset[PersonId]:
    """Whom a decision brings into the chat."""
    return frozenset(
        person_id
        for person_id, decision in standing.membership.items()
        if decision.choice is MembershipDecision.ADDED
    )


def leaves_when_dropped(
    standing: CountingDecisions, rules: Mapping[PersonId, Role]
) -> frozenset[PersonId]:
    """Of those the ones whom nothing else keeps in it."""
    return added_by_hand(standing) - rules.keys()


def dropping(
    standing: CountingDecisions, rules: Mapping[PersonId, Role]
) -> Iterator[tuple[PersonId, MembershipDecision | RoleDecision]]:
    """The decisions that let everybody go who was added by hand, and their rights with them."""
    for person_id in sorted(added_by_hand(standing)):
        yield person_id, MembershipDecision.NONE
        given = standing.role.get(person_id)
        if person_id not in rules and given and given.choice is RoleDecision.ADMINISTRATOR:
            yield person_id, RoleDecision.NONE


def chats_of(forecasts: Iterable[Forecast], fate: Fate) -> list[ChatId]:
    """The chats with this fate, in the order of their ids."""
    return sorted(each.chat.chat_id for each in forecasts if each.fate is fate)
