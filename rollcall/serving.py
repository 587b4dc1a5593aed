"""The console as a loop of a process, from the settings."""

import asyncio
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from console.errors import CannotListen
from console.serve import ConsoleServer
from loops.together import Loop
from projections.reports.overview import Overview
from rollcall.entrance import entrance
from rollcall.process import Process
from rollcall.profiles import installation
from rollcall.wiring import Wiring

log = structlog.get_logger()


def console_loop(
    wiring: Wiring, engine: AsyncEngine, listening: asyncio.Event, process: Process, *, alone: bool
) -> Loop:
    """The pages and metrics; beside other parts a taken port is not worth a crash.

    Several processes with all parts may run on one machine, and one of them has the port.
    """
    console = wiring.settings.console
    server = ConsoleServer(
        Overview(engine),
        console.host,
        console.port,
        console.metrics_port,
        partial(entrance, wiring.settings, engine),
        process,
        process.fault,
        installation(wiring.settings, wiring.derive_config().kinds_off),
    )

    async def loop(stop: asyncio.Event) -> None:
        try:
            await server.run(stop, lambda _: listening.set())
        except CannotListen as error:
            if alone:
                raise
            log.warning("console.not_served", reason=str(error))
            listening.set()
            await stop.wait()

    return loop
