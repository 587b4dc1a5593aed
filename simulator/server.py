"""Running a simulator: inside a test or a demo, or for ever from the command line."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from simulator.app import Simulator
from simulator.config import SimulatorConfig
from simulator.listener import listening
from simulator.world import World


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """A simulator that answers at ``base_url`` (no slash at the end)."""

    base_url: str
    simulator: Simulator

    @property
    def world(self) -> World:
        """The truth, for looking at from the same process."""
        return self.simulator.world


@asynccontextmanager
async def serve(
    config: SimulatorConfig, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[RunningSimulator]:
    """Run a simulator in this event loop while the block lasts; port 0 finds a free one.

    Raises ``OSError`` if the address is taken, ``JournalUnreadableError`` for a bad journal.
    """
    simulator = Simulator(config)
    try:
        async with listening(simulator, host, port, simulator.end_polls) as bound:
            shown = f"[{host}]" if ":" in host else host
            yield RunningSimulator(f"http://{shown}:{bound}", simulator)
    finally:
        await simulator.aclose()


async def run_forever(
    config: SimulatorConfig,
    host: str,
    port: int,
    ready: Callable[[RunningSimulator], None] = lambda _: None,
) -> None:
    """Run a simulator until SIGINT or SIGTERM; ``ready`` is told once it answers."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with serve(config, host, port) as running:
            ready(running)
            await stop.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
