"""Everybody whom linking a profile takes: the console, our loop, the messenger, and Kafka's way.

The messenger is the simulator. What is published becomes a fact by the same decoding and the same
statements as through Kafka; only the broker is left out.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx2

from console.entrance.forgery import FIELD, form_token
from consumers.translate import fact_of
from gateway.attempts_in_a_call import RetryPolicy, Timeouts
from gateway.breaker import BreakingMessenger
from gateway.client import MaxMessenger, MessengerConfig
from gateway.max_http import Surroundings
from gateway.profile_links import ProfileLinkLoop
from gateway.webhooks import Webhook
from operations.installation import Installation
from projections.by_hand.profile_links import LinkTasks
from projections.watch.hints import Hints
from schemas.decode import Decoded, decode
from schemas.events import PROFILES_TOPIC
from simulator.config import SimulatorConfig
from simulator.server import RunningSimulator, serve
from tests.console.attackers import own_page
from tests.console.running import Running, running
from tests.gateway.client.scripted import Ledger, Naps, NoJitter
from tests.projections.builders import derive_all, fetch, ingest
from tests.reconcile.bench import TOKEN
from tests.servers import plain_http

SECRET = "secret-of-the-webhook"
FIRST_CONFIRMATION = 1_790_000_000_000
"""By the messenger's clock, in milliseconds; each later one is a second later."""

SIMULATOR = SimulatorConfig(token=TOKEN, requests_per_second=1_000_000, link_lifetime=600)


@dataclass
class Parties:
    """Them, and one person who is signed in."""

    console: Running
    simulator: RunningSimulator
    http: httpx2.AsyncClient
    webhook: httpx2.AsyncClient
    loop: ProfileLinkLoop
    token: str = ""
    _confirmed: int = 0
    _published: set[int] = field(default_factory=set)

    async def be(self, person: str) -> None:
        self.token = await self.console.sign_in_as(person)

    async def page(self, path: str = "/my/connect") -> str:
        answer = await self.console.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def step(self) -> str:
        """Which step the page shows."""
        return (await self.page()).split('data-step="', 1)[1].split('"', 1)[0]

    async def press(self, path: str) -> httpx2.Response:
        """Send a form of the page."""
        return await self.console.client.post(
            self.console.at.console + path,
            data={FIELD: form_token(self.token)},
            headers=own_page(self.console),
        )

    async def offered(self) -> str:
        """Ask for a link; its url."""
        await self.press("/my/connect")
        assert await self.step() == "waiting"
        assert await self.loop.once() == 1
        assert await self.step() == "offered"
        ((url,),) = await fetch(
            self.console.engine,
            "SELECT url FROM profile_links WHERE step = 'offered' AND url LIKE 'https://max.ru/%'",
        )
        return str(url)

    async def confirm(self, url: str, account: int) -> dict[str, object]:
        """The person says yes in MAX; the update that the messenger sends then."""
        link = urlsplit(url).path.rsplit("/", 1)[1]
        answer = await self.http.post(
            f"/sim/profile-links/{link}/confirm", json={"user_id": account}
        )
        assert answer.status_code == 200, answer.text
        self._confirmed += 1
        at = FIRST_CONFIRMATION + self._confirmed * 1000
        return {
            "update_type": "profile_linked", "timestamp": at,
            "external_id": answer.json()["external_id"], "user_id": account,
        }  # fmt: skip

    async def told(self, update: dict[str, object]) -> int:
        """The messenger's update arrives."""
        answer = await self.webhook.post(
            "/webhook", content=json.dumps(update), headers={"X-Max-Bot-Api-Secret": SECRET}
        )
        return answer.status_code

    async def through_kafka(self) -> list[dict[str, object]]:
        """What was published and has not come back yet becomes facts; the events' data."""
        events = []
        rows = await fetch(
            self.console.engine,
            """SELECT entry, value::text FROM outbox
                WHERE topic = :topic AND refused IS NULL ORDER BY entry""",
            topic=PROFILES_TOPIC,
        )
        for entry, value in rows:
            if int(str(entry)) in self._published:
                continue
            self._published.add(int(str(entry)))
            event = decode((), None, str(value).encode())
            assert isinstance(event, Decoded), event
            await ingest(self.console.engine, fact_of(event))
            events.append(json.loads(str(value))["data"])
        await derive_all(self.console.engine)
        return events


@asynccontextmanager
async def parties(
    url: str,
    *,
    clock_shift: str = "",
    links_profiles: bool = True,
    messenger_of: RunningSimulator | None = None,
) -> AsyncIterator[Parties]:
    """Them over the database at ``url``, beside a messenger of somebody else's if it is given."""
    here = Installation(links_profiles=links_profiles)
    async with (
        serve(SIMULATOR) if messenger_of is None else nullcontext(messenger_of) as simulator,
        running(url, who=None, installation=here, clock_shift=clock_shift) as console,
    ):
        base = simulator.base_url
        settings = MessengerConfig(
            base, base, SIMULATOR.token, SIMULATOR.token,
            timeouts=Timeouts(whole=5), retries=RetryPolicy(attempts=1),
        )  # fmt: skip
        messenger = MaxMessenger(settings, Ledger(), Surroundings(sleep=Naps(), jitter=NoJitter()))
        tasks = LinkTasks(console.engine, PROFILES_TOPIC)
        webhook = Webhook(Hints(console.engine), "/webhook", SECRET, tasks)
        loop = ProfileLinkLoop(tasks, messenger, BreakingMessenger(messenger))
        async with (
            plain_http.client(base_url=base) as http,
            plain_http.client(
                transport=httpx2.ASGITransport(app=webhook), base_url="http://rollcall"
            ) as post,
        ):
            yield Parties(console, simulator, http, post, loop)
        await messenger.aclose()
