"""kill -9 at random points: nothing lost, no second chat, no call whose effect was there.

Half of the kills come at a random moment, half at the instant at which the messenger has
changed a chat and the engine has not yet its answer: the worst there is.
"""

import asyncio
import os
import signal
from random import Random

import pytest

from simulator.changes import Change, ChatCreated, MemberRemoved, MembersAdded
from tests.system.processes import Program
from tests.system.publishing import history, publishing
from tests.system.stack import Stack
from tests.system.verifier import check, check_no_call_was_repeated

ALONE = 15
SIDE_BY_SIDE = 15
LONGEST_LIFE = 3.0
"""Seconds of whom a random moment ends: from the first import to the first calls."""
PATIENCE = 15.0
"""Seconds in which a change of the messenger's is awaited."""


class Assassin:
    """Kills whom it is told to, in the middle of a change of the messenger's."""

    def __init__(self, stack: Stack) -> None:
        self._targets: list[Program] = []
        self._changes = 0
        self.struck = asyncio.Event()
        self.strikes = 0
        stack.simulator.world.observe(self._seen)

    def aim(self, targets: list[Program], changes: int) -> None:
        """After so many changes of chats from now on all of these die at once."""
        self._targets, self._changes = targets, changes
        self.struck.clear()

    def _seen(self, change: Change) -> None:
        if not self._targets or not isinstance(change, ChatCreated | MembersAdded | MemberRemoved):
            return
        self._changes -= 1
        if self._changes < 0:
            for each in self._targets:
                os.kill(each.pid, signal.SIGKILL)
            self._targets = []
            self.strikes += 1
            self.struck.set()


@pytest.mark.timeout(240)
@pytest.mark.takes(150)
async def test_thirty_kills_lose_nothing_and_repeat_no_call(school: Stack, seed: int) -> None:
    rng = Random(seed)
    assassin = Assassin(school)
    await school.fault(method="*", path="*", kind="slow_after_effect", seconds=0.3, probability=0.2)
    kills = 0
    running: list[Program] = []
    async with publishing(school, history(seed, changes=700), Random(seed), at_once=30):
        while kills < ALONE + SIDE_BY_SIDE:
            wanted = 1 if kills < ALONE else 2
            while len(running) < wanted:
                running.append(await school.run())
            victims = rng.sample(running, rng.randint(1, wanted))
            life = rng.uniform(0.2, LONGEST_LIFE)
            if rng.random() < 0.5:
                assassin.aim(victims, rng.randint(0, 5))
                life = PATIENCE
            await _first(assassin.struck, life)
            assassin.aim([], 0)
            for victim in victims:
                await victim.kill()
                running.remove(victim)
            kills += len(victims)
    assert assassin.strikes > 0
    await school.no_faults()
    running.append(await school.run())
    await school.acting()
    await school.settled()
    await check(school)
    await check_no_call_was_repeated(school, kills)
    assert [await each.terminate() for each in running] == [0] * len(running)
    assert school.programs.tracebacks() == []


async def _first(struck: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(struck.wait(), seconds)
    except TimeoutError:
        return
