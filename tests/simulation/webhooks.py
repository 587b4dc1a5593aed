"""The messenger's updates on their way to us: lost, late, out of order and twice.

Every change in MAX is reported, ours too, as the simulator words it and as the gateway reads
it; only HTTP is left out.
"""

import asyncio
import json
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.hints import Update
from gateway.updates import read_update
from projections.errors import StoreUnavailable
from projections.watch.hints import Hints
from simulator.changes import Change
from simulator.config import SimulatorConfig
from simulator.objects import Objects
from simulator.updates import UpdateWriter
from simulator.world import World
from tests.simulation.scheduler import Scheduler

LOST = 0.4
TWICE = 0.2
LONGEST = 5.0
"""Virtual seconds that an update may be on its way."""


@dataclass(slots=True)
class Webhooks:
    """What is on its way; ``run`` is the process that takes it in."""

    scheduler: Scheduler
    config: SimulatorConfig
    world: World
    on_its_way: list[tuple[float, Update]] = field(default_factory=list)
    _come: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Listen to the world."""
        writer = UpdateWriter(
            self.config, self.world, Objects(self.config, self.world.accounts.is_bot)
        )

        def happened(change: Change) -> None:
            for body in writer.updates(change):
                self._send(json.dumps(body).encode())

        self.world.observe(happened)

    def _send(self, body: bytes) -> None:
        chance = self.scheduler.random
        update = read_update(body)
        if update is None or chance.random() < LOST:
            return
        for _ in range(2 if chance.random() < TWICE else 1):
            arrives = self.scheduler.now + chance.uniform(0.0, LONGEST)
            self.on_its_way.append((arrives, update))
        self.on_its_way.sort(key=lambda each: each[0])
        self._come.set()

    async def run(self, engine: AsyncEngine) -> None:
        """Take in what arrives, in that order; what the store cannot take is lost."""
        hints = Hints(engine)
        while True:
            if not self.on_its_way:
                self._come.clear()
                await self._come.wait()
            await asyncio.sleep(max(0.0, self.on_its_way[0][0] - self.scheduler.now))
            arrived = self.on_its_way[0]
            try:
                await hints.receive(arrived[1])
            except StoreUnavailable:
                self.scheduler.note("an update is lost")
            self.on_its_way.remove(arrived)
