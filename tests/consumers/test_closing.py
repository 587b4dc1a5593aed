"""Clients of Kafka that close: nothing of them stays, and nobody takes their end for ours."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError

from consumers.closing import let_go, let_go_of
from consumers.errors import KafkaUnavailable, translated
from tests.consumers.harness import Harness

PATIENCE = 30.0


async def given_up() -> None:
    answer = asyncio.get_running_loop().create_future()
    answer.cancel()
    await answer


async def test_what_a_client_gave_up_is_an_outage_and_no_cancellation() -> None:
    with pytest.raises(KafkaUnavailable), translated():
        await given_up()


def test_no_answer_in_time_is_an_outage_and_no_refusal() -> None:
    with pytest.raises(KafkaUnavailable), translated():
        raise KafkaTimeoutError


async def test_a_cancellation_of_ours_stays_one() -> None:
    async def waits() -> None:
        with translated():
            await asyncio.Event().wait()

    waiting = asyncio.create_task(waits())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_consumer_that_lost_its_broker_closes_and_leaves_nothing(harness: Harness) -> None:
    before = asyncio.all_tasks()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=harness.kafka.servers,
        group_id=None,
        fetch_max_wait_ms=20_000,
        retry_backoff_ms=20_000,
    )
    await consumer.start()
    consumer.assign([TopicPartition(harness.topic, 0)])
    async with asyncio.timeout(PATIENCE):
        await consumer.seek_to_beginning()
        fetches = consumer._fetcher._pending_tasks  # noqa: SLF001 - nothing public tells that a fetch is under way
        while not any(not each.done() for each in fetches):
            await consumer.getmany(timeout_ms=10)
        for connection in tuple(consumer._client._conns.values()):  # noqa: SLF001 - as the broker would
            connection.close()
        for _ in range(100):  # its fetch fails, and it means to try again in a while
            await asyncio.sleep(0)
        await let_go_of(consumer)
        while asyncio.all_tasks() != before:  # noqa: ASYNC110 - tasks that end tell nobody
            await asyncio.sleep(0)


async def test_what_a_client_says_while_it_closes_is_nobodys_business() -> None:
    async def says() -> None:
        raise KafkaConnectionError("away")

    async def says_nothing() -> None:
        await asyncio.Event().wait()

    await let_go(says)
    await let_go(given_up)
    await let_go(says_nothing, 0.01)
