"""The messenger in memory: the simulator's pure world behind ``gateway.ports.Messenger``.

Between the slot and the effect, and between the effect and the answer, stands a step each; what
goes wrong there is decided by the seed. A request of a killed process may still arrive.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from domain.work import IntentId, Lease
from gateway import errors
from gateway.ports import AddFailure, BotStanding, CallBudget, ChatSnapshot, Created, SeenMember
from simulator.accounts import Failed
from simulator.chats import FULL_RIGHTS
from simulator.config import SimulatorConfig
from simulator.errors import (
    AbsentError,
    ChatDeletedError,
    ChatNotFoundError,
    NotPossibleError,
    RefusedError,
)
from simulator.world import World
from tests.simulation.scheduler import Process, Scheduler, current

_CODES = {failure.value: failure for failure in AddFailure}
CALL_SECONDS = 15.0
LATE_SECONDS = 12.0
"""How long a request may be on its way: less than a call's time-out."""
LATER_SECONDS = (200.0, 1_500.0, 20_000.0)
"""How long some are: past the second reading, past rechecks, and past the last of them."""
SHARE_LATER = 0.35


class Mishap(Enum):
    """What can become of one call."""

    NONE = "none"
    NOT_SENT = "not sent"
    NO_EFFECT = "timed out without effect"
    LOST_ANSWER = "answer lost after the effect"
    LATE = "timed out, effect later"
    TOO_MANY = "429"
    SHORT = "short read"
    ENDLESS = "pages without end"


CHANGING = (Mishap.NOT_SENT, Mishap.NO_EFFECT, Mishap.LOST_ANSWER, Mishap.LATE, Mishap.TOO_MANY)
READING = (Mishap.NOT_SENT, Mishap.TOO_MANY, Mishap.SHORT, Mishap.ENDLESS)


@dataclass(frozen=True, slots=True)
class Asked:
    """Under which lease and intent a call is made; ``at`` is when the intent was begun."""

    lease: Lease
    intent: IntentId
    at: float


ASKED: ContextVar[Asked | None] = ContextVar("asked", default=None)
"""Set by the store when it has committed an intent, in the task that calls."""


@dataclass(slots=True, eq=False)
class Call:
    """A changing call, from the slot to the answer (or to the time when it cannot arrive)."""

    process: Process
    kind: str
    chat_id: int | None
    external_id: str | None
    user_ids: tuple[int, ...]
    admin_ids: tuple[int, ...]
    asked: Asked | None
    sent_at: float
    effect: Callable[[], object]
    watcher: "Watcher"
    arrived: bool = False
    ended: bool = False


class Watcher(Protocol):
    """Who looks at each call."""

    async def sent(self, call: Call) -> None:
        """It has passed the budget and the deadline."""

    def ended(self, call: Call, mishap: Mishap) -> None:
        """The caller has its answer, or none."""

    def orphaned(self, call: Call, *, arrives: bool) -> None:
        """The caller is gone; whether the call has arrived or will."""

    def came_late(self, call: Call) -> None:
        """It had its effect after the caller had given up."""

    def took(self, call: Call) -> None:
        """It has taken somebody's place or rights."""

    def refused(self, users: Iterable[int]) -> None:
        """These were not added by the call of this task."""

    def read_began(self) -> None:
        """A read has seen its first page, in this task."""


@dataclass(slots=True)
class Max:
    """The messenger's truth, the calls under way, and what goes wrong."""

    scheduler: Scheduler
    watcher: Watcher
    began: datetime
    trouble: float = 0.0
    config: SimulatorConfig = field(init=False)
    world: World = field(init=False)
    under_way: list[Call] = field(default_factory=list)
    late: list[tuple[float, Call]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """An empty world on virtual time."""
        began = self.began.timestamp()
        self.config = SimulatorConfig(
            monotonic=lambda: self.scheduler.now, wall=lambda: began + self.scheduler.now
        )
        self.world = World(self.config)

    def mishap(self, choices: Sequence[Mishap], share: float = 1.0) -> Mishap:
        """What becomes of the next call."""
        chance = self.scheduler.random
        return chance.choice(choices) if chance.random() < self.trouble * share else Mishap.NONE

    def orphan(self, process: Process) -> None:
        """The process is gone; what it had sent may still arrive, or never."""
        for call in [each for each in self.under_way if each.process is process]:
            self.under_way.remove(call)
            call.ended = True
            arrives = call.arrived
            if not call.arrived and self.scheduler.random.random() < 0.5:
                arrives = True
                self._delay(call)
            call.watcher.orphaned(call, arrives=arrives)

    def _delay(self, call: Call) -> None:
        chance = self.scheduler.random
        longest = chance.choice(LATER_SECONDS) if chance.random() < SHARE_LATER else LATE_SECONDS
        wait = chance.uniform(0.0, longest)
        self.late.append((self.scheduler.now + wait, call))

    async def late_arrivals(self) -> None:
        """What was on its way for long arrives."""
        for entry in [each for each in self.late if each[0] <= self.scheduler.now]:
            self.late.remove(entry)
            call = entry[1]
            self.scheduler.note(f"late: {call.kind} {call.chat_id or call.external_id}")
            self._take_effect(call)
            call.watcher.came_late(call)

    async def change(self, call: Call) -> tuple[object, Mishap]:
        """Send a changing call; its effect's answer, and what became of it."""
        self.under_way.append(call)
        await call.watcher.sent(call)
        await self.scheduler.turn(f"max {call.kind} {call.chat_id or call.external_id}")
        mishap = self.mishap(CHANGING)
        if self._timed_out(call):
            mishap = Mishap.NO_EFFECT
        try:
            answer = self._arrive(call, mishap)
            await self.scheduler.turn(f"max answers {call.kind}: {mishap.value}")
        except RefusedError:
            call.watcher.ended(call, Mishap.NONE)
            raise
        finally:
            if not call.ended:
                call.ended = True
                self.under_way.remove(call)
        if mishap is Mishap.NONE and self._timed_out(call):
            mishap = Mishap.LOST_ANSWER
        call.watcher.ended(call, mishap)
        return answer, mishap

    def _timed_out(self, call: Call) -> bool:
        """Whether the client has given up; one that stood still has not."""
        thawed = call.process.thawed_at
        stood_still = thawed is not None and thawed >= call.sent_at
        return self.scheduler.now - call.sent_at > CALL_SECONDS and not stood_still

    def _arrive(self, call: Call, mishap: Mishap) -> object:
        call.arrived = True
        if mishap is Mishap.NONE:
            return self._effect(call)
        if mishap is Mishap.LOST_ANSWER:
            self._take_effect(call)
        elif mishap is Mishap.LATE:
            self._delay(call)
        return None

    def _take_effect(self, call: Call) -> None:
        with suppress(Exception):  # an error answer that nobody hears
            self._effect(call)

    def _effect(self, call: Call) -> object:
        answer = call.effect()
        if answer is True:
            call.watcher.took(call)
        return answer


@dataclass(frozen=True, slots=True)
class Line:
    """``gateway.ports.Messenger`` for one budget."""

    max: Max
    budget: CallBudget

    def through(self, budget: CallBudget) -> "Line":
        """The same messenger on another budget."""
        return Line(self.max, budget)

    async def _change(
        self, kind: str, lane: Lane, effect: Callable[[], object], **about: object
    ) -> tuple[object, Mishap]:
        async with self.budget.slot(lane):
            call = self._call(kind, effect, **about)
            try:
                answer, mishap = await self.max.change(call)
            except ChatNotFoundError:
                raise errors.NotFound(kind, 404) from None
            except ChatDeletedError:
                raise errors.Gone(kind, 410) from None
            except NotPossibleError:
                raise errors.Refused(kind, 400) from None
        await self._fail(kind, mishap)
        return answer, mishap

    def _call(self, kind: str, effect: Callable[[], object], **about: object) -> Call:
        return Call(
            current(), kind,
            about.get("chat_id"), about.get("external_id"),  # type: ignore[arg-type]  # by keyword
            tuple(about.get("user_ids", ())), tuple(about.get("admin_ids", ())),  # type: ignore[arg-type]  # by keyword
            ASKED.get(), self.max.scheduler.now, effect, self.max.watcher,
        )  # fmt: skip

    async def _fail(self, kind: str, mishap: Mishap) -> None:
        match mishap:
            case Mishap.NOT_SENT:
                raise errors.Unavailable(kind, mishap.value)
            case Mishap.TOO_MANY:
                await self.budget.push_back(1.0)
                raise errors.TooManyRequests(kind, 1.0)
            case Mishap.NO_EFFECT | Mishap.LOST_ANSWER | Mishap.LATE:
                raise errors.OutcomeUnknown(kind, mishap.value)
            case Mishap.ENDLESS:
                raise errors.IncompleteRead(kind, mishap.value)
            case _:
                return

    async def read(self, chat_id: MaxChatId, lane: Lane) -> ChatSnapshot:
        """Read the chat and its members, in two steps."""
        async with self.budget.slot(lane):
            await self.max.scheduler.turn(f"max read {chat_id}")
            mishap = self.max.mishap(READING, 1.5)
            try:
                title, counted = (chat := self.max.world.chats.get(chat_id)).title, len(chat)
            except ChatNotFoundError:
                raise errors.NotFound("read", 404) from None
            self.max.watcher.read_began()
            await self.max.scheduler.turn(f"max read members {chat_id}: {mishap.value}")
        await self._fail("read", mishap)
        chat = self.max.world.chats.get(chat_id)
        bot, accounts = self.max.config.bot_id, self.max.world.accounts
        members = [
            SeenMember(
                MaxUserId(user),
                user in chat.admins,
                user == chat.owner_id,
                user == bot or accounts.is_bot(user),
            )
            for user in chat
        ]
        if mishap is Mishap.SHORT:
            cut = self.max.scheduler.random.randint(1, max(1, len(members) - 1))
            return ChatSnapshot(chat_id, title, tuple(members[-cut:]), max(counted, len(chat)))
        return ChatSnapshot(chat_id, title, tuple(members), counted)

    async def standing(self, chat_id: MaxChatId, lane: Lane) -> BotStanding:
        """The bot may do everything in every chat that is there."""
        async with self.budget.slot(lane):
            await self.max.scheduler.turn(f"max standing {chat_id}")
        try:
            self.max.world.chats.get(chat_id)
        except ChatNotFoundError:
            return BotStanding(is_member=False)
        return BotStanding(is_member=True, is_admin=True)

    async def add(
        self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane
    ) -> Mapping[MaxUserId, AddFailure]:
        """Add accounts; on a partial failure only half of them."""
        chats, chance = self.max.world.chats, self.max.scheduler.random

        def effect() -> Failed:
            partial = chance.random() < self.max.trouble / 2
            served = user_ids[: (len(user_ids) + 1) // 2] if partial else user_ids
            failed = chats.add(chat_id, list(served), None)
            return failed | dict.fromkeys(map(int, user_ids[len(served) :]), "unknown")

        answer, _ = await self._change("add", lane, effect, chat_id=chat_id, user_ids=user_ids)
        failures = _failures(answer)
        self.max.watcher.refused(failures)
        return failures

    async def remove(self, chat_id: MaxChatId, user_id: MaxUserId, lane: Lane) -> None:
        """Remove one account."""

        def effect() -> bool:
            try:
                self.max.world.chats.remove(chat_id, user_id, 1)
            except AbsentError:
                return False
            return True

        await self._change("remove", lane, effect, chat_id=chat_id, user_ids=(user_id,))

    async def promote(self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane) -> None:
        """Make members administrators; all or none."""
        rights = dict.fromkeys(map(int, user_ids), FULL_RIGHTS)

        def effect() -> None:
            self.max.world.chats.set_admins(chat_id, rights)

        await self._change("promote", lane, effect, chat_id=chat_id, user_ids=user_ids)

    async def demote(self, chat_id: MaxChatId, user_id: MaxUserId, lane: Lane) -> None:
        """Take an administrator's rights."""

        def effect() -> bool:
            try:
                self.max.world.chats.demote(chat_id, user_id)
            except AbsentError:
                return False
            return True

        await self._change("demote", lane, effect, chat_id=chat_id, user_ids=(user_id,))

    async def rename(self, chat_id: MaxChatId, title: str, lane: Lane) -> None:
        """Set the title."""
        chats = self.max.world.chats
        await self._change("rename", lane, lambda: chats.rename(chat_id, title, 1), chat_id=chat_id)

    async def create(
        self,
        external_id: str,
        title: str,
        kind: str,
        user_ids: Sequence[MaxUserId],
        admin_ids: Sequence[MaxUserId],
        lane: Lane,
    ) -> Created:
        """Create the chat, or find it."""
        chats = self.max.world.chats

        def effect() -> Created:
            chat, created, failed = chats.create(external_id, title, kind, user_ids, admin_ids)
            return Created(MaxChatId(chat.chat_id), chat.link, created, _failures(failed))

        answer, _ = await self._change(
            "create", lane, effect,
            external_id=external_id, user_ids=user_ids, admin_ids=admin_ids,
        )  # fmt: skip
        if not isinstance(answer, Created):
            raise errors.OutcomeUnknown("create", "no answer")
        self.max.watcher.refused(answer.failed)
        return answer

    async def delete(self, chat_id: MaxChatId, lane: Lane) -> None:
        """Delete for ever."""

        def effect() -> None:
            try:
                self.max.world.chats.delete(chat_id)
            except ChatNotFoundError:
                return

        await self._change("delete", lane, effect, chat_id=chat_id)


def _failures(answer: object) -> Mapping[MaxUserId, AddFailure]:
    if not isinstance(answer, dict):
        return {}
    return {MaxUserId(user): _CODES.get(code, AddFailure.UNKNOWN) for user, code in answer.items()}
