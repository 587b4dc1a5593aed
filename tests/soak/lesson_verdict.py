"""The judge of lessons' calls in a soak.

Whatever the messenger did to a lesson's call is written down as it happens; people's decisions are
remembered outside the database, which a restore sets back; and at the end the calls that are to
come are compared with what the published events and the journal of decisions say.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from projections.database import transaction
from simulator.changes import Change, MeetingDeleted, MeetingSet
from tests.lessons import judging
from tests.lessons.judging import lesson_of
from tests.oracle import lessons as oracle
from tests.oracle.naive import instant
from tests.soak.removals import Restored
from tests.system.histories import Event

RUNS = timedelta(seconds=30)
"""How long a lesson of the soak is."""
INTENT_SECONDS = 20.0
"""So old an intent may be whose call has its effect: a lease, a call, what the proxies hold up."""

TRAVELS = timedelta(seconds=2)
"""What a call of ours may be on its way: it is given up after that."""

KILLED_WHILE_RUNNING = "kills while a call ran"

_TITLES = text("SELECT lesson_id, choice FROM decisions WHERE lesson_id IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Said:
    """A decision that may stand; ``at`` in milliseconds since 1970."""

    at: int
    lesson: str
    title: str | None
    insists: bool


@dataclass(frozen=True, slots=True)
class Words:
    """All decisions that may stand, those of them that were answered for, and the restores."""

    said: Sequence[Said] = ()
    taken: Sequence[Said] = ()
    restores: Sequence[Restored] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """A call that was deleted or moved away at ``at`` (milliseconds) while it ran."""

    lesson: str
    at: int


@dataclass(slots=True)
class CallWatch:
    """Sees every call in the messenger; each is to be of one of these ``lessons``."""

    lessons: Collection[str]
    counted: Counter[str] = field(default_factory=Counter)
    ended: list[Ended] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _calls: dict[str, MeetingSet] = field(default_factory=dict)
    _ran: set[str] = field(default_factory=set)

    def __call__(self, change: Change) -> None:
        """The simulator tells of a change."""
        match change:
            case MeetingSet(call_id=number):
                before = self._calls.get(number)
                self.counted["made" if before is None else "changed"] += 1
                self._look(before, change)
                self._calls[number] = change
                self._look_for_one_too_many(change)
            case MeetingDeleted(call_id=number):
                self.counted["deleted"] += 1
                self._look(self._calls.pop(number, None), None)
            case _:
                pass

    def killed(self) -> None:
        """A process was killed: which calls run now?"""
        now = datetime.now(UTC)
        running = {number for number, call in self._calls.items() if _runs(call, now)}
        self._ran |= running
        self.counted[KILLED_WHILE_RUNNING] += bool(running)
        self.counted["calls that ran at a kill"] = len(self._ran)

    def _look_for_one_too_many(self, new: MeetingSet) -> None:
        """The messenger itself sees to it that one key has one call; a second has another key."""
        lesson = lesson_of(new)
        if lesson not in self.lessons or new.external_id != f"lesson:{lesson}":
            self.faults.append(f"a call is there as {new.external_id}, which is no lesson's key")
        elif sum(lesson_of(each) == lesson for each in self._calls.values()) > 1:
            self.faults.append(f"{lesson} has a second call")

    def _look(self, before: MeetingSet | None, after: MeetingSet | None) -> None:
        """What was sent before the call began may come a moment after."""
        now = datetime.now(UTC)
        ran = before is not None and _runs(before, now) and _runs(before, now - TRAVELS)
        if before is None or not ran or (after is not None and _runs(after, now)):
            return
        self.counted["ended while it ran"] += 1
        self.ended.append(Ended(lesson_of(before), ms(now)))

    @property
    def calls(self) -> list[MeetingSet]:
        """All that are there."""
        return list(self._calls.values())


def _runs(call: MeetingSet, now: datetime) -> bool:
    return instant(call.starts_at) <= now < instant(call.ends_at)


def ms(at: datetime) -> int:
    """Milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def thrown_out(
    ended: Iterable[Ended],
    said: Iterable[Said],
    taken: Collection[Said],
    restores: Collection[Restored],
) -> list[str]:
    """Calls that went while they ran though no word that may have counted then insisted on it.

    ``said`` are all decisions that may stand, ``taken`` those of them that were answered for. The
    word that counted is of when the call was intended: the last that was taken before, or a later
    one; one that a restore took back was none that others gave way to.
    """
    said = list(said)
    return [
        f"{each.lesson}: its call went while it ran, at {each.at}"
        for each in ended
        if not any(word.insists for word in _words(each, said, taken, restores))
    ]


def _words(
    ended: Ended, said: Iterable[Said], taken: Collection[Said], restores: Collection[Restored]
) -> list[Said]:
    """The words that may have counted for it."""
    of_lesson = [word for word in said if word.lesson == ended.lesson and word.at <= ended.at]
    since = max(
        (
            word.at
            for word in of_lesson
            if word in taken
            and word.at < ended.at - 1000 * INTENT_SECONDS
            and not any(each.copied_at <= word.at <= each.at for each in restores)
        ),
        default=0,
    )
    return [word for word in of_lesson if word.at >= since]


async def judge(
    engine: AsyncEngine,
    published: list[Event],
    chats: Iterable[Mapping[str, Any]],
    watch: CallWatch,
    words: Words,
) -> list[str]:
    """What was or is wrong with the calls, or was forgotten of the decisions."""
    said, taken, restores = words.said, words.taken, words.restores
    odd = await differences(engine, published, chats, watch.calls)
    thrown = thrown_out(watch.ended, said, taken, restores)
    return [*watch.faults, *odd, *thrown, *await forgotten(engine, taken, restores)]


async def differences(
    engine: AsyncEngine,
    published: list[Event],
    chats: Iterable[Mapping[str, Any]],
    calls: Iterable[MeetingSet],
) -> list[str]:
    """Where calls that are to come are not as the register and people have them.

    One that runs, or begins or ends just now, is left out: people are in it.
    """
    now = datetime.now(UTC)
    async with transaction(engine) as connection:
        rows = await connection.execute(text(judging.LATEST))
        decided = {row.lesson_id: row.choice or None for row in rows}
    ids = {str(chat["external_id"]).rpartition("#")[0]: chat["chat_id"] for chat in chats}

    def runs(_lesson: str, placed: set[judging.Placed]) -> bool:
        return any(start - RUNS <= now <= end + RUNS for *_, start, end in placed)

    return judging.differences(oracle.Timetable(published, now), decided, ids, calls, runs)


async def forgotten(
    engine: AsyncEngine, taken: Iterable[Said], restores: Iterable[Restored]
) -> list[str]:
    """Decisions that are in no journal, though no restore can have taken them back."""
    async with transaction(engine) as connection:
        kept = {(row.lesson_id, row.choice) for row in await connection.execute(_TITLES)}
    spans = [(each.copied_at, each.at) for each in restores]
    return [
        f"the decision {each.title} about {each.lesson} is forgotten"
        for each in taken
        if each.title is not None
        and (each.lesson, each.title) not in kept
        and not any(copied <= each.at <= at for copied, at in spans)
    ]
