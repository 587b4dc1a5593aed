"""Never more calls in any second than the budget has, whoever asks and however they travel."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from domain.call_classes import CallClass
from domain.grants import Grant
from domain.lanes import Lane
from domain.pace import TOLD_PATIENCE
from gateway.budget import PATIENCE, HeldBudget, NotSent, SharedBudget
from gateway.errors import TooManyRequests
from projections.database import create_engine, transaction
from projections.messenger.budget import CallSlots
from projections.messenger.pace import found

NOTES = """
    CREATE TABLE granted (at timestamptz);
    CREATE TABLE used (at timestamptz);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.granted_at IS DISTINCT FROM OLD.granted_at THEN
            INSERT INTO granted VALUES (NEW.granted_at);
        END IF;
        IF NEW.used_at IS DISTINCT FROM OLD.used_at THEN
            INSERT INTO used VALUES (NEW.used_at);
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER note AFTER UPDATE ON call_slots FOR EACH ROW EXECUTE FUNCTION note()"""


@dataclass(frozen=True, slots=True)
class _Noted:
    granted: list[datetime]
    used: list[datetime]


async def _pressure(database_url: str, seed: int, calls: int, window: float, asks: int) -> _Noted:
    """What many askers got, on engines of their own as other processes have; many are late."""
    dice = random.Random(seed)
    engines = [create_engine(database_url, pool_size=2) for _ in range(3)]

    async def ask(slots: CallSlots) -> None:
        for _ in range(asks):
            grant = await slots.take(60.0)
            assert grant is not None
            wait: float | None = grant.wait
            while wait is not None:
                await asyncio.sleep(max(wait, 0.0) + dice.choice((0.0, window / 2)))
                wait = await slots.use(grant)

    async with transaction(engines[0]) as connection:
        await (await connection.get_raw_connection()).driver_connection.execute(NOTES)  # type: ignore[union-attr] # asyncpg's own, for several statements
    await asyncio.gather(
        *(
            ask(CallSlots(engine, calls=calls, window=window, second=window * 0.9))
            for engine in engines
            for _ in range(4)
        )
    )
    noted = []
    for table in ("granted", "used"):
        async with transaction(engines[0]) as connection:
            rows = await connection.execute(text(f"SELECT at FROM {table} ORDER BY 1"))
            noted.append([row.at for row in rows])
    for engine in engines:
        await engine.dispose()
    return _Noted(*noted)


async def test_no_window_ever_holds_more_grants_and_no_second_more_calls_than_the_budget(
    database_url: str, seed: int
) -> None:
    calls, window = 5, 0.05
    noted = await _pressure(database_url, seed, calls, window, asks=20)
    for times, least in ((noted.granted, window), (noted.used, window * 0.95)):
        assert len(times) == 3 * 4 * 20
        for first, later in zip(times, times[calls:], strict=False):
            assert later - first >= timedelta(seconds=least)


class _Slot:
    """The only slot of a budget whose second has a thousand: no machine is slow beside it."""

    SECOND, WINDOW = 1000.0, 1100.0

    def __init__(self, database_url: str) -> None:
        self.url = database_url

    @asynccontextmanager
    async def after(self, seconds: float) -> AsyncIterator[CallSlots]:
        """The budget as somebody finds it so many seconds from now."""
        engine = create_engine(self.url, clock_shift=f"{seconds} seconds")
        yield CallSlots(engine, calls=1, window=self.WINDOW, second=self.SECOND)
        await engine.dispose()

    async def begin(self) -> Grant:
        """Begin its first call, now, and reserve its next."""
        async with self.after(0) as slots:
            grant = await slots.take(0)
            assert grant is not None
            assert await slots.use(grant) is None
            following = await slots.take(2000)
            assert following is not None
            assert 1000 < following.wait <= 1100
        return grant

    async def is_free(self, slot: Grant, seconds: float) -> bool:
        """Whether its next call may begin then; if so it has."""
        async with self.after(seconds) as slots:
            return await slots.use(slot) is None


@pytest.fixture
def only(database_url: str) -> _Slot:
    return _Slot(database_url)


async def test_whoever_is_late_for_a_grant_moves_the_next_use_of_its_slot(only: _Slot) -> None:
    slot = await only.begin()
    assert await only.is_free(slot, 1500)  # granted for 1100
    assert not await only.is_free(slot, 2200)
    assert await only.is_free(slot, 2600)


async def test_a_call_that_may_have_travelled_long_moves_the_next_use_of_its_slot(
    only: _Slot,
) -> None:
    slot = await only.begin()
    async with only.after(400) as slots:
        await slots.answered(slot, took=400, back=100)
    assert not await only.is_free(slot, 1200)
    assert await only.is_free(slot, 1350)


async def test_the_way_back_moves_nothing(only: _Slot) -> None:
    slot = await only.begin()
    async with only.after(400) as slots:
        await slots.answered(slot, took=400, back=390)
    assert await only.is_free(slot, 1100)


async def test_a_push_back_stops_everybody_those_with_a_grant_too(only: _Slot) -> None:
    slot = await only.begin()
    async with only.after(0) as slots:
        await slots.push_back(5000)
        assert await slots.take(4000) is None
    assert not await only.is_free(slot, 4000)
    assert await only.is_free(slot, 5200)


@dataclass(slots=True)
class _Scripted:
    """Slots that are to be asked for again so many times."""

    again: list[float] = field(default_factory=list)
    far: bool = False
    told: list[float] = field(default_factory=list)
    limits: list[tuple[CallClass, int | None, bool]] = field(default_factory=list)

    async def take(self, _: float, kind: CallClass) -> Grant | None:
        del kind
        return None if self.far else Grant(7, 0.0)

    async def use(self, grant: Grant) -> float | None:
        assert grant.slot == 7
        return self.again.pop(0) if self.again else None

    async def answered(self, grant: Grant, took: float, back: float) -> None:
        assert grant.slot == 7
        assert took >= 0
        self.told.append(back)

    async def push_back(self, _: float) -> None:
        raise AssertionError

    async def too_many(self, kind: CallClass, told: int | None, *, of_class: bool) -> None:
        self.limits.append((kind, told, of_class))


async def test_a_slot_whose_last_call_was_late_is_waited_for() -> None:
    slots = _Scripted(again=[0.001, 0.0, 0.001])
    async with SharedBudget(slots).slot(Lane.LIVE):
        assert slots.again == []


@pytest.mark.parametrize("slots", [_Scripted(far=True), _Scripted(again=[PATIENCE + 1])])
async def test_a_slot_that_is_too_far_away_sends_nothing(slots: _Scripted) -> None:
    with pytest.raises(NotSent):
        async with SharedBudget(slots).slot(Lane.LIVE):
            pytest.fail("sent")


@pytest.mark.parametrize(("waited", "is_sent"), [(29.9, True), (30.0, False), (30.1, False)])
async def test_whoever_waits_for_a_slot_past_the_end_of_the_lease_sends_nothing(
    waited: float,
    is_sent: bool,  # noqa: FBT001 - a parameter
) -> None:
    now = 100.0
    slots = _Scripted()
    budget = HeldBudget(SharedBudget(slots), monotonic=lambda: now)
    budget.hold(30.0)
    now += waited
    sent = False
    with suppress(NotSent):
        async with budget.slot(Lane.LIVE):
            sent = True
    assert sent is is_sent
    budget.hold(30.0)  # the lease is extended, or another one
    async with budget.slot(Lane.LIVE):
        sent = True
    assert sent
    assert len(slots.told) == 2  # a slot in which nothing was sent is given back too


async def test_a_call_that_fails_tells_what_it_took_as_any_other() -> None:
    slots = _Scripted()
    budget = SharedBudget(slots)
    with pytest.raises(OSError, match="lost"):
        async with budget.slot(Lane.LIVE):
            raise OSError("lost")
    async with budget.slot(Lane.LIVE):
        pass
    assert slots.told[0] == 0.0  # at first nobody knows how long the way is
    assert len(slots.told) == 2


async def test_a_number_above_which_others_are_taken_is_of_that_class_of_calls() -> None:
    slots = _Scripted()
    budget = SharedBudget(slots)
    for taken in range(7):
        for _ in range(taken):
            async with budget.slot(Lane.LIVE, CallClass.READ):
                pass
        with suppress(TooManyRequests):
            async with budget.slot(Lane.LIVE, CallClass.ADD):
                raise TooManyRequests("add", 1.0)
        await budget.too_many(CallClass.ADD, 3)
        budget._taken.clear()  # noqa: SLF001 - as if a moment had passed
    assert slots.limits == [(CallClass.ADD, 3, taken > 3) for taken in range(7)]


async def test_a_number_that_nobody_named_is_of_all_calls() -> None:
    slots = _Scripted()
    budget = SharedBudget(slots)
    for _ in range(9):
        async with budget.slot(Lane.LIVE):
            pass
    await budget.too_many(CallClass.ADD, None)
    assert slots.limits == [(CallClass.ADD, None, False)]


async def _waits(only: _Slot, seconds: float, kind: CallClass, calls: int) -> list[float]:
    """How long each of so many calls would wait, by a budget of thirty, so many seconds on."""
    engine = create_engine(only.url, clock_shift=f"{seconds} seconds")
    slots = CallSlots(engine, calls=30, window=only.WINDOW, second=only.SECOND)
    grants = [await slots.take(10_000, kind) for _ in range(calls)]
    await engine.dispose()
    return [round(grant.wait, -2) for grant in grants if grant is not None]


async def _refused(
    only: _Slot, seconds: float, kind: CallClass, told: int | None, *, of_class: bool = False
) -> None:
    engine = create_engine(only.url, clock_shift=f"{seconds} seconds")
    await CallSlots(engine, calls=30).too_many(kind, told, of_class=of_class)
    await engine.dispose()


async def test_a_limit_that_the_messenger_names_holds_for_everybody_at_once(only: _Slot) -> None:
    await _refused(only, 0, CallClass.ADD, 2)
    assert await _waits(only, 0, CallClass.READ, 3) == [0, 0, 1100]


async def test_a_limit_of_one_class_of_calls_leaves_the_others_alone(only: _Slot) -> None:
    await _refused(only, 0, CallClass.ADD, 1, of_class=True)
    assert await _waits(only, 0, CallClass.ADD, 2) == [0, 1100]
    assert await _waits(only, 0, CallClass.READ, 5) == [0] * 5
    await _refused(only, 0, CallClass.ADD, None)  # known to be of this class
    assert await _waits(only, 0, CallClass.READ, 5) == [0] * 5


async def test_without_a_number_each_moment_of_refusals_takes_three_tenths(only: _Slot) -> None:
    for seconds in (0, 0, 1, 10, 10, 20):
        await _refused(only, seconds, CallClass.READ, None)
    async with only.after(0) as slots, transaction(slots._engine) as connection:  # noqa: SLF001
        (limit,) = await found(connection)
    assert limit.calls == 9


async def test_more_is_tried_only_when_all_was_used_for_long_and_nothing_refused(
    only: _Slot,
) -> None:
    await _refused(only, 0, CallClass.READ, 2)
    later = TOLD_PATIENCE + 10
    assert await _waits(only, later, CallClass.READ, 2) == [0, 0]
    assert await _waits(only, later, CallClass.READ, 1) == [1100]  # full, so one more is tried
    assert await _waits(only, later + 1, CallClass.READ, 2) == [0, 1100]


async def test_idle_hours_prove_nothing_about_the_limit(only: _Slot) -> None:
    await _refused(only, 0, CallClass.READ, 2)
    for hours in range(1, 9):
        assert await _waits(only, hours * 3600, CallClass.READ, 1) == [0]
    assert await _waits(only, 9 * 3600, CallClass.READ, 3) == [0, 0, 1100]


async def test_a_limit_that_was_lifted_is_forgotten(only: _Slot) -> None:
    await _refused(only, 0, CallClass.READ, 28)
    for seconds in (5000, 10_000, 15_000):
        await _waits(only, seconds, CallClass.READ, 31)
    async with only.after(0) as slots, transaction(slots._engine) as connection:  # noqa: SLF001
        assert await found(connection) == ()
