"""A console over a database of the test's own, asked over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2

from console.api import Fault, lives
from console.serve import ConsoleServer, Listening
from projections.database import create_engine
from projections.overview import Overview


@dataclass(frozen=True, slots=True)
class Running:
    """A running console and one client."""

    at: Listening
    client: httpx2.AsyncClient

    async def get(self, path: str, *, part: bool = False) -> httpx2.Response:
        """Ask the pages' server; ``part`` as htmx does it."""
        headers = {"HX-Request": "true", "HX-Request-Type": "partial"} if part else {}
        return await self.client.get(self.at.console + path, headers=headers)

    async def metrics(self) -> dict[str, float]:
        """The samples of one scrape by their text, ``name{labels}``."""
        answer = await self.client.get(self.at.metrics + "/metrics")
        assert answer.status_code == 200
        lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@asynccontextmanager
async def running(url: str, fault: Fault = lives) -> AsyncIterator[Running]:
    """The console over the database at ``url``, on free ports."""
    engine = create_engine(url)
    stop = asyncio.Event()
    listening: asyncio.Future[Listening] = asyncio.get_running_loop().create_future()
    server = ConsoleServer(Overview(engine), "127.0.0.1", 0, 0, fault=fault)
    task = asyncio.create_task(server.run(stop, listening.set_result))
    try:
        async with httpx2.AsyncClient(trust_env=False) as client:
            yield Running(await listening, client)
    finally:
        stop.set()
        await task
        await engine.dispose()
