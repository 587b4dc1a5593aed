"""Letting go of a client of Kafka's, whatever state Kafka and the client are in.

Guarantees: what a client says while it closes (that its broker is away, that a task of its own
was cancelled) concerns nobody any more and ends nothing; a cancellation of ours passes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiokafka import AIOKafkaConsumer

from consumers.errors import ConsumersError, translated

CLOSING_SECONDS = 2.0


async def let_go(
    close: Callable[[], Awaitable[object]], seconds: float | None = CLOSING_SECONDS
) -> None:
    """Close a client; after ``seconds`` it is left without a goodbye, None: as long as it takes."""
    with suppress(ConsumersError), translated():
        async with asyncio.timeout(seconds):
            await close()


async def let_go_of(consumer: AIOKafkaConsumer) -> None:
    """Close a consumer, its connections too.

    Its own ``stop`` cancels a fetch that is under way, takes that for our cancellation, and ends
    there; the connections would stay, and with them a task that asks for metadata for ever.
    """
    await let_go(consumer.stop)
    await let_go(consumer._client.close)  # noqa: SLF001 - nothing public closes what is left
