"""A console over a database of the test's own, asked over real HTTP by somebody signed in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine

from console.api import Fault, lives
from console.app import Entrance
from console.entrance.gate import Operators, SessionGate
from console.entrance.site import Site, site_of
from console.identity.port import IdentityProvider, Way
from console.serve import ConsoleServer, Listening
from domain.actors import OperatorRole
from domain.ids import PersonId
from operations.installation import ORDINARY, Installation
from projections.database import create_engine, transaction
from projections.errors import StoreUnavailable
from projections.reports.overview import Overview
from projections.staff import sessions
from projections.staff.sessions import Identified, Lifetimes
from projections.staff.store import StaffStore
from tests.servers import plain_http

OPERATOR = Identified("an operator", Way.DEVELOPMENT.value, None, OperatorRole.IDS)
LIFETIMES = Lifetimes()
NO_DATABASE = "no token, since there is no database to keep one"


@dataclass(frozen=True, slots=True)
class Running:
    """A running console and one client."""

    at: Listening
    client: httpx2.AsyncClient
    engine: AsyncEngine
    site: Site

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

    async def token(self, who: Identified) -> str:
        """A session of theirs."""
        async with transaction(self.engine) as connection:
            return await sessions.begin(connection, who, LIFETIMES)

    async def sign_in(self, who: Identified) -> str:
        """Be signed in with this client; the session's token."""
        try:
            token = await self.token(who)
        except StoreUnavailable:
            token = NO_DATABASE
        self.client.cookies.clear()
        self.client.cookies.set(self.site.session.name, token)
        return token

    async def sign_in_as(self, person_id: str) -> str:
        """Be this person."""
        return await self.sign_in(Identified("subject", Way.OPENID.value, PersonId(person_id)))


@dataclass(frozen=True, slots=True, eq=False)  # so that what is made for one is made once
class Doorway:
    """How people come in to a console of the tests."""

    provider: IdentityProvider | None = None
    development: bool = True
    operators: Operators = field(default_factory=Operators)
    lifetimes: Lifetimes = LIFETIMES
    public_url: str | None = None

    def entrance(self, engine: AsyncEngine, host: str, port: int) -> Entrance:
        site = site_of(host, port, self.public_url)
        gate = SessionGate(StaffStore(engine), site, self.lifetimes, self.operators)
        return Entrance(gate, self.provider, development=self.development)


@asynccontextmanager
async def running(
    url: str,
    fault: Fault = lives,
    *,
    who: Identified | None = OPERATOR,
    doorway: Doorway = Doorway(),
    clock_shift: str = "",
    installation: Installation = ORDINARY,
) -> AsyncIterator[Running]:
    """The console over the database at ``url``, on free ports; ``who`` asks."""
    engine = create_engine(url, clock_shift=clock_shift)
    stop = asyncio.Event()
    listening: asyncio.Future[Listening] = asyncio.get_running_loop().create_future()
    entrance = partial(doorway.entrance, engine)
    server = ConsoleServer(
        Overview(engine), "127.0.0.1", 0, 0, entrance, fault=fault, installation=installation
    )
    task = asyncio.create_task(server.run(stop, listening.set_result))
    try:
        async with plain_http.client() as client:
            at = await listening
            port = int(at.console.rsplit(":", 1)[1])
            made = Running(
                at, client, engine, doorway.entrance(engine, "127.0.0.1", port).gate.site
            )
            if who is not None:
                await made.sign_in(who)
            yield made
    finally:
        stop.set()
        await task
        await engine.dispose()
