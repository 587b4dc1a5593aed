"""Servers that go away in the middle of a run: nothing is lost, and the process lives on."""

from collections.abc import Awaitable, Callable
from itertools import islice
from random import Random

import pytest

from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres
from tests.system.publishing import history
from tests.system.stack import Stack
from tests.system.verifier import check, check_no_call_was_repeated

Outage = Callable[[], Awaitable[object]]


@pytest.mark.timeout(240)
async def test_restarts_and_crashes_of_the_servers_lose_nothing_and_end_no_process(
    own_school: Stack, own_kafka: EmbeddedKafka, own_postgres: EmbeddedPostgres, seed: int
) -> None:
    async def crash_kafka() -> None:
        await own_kafka.kill()
        await own_kafka.start()

    async def crash_postgres() -> None:
        await own_postgres.kill()
        await own_postgres.start()

    rng = Random(seed)
    outages: list[Outage] = [
        own_kafka.restart,
        crash_kafka,
        own_postgres.restart,
        crash_postgres,
    ]
    rng.shuffle(outages)
    events = history(seed, changes=500)
    await own_school.fault(method="*", path="*", kind="slow", seconds=0.2, probability=0.5)
    engine = await own_school.run()
    await own_school.publish(islice(events, 720))
    await own_school.until("SELECT count(*) > 3 FROM intents", "no chat is made")
    for outage in outages:
        await own_school.publish(islice(events, rng.randint(50, 200)))
        await outage()
    await own_school.publish(events)
    await own_school.no_faults()
    await own_school.settled()
    await own_school.acting()
    await own_school.settled()
    await check(own_school)
    await check_no_call_was_repeated(own_school)
    assert not engine.ended
    assert await engine.terminate() == 0
    assert own_school.programs.tracebacks() == []
