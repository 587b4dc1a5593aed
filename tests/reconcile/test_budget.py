"""Never more grants in any window than the budget has, whoever asks and however often."""

import asyncio
import itertools
import random
from datetime import datetime, timedelta

from sqlalchemy import text

from domain.lanes import Lane
from gateway.budget import TRIES, SharedBudget
from projections.budget import CallSlots
from projections.database import create_engine, transaction


async def _grants(
    database_url: str, seed: int, calls: int, window: float, asks: int
) -> list[datetime]:
    """The instants granted to many askers on engines of their own, as other processes have."""
    dice = random.Random(seed)
    engines = [create_engine(database_url, pool_size=2) for _ in range(3)]
    granted: list[datetime] = []

    async def ask(slots: CallSlots) -> None:
        for _ in range(asks):
            await asyncio.sleep(dice.random() * window / 10)
            assert await slots.take(60.0) is not None

    log = """CREATE TABLE granted AS SELECT granted_at FROM call_slots WHERE false;
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN INSERT INTO granted VALUES (NEW.granted_at); RETURN NEW; END';
             CREATE TRIGGER note AFTER UPDATE ON call_slots FOR EACH ROW EXECUTE FUNCTION note()"""
    async with transaction(engines[0]) as connection:
        for statement in log.split(";\n"):
            await connection.execute(text(statement))
    await asyncio.gather(
        *(
            ask(CallSlots(engine, calls=calls, window=window))
            for engine in engines
            for _ in range(4)
        )
    )
    async with transaction(engines[0]) as connection:
        rows = await connection.execute(text("SELECT granted_at FROM granted ORDER BY 1"))
        granted = [row.granted_at for row in rows]
    for engine in engines:
        await engine.dispose()
    return granted


async def test_no_window_ever_holds_more_grants_than_the_budget(
    database_url: str, seed: int
) -> None:
    calls, window = 5, 0.05
    granted = await _grants(database_url, seed, calls, window, asks=20)
    assert len(granted) == 3 * 4 * 20
    spans = [later - first for first, later in itertools.pairwise(granted[::calls])]
    for first, later in zip(granted, granted[calls:], strict=False):
        assert later - first >= timedelta(seconds=window)
    assert spans


async def test_a_push_back_stops_everybody(database_url: str) -> None:
    engine = create_engine(database_url)
    slots, others = CallSlots(engine), CallSlots(engine)
    at_once = await slots.take(0.0)
    assert at_once is not None
    assert at_once <= 0.0
    await slots.push_back(300.0)
    assert await others.take(60.0) is None
    wait = await others.take(400.0)
    assert wait is not None
    assert 200.0 < wait <= 300.0
    await engine.dispose()


class _Late:
    """Grants that come back too late so many times, as from a machine that is busy."""

    def __init__(self, late: int) -> None:
        self.taken = 0
        self._late = late

    async def take(self, _: float) -> float | None:
        self.taken += 1
        return -1.0 if self.taken <= self._late else 0.0

    async def push_back(self, _: float) -> None:
        raise AssertionError


async def test_a_grant_whose_time_has_passed_is_not_used() -> None:
    grants = _Late(2)
    async with SharedBudget(grants).slot(Lane.LIVE):
        assert grants.taken == 3


async def test_a_machine_that_is_always_late_calls_all_the_same() -> None:
    grants = _Late(1000)
    async with SharedBudget(grants).slot(Lane.LIVE):
        assert grants.taken == TRIES
