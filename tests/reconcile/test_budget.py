"""Never more calls in any second than the budget has, whoever asks and however they travel."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from domain.call_classes import CallClass
from domain.grants import Grant
from domain.lanes import Lane
from gateway.budget import PATIENCE, NotSent, SharedBudget
from projections.budget import CallSlots
from projections.database import create_engine, transaction

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
        self._url = database_url

    @asynccontextmanager
    async def after(self, seconds: float) -> AsyncIterator[CallSlots]:
        """The budget as somebody finds it so many seconds from now."""
        engine = create_engine(self._url, clock_shift=f"{seconds} seconds")
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
        async with budget.slot(Lane.LIVE, CallClass.ADD):
            pass  # and this one was refused
        await budget.too_many(CallClass.ADD, 3)
        budget._begun.clear()  # noqa: SLF001 - as if a moment had passed
    assert slots.limits == [(CallClass.ADD, 3, taken > 3) for taken in range(7)]


async def test_a_number_that_nobody_named_is_of_all_calls() -> None:
    slots = _Scripted()
    budget = SharedBudget(slots)
    for _ in range(9):
        async with budget.slot(Lane.LIVE):
            pass
    await budget.too_many(CallClass.ADD, None)
    assert slots.limits == [(CallClass.ADD, None, False)]
