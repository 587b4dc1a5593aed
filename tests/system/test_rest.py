"""What costs nothing: a quiet minute, and a replay of everything from offset zero."""

import asyncio
from random import Random

import pytest

from rollcall.publish import local_today
from tests.system.histories import Later, region
from tests.system.stack import Stack
from tests.system.verifier import check

QUIET_SECONDS = 60.0


@pytest.mark.timeout(240)
@pytest.mark.takes(80)
async def test_a_quiet_minute_and_a_replay_from_zero_cost_no_call(school: Stack, seed: int) -> None:
    events = region(90, seed % 1000, local_today())
    later = Later(events, Random(seed), local_today())
    await school.publish(events)
    engine = await school.run()
    await school.settled()
    await school.acting()
    await school.publish(list(later.changes(60)))
    await school.settled()
    await check(school)

    await school.forget_calls()
    await asyncio.sleep(QUIET_SECONDS)  # the minute is what is tested
    assert (await school.stats())["total"] == 0

    code, said = await school.programs.ask("replay")
    assert (code, said) == (0, "16 partitions are read again from their beginning\n")
    await school.settled()
    await school.acting()
    await school.settled()
    stats = await school.stats()
    assert sum(stats["changing"].values()) == 0
    assert stats["reads"] == 0
    await check(school)
    assert await engine.terminate() == 0
    assert school.programs.tracebacks() == []
