"""``up``, ``run``, ``demo`` and ``simulator``: the commands that stay."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rollcall import addresses, demo, stack
from rollcall.addresses import Server
from rollcall.commands.progress import watching
from rollcall.commands.session import (
    INTERRUPTED,
    NOT_SETTLED,
    remark,
    say,
    say_json,
    settings_for,
    stop_on_signals,
    unless_stopped,
)
from rollcall.failures import CommandFailed
from rollcall.supervise import outlast
from rollcall.wiring import ALL, Part, Wiring
from simulator.config import Era, SimulatorConfig
from simulator.server import RunningSimulator, run_forever


def up(data_dir: Path | None, port_base: int | None) -> int:
    """Servers and all parts until a signal; prints the addresses when ready."""
    return asyncio.run(_up(data_dir, port_base))


async def _up(data_dir: Path | None, port_base: int | None) -> int:
    settings = settings_for(data_dir)
    with stop_on_signals() as stop:
        async with (
            stack.data_folder(settings.data_dir) as folder,
            stack.servers(settings, folder, port_base) as found,
        ):
            wiring = Wiring(stack.listening_at(settings, found), found)
            await wiring.prepare()
            await wiring.run(ALL, stop, ready=lambda: say_json(found.shown()))
    return 0


def run(only: Part | None, data_dir: Path | None) -> int:
    """All parts, or one, against configured servers until a signal."""
    return asyncio.run(_run(only, data_dir))


_NEEDED = {
    Part.INGEST: (Server.POSTGRES, Server.KAFKA),
    Part.DERIVE: (Server.POSTGRES,),
    Part.RECONCILE: (Server.POSTGRES, Server.MESSENGER, Server.TOKEN),
    Part.CONSOLE: (Server.POSTGRES,),
    None: tuple(Server),
}
"""The servers of each part, and of all parts together."""


async def _run(only: Part | None, data_dir: Path | None) -> int:
    settings = settings_for(data_dir)
    found = addresses.find(settings)
    found.need(*_NEEDED[only])
    wiring = Wiring(settings, found)
    with stop_on_signals() as stop:
        prepare = partial(wiring.prepare, create_topics=False)
        if not await unless_stopped(stop, outlast(prepare)):
            return 0
        await wiring.run(ALL if only is None else frozenset({only}), stop)
    return 0


def run_demo(*, once: bool, data_dir: Path | None, port_base: int | None) -> int:
    """The example school, from an empty stack to converged chats."""
    return asyncio.run(_demo(once=once, data_dir=data_dir, port_base=port_base))


async def _demo(*, once: bool, data_dir: Path | None, port_base: int | None) -> int:
    began = time.monotonic()
    settings = settings_for(data_dir)
    with stop_on_signals() as stop:
        async with (
            stack.data_folder(settings.data_dir) as folder,
            stack.servers(settings, folder, port_base) as found,
        ):
            wiring = Wiring(stack.listening_at(settings, found), found)
            await wiring.prepare()
            events = await demo.publish_school(wiring)
            async with _running(wiring, stop):
                summary = await unless_stopped(stop, _converged(wiring, events, began))
                if summary is None:
                    remark("rollcall: stopped before the example school had converged")
                    return INTERRUPTED
                if once:
                    say_json(summary.as_json())
                    return 0 if summary.converged else NOT_SETTLED
                for line in demo.lines(summary, found):
                    say(line)
                await stop.wait()
    return 0


async def _converged(wiring: Wiring, events: int, began: float) -> demo.Summary:
    """The figures, as soon as nothing is on its way any more."""
    async with wiring.engine(pool_size=2) as engine:
        async with watching(engine, events):
            report = await demo.settled(wiring, engine)
        seconds = time.monotonic() - began
        return await demo.summary(wiring, engine, report, events, seconds)


@asynccontextmanager
async def _running(wiring: Wiring, stop: asyncio.Event) -> AsyncIterator[None]:
    """All parts while the block lasts; one that crashes ends the block."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(wiring.run(ALL, stop))
        try:
            yield
        finally:
            stop.set()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens."""

    host: str
    port: int


def simulator(
    place: Place, token: str, *, journal: Path | None, limit: int | None, era: Era
) -> int:
    """The simulator alone until a signal."""
    settings = settings_for(None)
    config = SimulatorConfig(
        token=token,
        journal=journal,
        era=era,
        requests_per_second=limit or settings.simulator.requests_per_second,
    )

    def ready(running: RunningSimulator) -> None:
        say_json({"messenger": running.base_url, "messenger_token": token})
        remark(f"the simulator shows its chats at {running.base_url}/")

    try:
        asyncio.run(run_forever(config, place.host, place.port, ready))
    except OSError as error:
        where = error.filename or f"{place.host}:{place.port}"
        message = f"the simulator cannot use {where}: {error.strerror}; give it another"
        raise CommandFailed(message) from error
    return 0


__all__ = ["Place", "run", "run_demo", "simulator", "up"]
