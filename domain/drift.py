"""Drift: what people changed in MAX by themselves.

``classify`` compares two complete knowledges of one chat and says what people did in between;
the messenger's updates only tell who did it, and our own recent calls explain what they
touched. What follows from it is ``domain.leniency``.

A difference that is the effect of a call of ours is nobody's doing. So is one in the other
direction where the read follows the call at once, for it may still show the chat as it was. The
first read after a call ends its explanation: what differs later, somebody else did.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import Enum
from unicodedata import normalize

from domain.chats import ChatKind
from domain.expected import Role
from domain.hints import Hint, HintKind
from domain.ids import MaxUserId
from domain.plan import Seen


class DriftKind(Enum):
    """What was done in the messenger, not by us."""

    ADDED_BY_ADMINISTRATOR = "added_by_administrator"
    ADDED = "added"
    """By link, by somebody without rights, or nobody knows how."""
    REMOVED_BY_ADMINISTRATOR = "removed_by_administrator"
    LEFT = "left"
    """By themselves, or nobody knows how: then too it is not for us to insist."""
    PROMOTED = "promoted"
    DEMOTED = "demoted"
    TITLE_CHANGED = "title_changed"
    BOT_LOST = "bot_lost"
    """The bot is not in the chat any more, or is no administrator: seen by a refused call."""


ARRIVALS = frozenset({DriftKind.ADDED_BY_ADMINISTRATOR, DriftKind.ADDED})
UNDONE_WHEN_FROZEN = ARRIVALS | {DriftKind.PROMOTED}
"""What is set right in a closed chat too: who came leaves, who was promoted is demoted."""
DEPARTURES = frozenset({DriftKind.REMOVED_BY_ADMINISTRATOR, DriftKind.LEFT})


class Policy(Enum):
    """What follows from drift in a kind of chat."""

    EXCLUSIVE = "exclusive"
    """Strangers leave; all else is set right."""
    ADDITIVE = "additive"
    """We add and remove only our own: whom we never expected there stays as they are."""
    OBSERVE = "observe"
    """Once created, the chat is looked at and never changed; a person may still delete it."""


DEFAULT_POLICIES: Mapping[ChatKind, Policy] = {
    ChatKind.STAFF_ROOM: Policy.ADDITIVE,
    ChatKind.CLASS: Policy.EXCLUSIVE,
    ChatKind.PARENTS: Policy.EXCLUSIVE,
    ChatKind.SUBJECT: Policy.EXCLUSIVE,
}


@dataclass(frozen=True, slots=True)
class DriftRules:
    """What an installation decides about drift.

    ``proposal_hours``: how long somebody stays whom a chat administrator added in MAX.
    ``put_back_hours``: after which somebody who left is put back, once. ``insist``: how often
    within a day somebody is put back at once whom a chat administrator removed; after that
    they count as having left.
    """

    policies: Mapping[ChatKind, Policy] = field(default_factory=lambda: dict(DEFAULT_POLICIES))
    proposal_hours: float = 24.0
    put_back_hours: float = 24.0
    insist: int = 3

    def policy(self, kind: ChatKind) -> Policy:
        """The policy for a kind of chat; what is not listed is exclusive."""
        return self.policies.get(kind, Policy.EXCLUSIVE)


@dataclass(frozen=True, slots=True)
class OurHand:
    """Calls of ours since the last complete read; each explains its effect, and no more.

    A read may lag behind a call of only just now. Of ``lagging`` accounts, and titles while
    ``titles_lag``, it may therefore show what was before.
    """

    entering: AbstractSet[MaxUserId] = frozenset()
    leaving: AbstractSet[MaxUserId] = frozenset()
    promoted: AbstractSet[MaxUserId] = frozenset()
    demoted: AbstractSet[MaxUserId] = frozenset()
    titles: AbstractSet[str] = frozenset()
    lagging: AbstractSet[MaxUserId] = frozenset()
    titles_lag: bool = False

    def explains_arrival(self, user_id: MaxUserId) -> bool:
        """We added them; or removed them, and the read does not show it yet."""
        return user_id in self.entering or (user_id in self.leaving and user_id in self.lagging)

    def explains_departure(self, user_id: MaxUserId) -> bool:
        """We removed them; or added them, and the read does not show it yet."""
        return user_id in self.leaving or (user_id in self.entering and user_id in self.lagging)

    def explains_role(self, user_id: MaxUserId, now: Role) -> bool:
        """We gave, or took, this role; or the other one, and the read does not show it yet."""
        given = self.promoted if now is Role.ADMINISTRATOR else self.demoted
        other = self.demoted if now is Role.ADMINISTRATOR else self.promoted | self.entering
        return user_id in given or (user_id in other and user_id in self.lagging)

    def explains_title(self, now: str) -> bool:
        """We gave this title; or another, and the read does not show it yet."""
        return now in self.titles or (bool(self.titles) and self.titles_lag)


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that was done; ``user_id`` is None where it is about the chat itself."""

    kind: DriftKind
    user_id: MaxUserId | None
    by: MaxUserId | None = None


def classify(
    before: Seen, after: Seen, hints: Sequence[Hint] = (), ours: OurHand | None = None
) -> tuple[Drift, ...]:
    """What people did between two complete knowledges of one chat.

    ``hints`` stand in the order of the messenger's own times, the latest last. One that names
    the account speaks louder than a call of ours from about the same time.
    """
    ours = ours or OurHand()
    told = {(hint.kind, hint.user_id): hint for hint in hints}
    chiefs = _administrators(before) | _administrators(after)
    found: list[Drift] = []
    for user_id in sorted(after.members.keys() - before.members.keys()):
        hint = told.get((HintKind.USER_ADDED, user_id))
        if hint is not None or not ours.explains_arrival(user_id):
            found.append(_arrival(user_id, hint, chiefs))
    for user_id in sorted(before.members.keys() - after.members.keys()):
        hint = told.get((HintKind.USER_REMOVED, user_id))
        if hint is not None or not ours.explains_departure(user_id):
            found.append(_departure(user_id, hint))
    found.extend(_roles(before, after, ours))
    if _plain(before.title) != _plain(after.title) and not ours.explains_title(after.title):
        titled = [hint for hint in hints if hint.kind is HintKind.TITLE_CHANGED]
        found.append(Drift(DriftKind.TITLE_CHANGED, None, titled[-1].by if titled else None))
    return tuple(found)


def contradicting(
    found: Iterable[Drift], wanted: Mapping[MaxUserId, Role], title: str
) -> tuple[Drift, ...]:
    """The drift that leads away from what is wanted; the rest only did our work for us."""
    return tuple(each for each in found if _contradicts(each, wanted, title))


def _contradicts(drift: Drift, wanted: Mapping[MaxUserId, Role], title: str) -> bool:
    role = None if drift.user_id is None else wanted.get(drift.user_id)
    match drift.kind:
        case DriftKind.ADDED_BY_ADMINISTRATOR | DriftKind.ADDED:
            return role is None
        case DriftKind.REMOVED_BY_ADMINISTRATOR | DriftKind.LEFT:
            return role is not None
        case DriftKind.PROMOTED:
            return role is not Role.ADMINISTRATOR
        case DriftKind.DEMOTED:
            return role is Role.ADMINISTRATOR
        case DriftKind.TITLE_CHANGED:
            return bool(title)
        case DriftKind.BOT_LOST:
            return True


def _arrival(user_id: MaxUserId, hint: Hint | None, chiefs: AbstractSet[MaxUserId]) -> Drift:
    by = None if hint is None else hint.by
    if by in chiefs and by != user_id:
        return Drift(DriftKind.ADDED_BY_ADMINISTRATOR, user_id, by)
    return Drift(DriftKind.ADDED, user_id, by)


def _departure(user_id: MaxUserId, hint: Hint | None) -> Drift:
    by = None if hint is None else hint.by
    if by is None or by == user_id:
        return Drift(DriftKind.LEFT, user_id)
    return Drift(DriftKind.REMOVED_BY_ADMINISTRATOR, user_id, by)


def _roles(before: Seen, after: Seen, ours: OurHand) -> Iterable[Drift]:
    for user_id in sorted(before.members.keys() & after.members.keys()):
        was, now = before.members[user_id], after.members[user_id]
        if was is now or ours.explains_role(user_id, now):
            continue
        promoted = now is Role.ADMINISTRATOR
        yield Drift(DriftKind.PROMOTED if promoted else DriftKind.DEMOTED, user_id)


def _plain(title: str) -> str:
    """A title without what a messenger may make of its spaces and its spelling in Unicode."""
    return " ".join(normalize("NFKC", title).split())


def _administrators(seen: Seen) -> set[MaxUserId]:
    return {user_id for user_id, role in seen.members.items() if role is Role.ADMINISTRATOR}
