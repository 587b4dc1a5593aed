"""The promises about lessons' calls, looked at whenever a call is sent or has had its effect.

What is true of the messenger is its own meetings; what should be, ``tests.oracle.lessons``, by the
events that were published and by people's decisions. A call that had its effect after a newer one
of its lesson leaves that lesson as nobody can see it (decision 26): it is *astray* until the next
change of its call, and is left out until then.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.lesson_work import Attempt, LessonLease
from simulator.changes import MeetingSet
from simulator.world import World
from tests.lessons.judging import LATEST, differences, lesson_of
from tests.oracle import lessons as oracle
from tests.oracle.naive import instant
from tests.simulation.knowledge import Knowledge
from tests.simulation.messenger import CALL_SECONDS, Call, Max, Mishap


@dataclass(frozen=True, slots=True)
class AskedForLesson:
    """The intent of a call, since when it was looked for, and whether a person had insisted."""

    lease: LessonLease
    attempt: Attempt
    at: float
    insisted: bool


@dataclass(slots=True, eq=False)
class LessonCall(Call):
    """A changing call about a lesson's call."""

    of: AskedForLesson = field(kw_only=True)


@dataclass(slots=True)
class LessonWatch:
    """A ``Watcher`` of the calls of lessons; ``max`` is whose they are."""

    known: Knowledge
    max: Max
    calls: dict[str, list[LessonCall]] = field(default_factory=dict)
    astray: set[str] = field(default_factory=set)
    clock_stepped_at: float = float("-inf")

    @property
    def now(self) -> float:
        """Virtual time."""
        return self.known.database.scheduler.now

    @property
    def world(self) -> World:
        """The messenger's truth."""
        return self.max.world

    # --- what people said ------------------------------------------------------------------

    async def decided(self) -> dict[str, str | None]:
        """By lesson the name that was decided last, None where it is to be no distance lesson."""
        rows = await self.known.database.ask(LATEST)
        return {row[0]: row[1] or None for row in rows}

    async def insists(self, lesson: str) -> bool:
        """Whether the last word about the lesson is that it goes although it runs."""
        rows = await self.known.database.ask(LATEST)
        return any(row[0] == lesson and row[2] for row in rows)

    # --- ``tests.simulation.messenger.Watcher`` --------------------------------------------

    async def sent(self, call: Call) -> None:
        """A changing call has passed its deadline."""
        assert isinstance(call, LessonCall)
        lesson = call.of.lease.lesson_id
        if call.kind == "plan call" and call.external_id != f"lesson:{lesson}":
            # One that is made by another key is made again where its answer was lost.
            self.known.broken("a lesson's call has the lesson's key", str(call.external_id))
        await self._committed(call)
        if not self._excused(call):
            await self._held(call)
            self._alone(call)
            await self._leaves_people(call)
        self.calls.setdefault(lesson, []).append(call)

    def ended(self, call: Call, mishap: Mishap) -> None:
        """The caller has its answer, or none."""
        assert isinstance(call, LessonCall)
        lesson = call.of.lease.lesson_id
        self.no_second_call(lesson)
        if mishap is Mishap.NONE and call.kind != "plan call":
            self.astray.discard(lesson)

    def orphaned(self, call: Call, *, arrives: bool) -> None:
        """Its process is gone."""

    def came_late(self, call: Call) -> None:
        """It had its effect after its caller had given up; a newer one may have come before it."""
        assert isinstance(call, LessonCall)
        lesson = call.of.lease.lesson_id
        self.no_second_call(lesson)
        if any(each.arrived and each.sent_at > call.sent_at for each in self.calls[lesson]):
            self.astray.add(lesson)

    def took(self, call: Call) -> None:
        """No call of a lesson takes anybody's place in a chat."""

    def refused(self, users: Iterable[int]) -> None:
        """Nor adds anybody."""

    def read_began(self) -> None:
        """Nor reads."""

    # --- the promises ----------------------------------------------------------------------

    def _excused(self, call: LessonCall) -> bool:
        """Whether its process stood still since it was sent, or the database's clock has stepped.

        Or the clock went while it was on its way: all leases are over at once then.
        """
        thawed = call.process.thawed_at
        stood = call.process.frozen_until is not None or (thawed or -1.0) >= call.sent_at
        return stood or self.clock_stepped_at >= call.of.at

    async def _committed(self, call: LessonCall) -> None:
        """What is called was committed before, and has no outcome yet."""
        rows = await self.known.database.ask(
            "SELECT action, settled_at IS NULL FROM lesson_intents WHERE intent_id = $1",
            call.of.attempt.intent,
        )
        word = {"plan call": "make", "change call": "change", "end call": "delete"}[call.kind]
        if not rows or rows[0][0] != word or not (rows[0][1] or self._excused(call)):
            self.known.broken("no call of a lesson without an intent", f"{call.kind}: {rows}")

    async def _held(self, call: LessonCall) -> None:
        """A call is sent while its lease lasts."""
        lease = call.of.lease
        rows = await self.known.database.ask(
            "SELECT lease_token, lease_until > clock_now() FROM lesson_calls WHERE lesson_id = $1",
            lease.lesson_id,
        )
        if list(rows[0]) != [lease.token, True]:
            about = f"{lease.lesson_id}: {lease.token} of {rows[0]}"
            self.known.broken("only a lesson's holder calls", about)

    def _alone(self, call: LessonCall) -> None:
        """No two calls about one lesson at once."""
        for other in self.max.under_way:
            if not isinstance(other, LessonCall) or other is call or self._excused(other):
                continue
            young = self.now - other.sent_at <= CALL_SECONDS
            if young and other.of.lease.lesson_id == call.of.lease.lesson_id:
                about = f"{call.of.lease.lesson_id}: {other.kind} and {call.kind}"
                self.known.broken("one call of a lesson in flight", about)

    async def _leaves_people(self, call: LessonCall) -> None:
        """No call in which people may be is deleted or moved away without a person's word."""
        lesson, now = call.of.lease.lesson_id, self.known.database.now()
        running = [
            each
            for each in self.of(lesson)
            if each.call_id == call.external_id
            and oracle.runs(instant(each.starts_at), instant(each.ends_at), now)
        ]
        if not running or lesson in self.astray or call.of.insisted:
            return
        plan = getattr(call.of.attempt.ask, "plan", None)
        goes_on = plan is not None and oracle.runs(plan.starts_at, plan.ends_at, now)
        if not goes_on and not await self.insists(lesson):
            about = f"{lesson}: {call.kind} at {now}, {running[0]}"
            self.known.broken("nobody is thrown out of a call that runs", about)

    def of(self, lesson: str) -> list[MeetingSet]:
        """The messenger's calls of a lesson."""
        return [each for each in self.world.meetings if lesson_of(each) == lesson]

    def no_second_call(self, lesson: str) -> None:
        """A lesson has one call at a time, whatever became of the processes that asked for it."""
        if len(found := self.of(lesson)) > 1:
            self.known.broken("no second call of a lesson", f"{lesson}: {found}")

    async def difference(self) -> list[str]:
        """Where the calls that are to come are not as the register and people have them."""
        timetable = oracle.Timetable(self.known.events(), self.known.database.now())
        chats = {chat.external_id.rsplit("#", 1)[0]: chat.chat_id for chat in self.world.chats}
        return differences(
            timetable, await self.decided(), chats, self.world.meetings,
            lambda lesson, _: lesson in self.astray,
        )  # fmt: skip


SETTLED = """
    SELECT NOT EXISTS (SELECT FROM lesson_calls l JOIN lesson_wishes w USING (lesson_id)
                        WHERE l.due_at <= clock_now() OR l.lease_until > clock_now()
                           OR l.live AND l.seen IS DISTINCT FROM w.fingerprint)"""
