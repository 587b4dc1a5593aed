"""What keeps chats from being as they should be: the one list of its kinds.

Whatever holds anything back, for one account or for everybody, is an ``Obstacle`` of one of
these kinds. The command line, the console, the JSON and the metrics all show this list, so a
kind that is added here shows everywhere, or a test says where its words are missing.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final


class ObstacleKind(Enum):
    """The kinds, those that stop everything first; the value is the word in JSON and metrics."""

    GAP = "gap"
    """Records are missing in partitions: no chat is changed until a person acknowledges it."""
    STOPPED = "stopped"
    """Partitions that are not read on: our own failures over their records passed the budget."""
    READ_ONLY = "read_only"
    """PostgreSQL takes no changes: nothing is read, derived or done."""
    CATCHING_UP = "catching_up"
    """No chat is changed until what the topics held is read and derived."""
    UNWATCHED = "unwatched"
    """Nobody knows how far ingest is behind: removals wait, additions for a minute."""
    MISSING = "missing"
    """Topics that are to be read do not exist: likewise."""
    UNREAD = "unread"
    """Records wait to be read: likewise."""
    UNDERIVED = "underived"
    """Changes wait to be derived: likewise."""
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a word, no secret
    """The messenger does not take our token: no call is made."""
    MESSENGER_FAILING = "messenger_failing"
    """The messenger does not answer, or answers nothing that can be used."""
    ANSWERS_REFUTED = "answers_refuted"
    """The messenger answers that calls are done, and reads show time and again that not."""
    WEBHOOK_LOST = "webhook_lost"
    """The messenger does not keep our webhook: what people do in it is found by the sweep alone."""
    ADDING_OFF = "adding_off"
    """Nobody can be added, only invited by link."""
    HELD = "held"
    """Chats whose removals wait for a person's decision."""
    UNLINKING = "unlinking"
    """Chats whose removals wait because too many people unlinked at once."""
    FLAPPING = "flapping"
    """Chats where somebody was taken out again and again: the next time waits."""
    REJECTED = "rejected"
    """Chats where a person decided against removals that the register asks for."""
    PARKED = "parked"
    """Chats in which the bot may do nothing."""
    GONE = "gone"
    """Chats that the messenger says it deleted for ever."""
    REFUSED = "refused"
    """Chats whose last call the messenger refused."""
    FAILING = "failing"
    """Chats whose last passes failed one after the other."""
    SHORT_READ = "short_read"
    """Chats that count more people than they list: only who is listed is known to be in."""
    STUCK = "stuck"
    """Accounts that we may not remove, promote or demote, or whose calls fail again and again."""
    UNDONE = "undone"
    """What we set right in chats is undone as often: it waits until tomorrow."""
    OWN_ACCOUNT = "own_account"
    """Profiles that name the bot's own account: nobody is added or removed by them."""
    UNHEARD = "unheard"
    """People who unlinked their profile with us, of which the messenger has not heard yet."""
    LESSON_WAITS = "lesson_waits"
    """Distance lessons whose call waits: for the subject's chat, the register, or its own end."""
    LESSON_FAILS = "lesson_fails"
    """Distance lessons whose call the messenger refuses, or does not answer for."""
    BLOCKED = "blocked"
    """Accounts that the messenger does not add."""
    SET_ASIDE = "set_aside"
    """Records that the contract takes, and over which our own code failed."""
    UNPUBLISHED = "unpublished"
    """Events of ours that others wait for."""
    LEFT = "left"
    """People who went out of a chat by themselves and are not put back yet."""


OF_ONE: Final = frozenset(
    {
        ObstacleKind.HELD, ObstacleKind.UNLINKING, ObstacleKind.FLAPPING, ObstacleKind.REJECTED,
        ObstacleKind.PARKED, ObstacleKind.GONE, ObstacleKind.REFUSED, ObstacleKind.FAILING,
        ObstacleKind.SHORT_READ, ObstacleKind.STUCK, ObstacleKind.UNDONE,
        ObstacleKind.OWN_ACCOUNT, ObstacleKind.UNHEARD, ObstacleKind.BLOCKED, ObstacleKind.LEFT,
        ObstacleKind.LESSON_WAITS, ObstacleKind.LESSON_FAILS,
    }
)  # fmt: skip
"""Those that hold up a chat, an account, a person or a lesson; of these a region has thousands."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One kind of it as it stands.

    ``count`` is of what the kind speaks of (partitions, chats, accounts), ``since`` the oldest
    of them, ``about`` some of their ids. ``detail`` is what somebody said about it, in plain
    words or codes; never a name.
    """

    kind: ObstacleKind
    count: int
    since: datetime | None
    about: tuple[str, ...] = ()
    detail: str | None = None

    def as_json(self) -> dict[str, object]:
        """The members that programs read."""
        return {
            "kind": self.kind.value,
            "count": self.count,
            "since": None if self.since is None else self.since.isoformat(),
            "about": list(self.about),
            "detail": self.detail,
        }
