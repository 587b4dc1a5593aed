"""What no webhook told is found by the sweep, on spare budget and at most once in a while."""

from collections.abc import Sequence

import pytest

from domain.lanes import Lane
from domain.obstacles import Obstacle, ObstacleKind
from gateway.subscription_watch import SubscriptionWatch
from gateway.subscriptions import Subscription
from gateway.sweep import SweepConfig, SweepLoop
from gateway.webhooks import Webhook
from projections.database import transaction
from projections.messenger.subscription import SubscriptionState
from projections.reports.obstacles import obstacles
from projections.watch.hints import Hints
from projections.watch.sweep import Sweep
from tests.drift.people import CLASS, People

URL = "https://rollcall.example/webhook"


async def test_a_lost_webhook_is_found_by_the_sweep(exclusive: People) -> None:
    await exclusive.act(99, "join")
    await exclusive.updates()
    await exclusive.time_passes("8 days")
    assert await exclusive.sweep.look() == 1
    await exclusive.settle()
    assert await exclusive.members() == CLASS


async def test_a_fresh_chat_is_not_swept(exclusive: People) -> None:
    assert await exclusive.sweep.look() == 0
    await exclusive.time_passes("6 days")
    assert await exclusive.sweep.look() == 0
    assert await exclusive.school.reads() == 0


async def test_a_chat_is_swept_once_in_its_period(exclusive: People) -> None:
    await exclusive.time_passes("8 days")
    assert await exclusive.sweep.look() == 1
    await exclusive.settle()
    await exclusive.time_passes("6 days")
    assert await exclusive.sweep.look() == 0


async def test_a_chat_that_cannot_be_read_is_asked_for_once_in_its_period_too(
    exclusive: People,
) -> None:
    await exclusive.time_passes("8 days")
    assert await exclusive.sweep.look() == 1
    await exclusive.school.sql("UPDATE chat_sync SET due_at = NULL")  # it was given up on
    assert await exclusive.sweep.look() == 0
    await exclusive.time_passes("6 days")
    assert await exclusive.sweep.look() == 0
    await exclusive.time_passes("2 days")
    assert await exclusive.sweep.look() == 1


async def test_the_sweep_waits_while_anything_better_is_due(exclusive: People) -> None:
    await exclusive.time_passes("8 days")
    other = await exclusive.school.chat("class:c-2", "other")
    await exclusive.school.due(other)
    assert await exclusive.sweep.look() == 0
    await exclusive.settle()
    assert await exclusive.sweep.look() == 1


async def test_a_sweep_that_is_off_reads_nothing(exclusive: People) -> None:
    await exclusive.time_passes("80 days")
    off = SweepLoop(Sweep(exclusive.school.engine), SweepConfig(enabled=False))
    assert await off.look() == 0


def _watch(people: People) -> SubscriptionWatch:
    store = SubscriptionState(people.school.engine)
    webhook = Webhook(Hints(people.school.engine), "/webhook", "secret-secret")
    return SubscriptionWatch(people.school.messenger, store, webhook, URL)


async def _lost(people: People) -> Obstacle | None:
    async with transaction(people.school.engine) as connection:
        found = {each.kind: each for each in await obstacles(connection)}
    return found.get(ObstacleKind.WEBHOOK_LOST)


async def _present(people: People) -> Sequence[Subscription]:
    return await people.school.messenger.subscriptions.present(Lane.LIVE)


async def test_a_missing_subscription_is_set_and_every_chat_is_swept(exclusive: People) -> None:
    watch = _watch(exclusive)
    assert await watch.look() is True
    assert [each.url for each in await _present(exclusive)] == [URL]
    assert await exclusive.sweep.look() == 1
    await exclusive.settle()
    assert await watch.look() is False
    assert await exclusive.sweep.look() == 0


async def test_a_dropped_subscription_is_noticed(exclusive: People) -> None:
    watch = _watch(exclusive)
    await watch.look()
    await exclusive.sweep.look()
    await exclusive.settle()
    await exclusive.school.messenger.subscriptions.unsubscribe(URL, Lane.LIVE)
    await exclusive.act(99, "join")
    assert await watch.look() is True
    await exclusive.sweep.look()
    await exclusive.settle()
    assert await exclusive.members() == CLASS


async def test_one_with_too_few_types_is_as_good_as_missing(exclusive: People) -> None:
    subscriptions = exclusive.school.messenger.subscriptions
    await subscriptions.subscribe(URL, ["user_added"], "secret-secret", Lane.LIVE)
    assert await _watch(exclusive).look() is True
    assert len((await _present(exclusive))[0].update_types) == 6


@pytest.mark.parametrize(
    "spelt",
    [
        "https://rollcall.example/webhook/",
        "HTTPS://Rollcall.Example:443/webhook",
        "https://rollcall.example/%77ebhook",
        "https://proxy.max.example/of/rollcall?u=1",
    ],
)
async def test_our_address_in_the_messengers_own_spelling_is_set_once(
    exclusive: People, spelt: str
) -> None:
    respelling = _Respelling(spelt)
    store = SubscriptionState(exclusive.school.engine)
    for _ in range(3):  # a process starts, looks, and is started again
        webhook = Webhook(Hints(exclusive.school.engine), "/webhook", "secret-secret")
        watch = SubscriptionWatch(respelling, store, webhook, URL)
        await watch.look(set_anyway=True)
        for _ in range(3):
            await watch.look()
    kept = "SELECT count(*) FROM subscription WHERE confirmed_at IS NOT NULL"
    assert await exclusive.school.value(kept) == 1
    assert respelling.set_anew <= 3 + 1
    assert await exclusive.school.value("SELECT count(*) FROM subscription_set") == 1


async def test_a_webhook_that_is_not_kept_is_set_three_times_a_day_and_then_a_state(
    exclusive: People,
) -> None:
    forgetting = _Respelling(None)
    store = SubscriptionState(exclusive.school.engine)
    webhook = Webhook(Hints(exclusive.school.engine), "/webhook", "secret-secret")
    watch = SubscriptionWatch(forgetting, store, webhook, URL)
    swept = 0
    for _ in range(10):
        await watch.look()
        swept += await exclusive.sweep.look()
        await exclusive.settle()
    assert (forgetting.set_anew, swept) == (3, 3)
    said = await _lost(exclusive)
    assert said is not None
    assert said.about == (URL,)
    assert said.since is not None
    await exclusive.time_passes("25 hours")
    assert await watch.look() is True
    forgetting.spelt = URL
    assert await watch.look() is False
    assert await _lost(exclusive) is None


class _Respelling:
    """A messenger that lists our webhook under another address, or not at all."""

    def __init__(self, spelt: str | None) -> None:
        self.spelt, self.set_anew = spelt, 0

    @property
    def subscriptions(self) -> "_Respelling":
        return self

    async def present(self, _: Lane) -> list[Subscription]:
        return [] if self.spelt is None or not self.set_anew else [Subscription(self.spelt, ())]

    async def subscribe(self, url: str, types: Sequence[str], secret: str, lane: Lane) -> None:
        del url, types, secret, lane
        self.set_anew += 1


async def test_one_chat_that_is_due_for_ever_does_not_starve_the_sweep(exclusive: People) -> None:
    await exclusive.time_passes("8 days")
    other = await exclusive.school.chat("class:c-2", "other")
    await exclusive.school.due(other)
    await exclusive.school.sql("""UPDATE chat_sync SET due_at = clock_now() - interval '1 hour',
        lease_until = clock_now() + interval '1 hour' WHERE chat_id = 'class:c-2'""")
    assert await exclusive.sweep.look() == 1
    assert await exclusive.sweep.look() == 0  # one a minute
    await exclusive.settle()
    assert await exclusive.school.reads() == 2
