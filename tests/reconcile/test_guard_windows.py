"""Whatever happens in whatever order: no window ever holds more removals than its limit.

The removals are counted by the messenger, the windows by the test.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.guard import GuardLimits
from domain.ids import ChatId
from domain.seasons import GuardPolicy
from gateway.errors import OutcomeUnknown, TooManyRequests, Unavailable
from tests.reconcile.town import Crash, Town, accounts, town
from tests.servers.databases import Databases

MINUTE = 60.0
LIMITS = GuardLimits(
    chat_floor=3, chat_share=0, school_floor=4, school_share=0, total_floor=5, total_share=0
)
SCHOOLS = ("s-1", "s-1", "s-1", "s-2", "s-2", "s-3")
SIZE = 8


@dataclass(frozen=True, slots=True)
class Leave:
    """So many of a chat's people are not expected any more."""

    chat: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Return:
    """All of a chat's people are expected again."""

    chat: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes, and every chat is looked at."""

    minutes: int


@dataclass(frozen=True, slots=True)
class Fail:
    """Removals fail for a while."""

    how: int


@dataclass(frozen=True, slots=True)
class CrashSoon:
    """The process dies after so many removals more."""

    after: int


@dataclass(frozen=True, slots=True)
class Approve:
    """A person approves the oldest plan that waits."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A person rejects the oldest plan that waits."""


Step = Leave | Return | Wait | Fail | CrashSoon | Approve | Reject
ERRORS: tuple[Callable[[], Exception], ...] = (
    lambda: TooManyRequests("remove", 1.0),
    lambda: OutcomeUnknown("remove", "time-out"),
    lambda: Unavailable("remove", "down"),
)

# No sum of a few of these comes within a minute of a window's length.
WAITS = (11, 31, 61, 700, 1445)

CHAT = st.integers(0, len(SCHOOLS) - 1)
STEPS = st.lists(
    st.one_of(
        *[st.builds(Leave, CHAT, st.integers(0, SIZE - 1), st.integers(1, 3))] * 4,
        st.builds(Return, CHAT),
        st.builds(Wait, st.sampled_from(WAITS)),
        st.builds(Fail, st.integers(0, len(ERRORS) - 1)),
        st.builds(CrashSoon, st.integers(1, 3)),
        st.builds(Approve),
        st.builds(Reject),
    ),
    min_size=4,
    max_size=14,
)


@dataclass(slots=True)
class Story:
    """A town, what was approved in it, and when each removal was."""

    place: Town
    chats: list[ChatId]
    approved: set[tuple[str, int]] = field(default_factory=set)
    removals: list[tuple[float, int]] = field(default_factory=list)
    rejected: set[tuple[str, int]] = field(default_factory=set)

    async def take(self, step: Step) -> None:
        """What happens, and what the loops make of it."""
        place = self.place
        match step:
            case Leave(chat, first, count):
                leaving = [_people(chat)[(first + n) % SIZE] for n in range(count)]
                await place.leave(self.chats[chat], leaving)
            case Return(chat):
                await place.join(self.chats[chat], _people(chat))
                back = {(self.chats[chat], account) for account in _people(chat)}
                self.rejected -= back
            case Wait(minutes):
                await place.wait(minutes * MINUTE)
                await place.due(*self.chats)
            case Fail(how):
                place.messenger.fails_with = ERRORS[how]()
                await place.due(*self.chats)
            case CrashSoon(after):
                place.messenger.crash_after = len(place.messenger.removed) + after
            case Approve():
                await self._approve()
            case Reject():
                await self._reject()
        await self._work()
        place.messenger.fails_with = None

    async def _approve(self) -> None:
        for plan in (await self.place.held())[:1]:
            await self.place.approve(plan.hash)
            self.approved |= {
                (plan.chat_id, account)
                for each in plan.people
                if isinstance(account := each["max_user_id"], int)
            }

    async def _reject(self) -> None:
        for plan in (await self.place.held())[:1]:
            await self.place.reject(plan.hash)
            self.rejected |= {
                (plan.chat_id, account)
                for each in plan.people
                if isinstance(account := each["max_user_id"], int)
            }

    async def _work(self) -> None:
        before = len(self.place.messenger.removed)
        try:
            await self.place.work(workers=3)
        except Crash:
            await self.place.restart()
            await self.place.due(*self.chats)
            await self.place.work()
        for number, account in self.place.messenger.removed[before:]:
            assert (self.chats[number - 1], account) not in self.rejected
            self.removals.append((self.place.seconds, number - 1))


def _people(chat: int) -> list[int]:
    return accounts(SIZE, 100 * (chat + 1))


def _most(moments: list[float], minutes: int) -> int:
    """The most removals within any so many minutes."""
    return max(
        (sum(end - minutes * MINUTE < at <= end for at in moments) for end in moments), default=0
    )


async def _unapproved(story: Story) -> list[tuple[float, int]]:
    """The removals that rest on no approval; those that do were approved by name."""
    rows = await story.place.rows(
        """SELECT i.chat_id, r.max_user_id, r.approval IS NOT NULL AS approved
             FROM intents i LEFT JOIN removal_reservations r USING (reservation_id)
            WHERE i.action = 'remove'"""
    )
    by_approval = {(chat, account) for chat, account, approved in rows if approved}
    assert by_approval <= story.approved
    assert all(approved is not None for _, _, approved in rows)
    removed = zip(story.place.messenger.removed, story.removals, strict=True)
    return [
        removal
        for (number, account), removal in removed
        if (story.chats[number - 1], account) not in by_approval
    ]


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
@example(steps=[Leave(0, 0, 1), Leave(0, 0, 3), Return(0), Leave(0, 0, 3)])
@example(steps=[Leave(0, 0, 4), Reject(), Wait(1445), Leave(0, 4, 1), Wait(61)])
async def test_no_window_ever_holds_more_removals_than_its_limit_without_an_approval(
    databases: Databases, steps: list[Step]
) -> None:
    url = await databases.create()
    try:
        async with town(url, GuardPolicy(LIMITS)) as place:
            chats = [
                await place.chat(f"{n}", _people(n), school) for n, school in enumerate(SCHOOLS)
            ]
            story = Story(place, chats)
            for step in steps:
                await story.take(step)
            removals = await _unapproved(story)
    finally:
        await databases.drop(url)
    assert _most([at for at, _ in removals], 30) <= LIMITS.total_floor
    for school in set(SCHOOLS):
        moments = [at for at, chat in removals if SCHOOLS[chat] == school]
        assert _most(moments, 60) <= LIMITS.school_floor
    for chat in range(len(SCHOOLS)):
        moments = [at for at, other in removals if other == chat]
        assert _most(moments, 1440) <= LIMITS.chat_floor
