"""Two processes on one stack: they share the work, and either may leave."""

import asyncio
from random import Random

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from tests.system.processes import NotInTime
from tests.system.publishing import history, publishing
from tests.system.stack import Stack
from tests.system.verifier import check, check_no_call_was_repeated


async def members(school: Stack, wanted: int) -> None:
    """Wait until the consumer group has so many members and is at rest."""
    admin = AIOKafkaAdminClient(bootstrap_servers=school.kafka.bootstrap)
    await admin.start()
    try:
        deadline = asyncio.get_running_loop().time() + 60
        while True:
            (answer,) = await admin.describe_consumer_groups([f"{school.prefix}rollcall"])
            (group,) = answer.to_object()["groups"]
            if group["state"] == "Stable" and len(group["members"]) == wanted:
                return
            if asyncio.get_running_loop().time() > deadline:
                raise NotInTime(f"the group never has {wanted} members")
            await asyncio.sleep(0.05)
    finally:
        await admin.close()


@pytest.mark.timeout(180)
@pytest.mark.takes(60)
async def test_a_second_process_takes_its_share_and_either_drains_when_told_to_end(
    school: Stack, seed: int
) -> None:
    async with publishing(school, history(seed, changes=1500), Random(seed)):
        first = await school.run()
        await school.until(
            "SELECT coalesce(sum(next_off), 0) > 100 FROM ingest_partitions", "nothing is read"
        )
        second = await school.run()
        await members(school, 2)
        await school.until("SELECT count(*) > 20 FROM intents", "no chat is made")
        assert await first.terminate() == 0
        await members(school, 1)
        third = await school.run()
        await members(school, 2)
        assert await second.terminate() == 0
    await school.acting()
    await school.settled()
    await check(school)
    await check_no_call_was_repeated(school, kills=0)
    assert await school.value("SELECT count(*) FROM intents WHERE settled_at IS NULL") == 0
    assert await third.terminate() == 0
    assert school.programs.tracebacks() == []
