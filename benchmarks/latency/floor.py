"""What this machine needs at the least, in the same run: a bare record, and a bare call."""

import asyncio
import time

import httpx2
from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.latency.stack import Stack
from consumers.kafka import ensure_topics

_TOPIC = "benchmark.floor"


async def kafka(made: Stack, samples: int) -> list[float]:
    """Seconds from the acknowledgement of a bare record until a bare consumer has it."""
    await ensure_topics(made.kafka, (_TOPIC,))
    consumer = AIOKafkaConsumer(bootstrap_servers=made.kafka.bootstrap)
    await consumer.start()
    found = []
    try:
        consumer.assign([TopicPartition(_TOPIC, 0)])
        await consumer.seek_to_beginning()
        for _ in range(samples):
            waiting = asyncio.ensure_future(consumer.getone())
            await asyncio.sleep(0.02)  # so that its fetch is under way, as in an idle system
            began = time.perf_counter()
            await made.producer.send_and_wait(_TOPIC, b"{}", partition=0)
            await waiting
            found.append(time.perf_counter() - began)
    finally:
        await consumer.stop()
    return found


async def http(made: Stack, samples: int) -> list[float]:
    """Seconds of a bare call to the messenger."""
    found = []
    async with httpx2.AsyncClient(base_url=made.simulator.base_url) as client:
        for _ in range(samples):
            began = time.perf_counter()
            (await client.get("/sim/stats")).raise_for_status()
            found.append(time.perf_counter() - began)
    return found
