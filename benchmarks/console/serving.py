"""The real console in a process of its own, with one page more: a bare ``SELECT 1``.

``python -m benchmarks.console.serving URL`` prints a line with its address, and serves until its
standard input ends. The bare page passes through the same server and the same pool of
connections, and through nothing else: what any page costs here at the least.
"""

import asyncio
import sys
from typing import Final

from fastapi import Request, Response
from sqlalchemy import text

from console.app import Entrance, create_app
from console.entrance.gate import SessionGate
from console.entrance.site import site_of
from console.web_server import listening, server_of
from projections.database import create_engine, transaction
from projections.reports.overview import Overview
from projections.staff.store import StaffStore
from rollcall.embedded.ports import HOST

BARE: Final = "/select-1"


async def serve(url: str) -> None:
    """Serve until standard input ends."""
    engine = create_engine(url)
    with listening(HOST, 0) as listener:
        site = site_of(HOST, listener.getsockname()[1], None)
        app = create_app(Overview(engine), Entrance(SessionGate(StaffStore(engine), site)))

        async def bare(_: Request) -> Response:
            async with transaction(engine) as connection:
                return Response(str((await connection.execute(text("SELECT 1"))).scalar_one()))

        app.router.add_route(BARE, bare)
        server = server_of(app)
        task = asyncio.create_task(server.serve([listener]))
        print(site.origin, flush=True)
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = True
        await task
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
