"""The fold in Faust: two agents with a table each on RocksDB, and a topic between them.

Run in the environment of ``requirements/faust.txt``. Tables write their changes to changelog
topics, which Faust cannot do without.
"""

import logging
import os
import signal
from collections.abc import AsyncIterable
from typing import Any

import faust
import orjson
from faust.transport.producer import ProducerBuffer

from benchmarks.peers import fold
from benchmarks.peers.told import Tally, Task, task

_PARTITIONS = 12
_BUFFERED = 50_000
"""Messages under way to Kafka before Faust waits for them; its own default is 100."""


def application(told: Task) -> faust.App:
    """Batches on both ways, and commits as often as all others."""
    return faust.App(
        "peers-faust",
        broker=f"kafka://{told.bootstrap}",
        datadir=told.folder,
        store="rocksdb://",
        topic_partitions=_PARTITIONS,
        topic_replication_factor=1,
        topic_disable_leader=True,
        broker_commit_interval=told.commit_seconds,
        broker_commit_every=1_000_000,
        broker_max_poll_records=5_000,
        consumer_max_fetch_size=4 * 1_048_576,
        consumer_auto_offset_reset="earliest",
        producer_linger=0.05,
        producer_threaded=True,
        producer_max_batch_size=262_144,
        producer_acks=1,
        stream_buffer_maxsize=4096,
        stream_wait_empty=False,
        stream_publish_on_commit=False,
        web_enabled=False,
    )


def build(app: faust.App, told: Task, tally: Tally) -> None:
    """From the topic to placements; it ends the process when all is done."""
    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw"}
    source = app.topic(told.topic, **raw)
    between = app.topic("peers-faust-pupils", partitions=_PARTITIONS, internal=True, **raw)
    orders = app.Table("orders", partitions=_PARTITIONS, key_type=bytes, value_type=bytes)
    pupils = app.Table("pupils", partitions=_PARTITIONS, key_type=bytes, value_type=bytes)

    @app.agent(source)
    async def by_order(events: AsyncIterable[bytes]) -> None:
        async for value in events:
            event = orjson.loads(value)
            key = event["data"]["order_id"].encode()
            known = orders.get(key)
            state, changes = fold.by_order(None if known is None else orjson.loads(known), event)
            orders[key] = orjson.dumps(state)
            for change in changes:
                between.send_soon(key=change.key.encode(), value=orjson.dumps(list(change)))
            tally.one_read(len(changes))
            finish()

    @app.agent(between)
    async def by_pupil(changes: AsyncIterable[bytes]) -> None:
        async for value in changes:
            change = fold.Change(*orjson.loads(value))
            key = change.key.encode()
            known = pupils.get(key)
            held = {} if known is None else orjson.loads(known)
            placed = fold.by_pupil(held, change.order_id, change.line, told.today)
            pupils[key] = orjson.dumps(held)
            tally.one_made(change.key, placed)
            finish()

    def finish() -> None:
        if tally.done:
            tally.tell(told)
            os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Do the task and tell."""
    told = task()
    logging.disable(logging.INFO)  # Faust makes a record of each debug line that nobody reads
    ProducerBuffer.max_messages = _BUFFERED
    app = application(told)
    build(app, told, Tally(told.events))
    faust.Worker(app, loglevel="WARNING", quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main()
