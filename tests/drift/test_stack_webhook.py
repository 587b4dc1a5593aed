"""Served, subscribed and told: the webhook over real sockets, as a stack wires it."""

import asyncio

from console.web_server import serving
from gateway.webhooks import Webhook
from projections.watch.hints import Hints
from rollcall.webhook import WebhookLoop, WebhookPlace, secret_from
from tests.drift.people import CHIEF, CLASS, SECRET, People
from tests.servers import plain_http


async def test_what_people_do_reaches_us_by_itself(exclusive: People) -> None:
    stop = asyncio.Event()
    async with serving(
        Webhook(Hints(exclusive.school.engine), "/", SECRET), "127.0.0.1", 0
    ) as port:
        pass
    place = WebhookPlace(f"http://127.0.0.1:{port}/hook", "127.0.0.1", port, SECRET)
    loop = asyncio.create_task(
        WebhookLoop(place, exclusive.school.engine, exclusive.school.messenger).run(stop)
    )
    async with exclusive.store.wake_ups() as wake_ups:
        while not exclusive.school.simulator.world.subscriptions:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0)
        await exclusive.act(11, "remove", by=CHIEF)
        while await exclusive.school.value("SELECT count(*) FROM webhook_hints") == 0:
            await wake_ups.wait(1.0)
    await exclusive.school.hurry()
    await exclusive.settle()
    assert await exclusive.members() == CLASS
    stop.set()
    await loop


async def test_a_storm_over_the_wire_is_answered(exclusive: People) -> None:
    webhook = Webhook(Hints(exclusive.school.engine, gather=0, apart=0), "/hook", SECRET)
    async with (
        serving(webhook, "127.0.0.1", 0) as port,
        plain_http.client(base_url=f"http://127.0.0.1:{port}") as client,
    ):

        async def tell(number: int) -> int:
            body = {
                "update_type": "user_added", "timestamp": number, "is_channel": False,
                "chat_id": exclusive.max_chat_id, "user": {"user_id": 99},
            }  # fmt: skip
            headers = {"X-Max-Bot-Api-Secret": SECRET}
            return (await client.post("/hook", json=body, headers=headers)).status_code

        answers = await asyncio.gather(*(tell(number) for number in range(200)))
    assert set(answers) == {200}
    await exclusive.settle()
    assert await exclusive.school.reads() == 2


def test_the_secret_follows_from_the_token_and_does_not_show_it() -> None:
    secret = secret_from("token-of-the-bot")
    assert secret == secret_from("token-of-the-bot") != secret_from("another")
    assert "token" not in secret
    assert "token" not in repr(WebhookPlace("u", "h", 1, secret))
    assert secret not in repr(WebhookPlace("u", "h", 1, secret))
