"""The gate before the messenger: whether chats may be changed with what is known now.

Guarantees: while records are missing, or what was there at the last start has not been read
and derived, nothing is changed. Later, while something unread or underived is older than
``LAG_LIMIT``, or nobody knows how far ingest is behind, removals wait; additions wait with
them for ``ADDITIONS_WAIT`` at most, since a person too many is found sooner than a lesson
that nobody can enter.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import assert_never

LAG_LIMIT = timedelta(seconds=2)
WATCH_LIMIT = timedelta(seconds=5)
"""How old the last look at the topics' ends may be."""
ADDITIONS_WAIT = timedelta(minutes=1)


class Lag(Enum):
    """Why removals must wait; the value is for people."""

    UNWATCHED = "nobody knows how far ingest is behind: the topics' ends were not looked at"
    MISSING = "a topic that is to be read does not exist"
    UNREAD = "records are waiting to be read"
    UNDERIVED = "changes are waiting to be derived"


class CatchUpCause(Enum):
    """Why no chat is changed until everything is read and derived; the value is for people."""

    NEW_DATABASE = "a new database"
    START = "a start of reconcile"
    REPLAY = "a replay"
    GAP_ACKNOWLEDGED = "a gap was acknowledged"
    RESTORED = "the database was restored"
    """It outlives other causes: at its end chats are looked for."""
    TOPIC_ANEW = "a topic was made anew"
    LOG_SHORTER = "a topic ends before what was read of it"
    OTHER_RECORDS = "a topic holds other records than were read"


@dataclass(frozen=True, slots=True)
class GateClosed:
    """No chat may be changed; ``reason`` is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class RemovalsWait:
    """Nobody may be removed; nobody added either while ``additions_wait``."""

    reason: str
    additions_wait: bool
    additions_wait_until: datetime


@dataclass(frozen=True, slots=True)
class GateOpen:
    """Everything is read and derived."""


Gate = GateClosed | RemovalsWait | GateOpen


@dataclass(frozen=True, slots=True)
class Progress:
    """How far ingest and derive are, at the instant ``now``; None is: there is none.

    ``closed_because`` is set while records are missing or the catch-up is armed.
    ``oldest_unread`` is since when Kafka may hold something that is not read yet (the last
    look that did not see it),
    ``oldest_mark`` when the oldest mark that is not derived was set, ``watched_at`` when the
    topics' ends were last asked for, ``lagging_since`` since when any of them is too old,
    ``missing_since`` since when a topic that is to be read is not there.
    """

    now: datetime
    closed_because: str | None
    oldest_unread: datetime | None
    oldest_mark: datetime | None
    watched_at: datetime | None
    lagging_since: datetime | None
    missing_since: datetime | None = None


def verdict(progress: Progress) -> Gate:
    """What may be done to chats now."""
    if progress.closed_because is not None:
        return GateClosed(progress.closed_because)
    reason = lag(progress)
    if reason is None:
        return GateOpen()
    until = _behind_since(progress) + ADDITIONS_WAIT
    return RemovalsWait(reason.value, progress.now < until, until)


def shut(gate: Gate, *, takes: bool) -> str | None:
    """Why a call must wait now, None where it may be made.

    ``takes``: it takes somebody out of a chat, or rights away.
    """
    match gate:
        case GateClosed(reason):
            return reason
        case RemovalsWait(reason, additions_wait):
            return reason if takes or additions_wait else None
        case GateOpen():
            return None
        case _:
            assert_never(gate)


def lag(progress: Progress) -> Lag | None:
    """Why removals must wait, or None."""
    watched = progress.watched_at
    # A look from the future is one of before the clock was put right: nobody has looked since.
    if watched is None or abs(progress.now - watched) > WATCH_LIMIT:
        return Lag.UNWATCHED
    if progress.missing_since is not None:
        return Lag.MISSING
    if _too_old(progress.oldest_unread, progress.now):
        return Lag.UNREAD
    if _too_old(progress.oldest_mark, progress.now):
        return Lag.UNDERIVED
    return None


def _too_old(since: datetime | None, now: datetime) -> bool:
    return since is not None and now - since > LAG_LIMIT


def _behind_since(progress: Progress) -> datetime:
    """Where nobody watches, ``lagging_since`` is as old as the last look; never later than now."""
    known = [progress.lagging_since] if progress.lagging_since is not None else []
    if progress.watched_at is not None and progress.now - progress.watched_at > WATCH_LIMIT:
        known.append(progress.watched_at + WATCH_LIMIT)
    return min([*known, progress.now])
