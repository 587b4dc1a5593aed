"""The fold in Quix Streams: two stateful steps on RocksDB, with a repartition topic between them.

Run in the environment of ``requirements/quix.txt``. RocksDB on the local disk is the durable
state; its changelog topics, which guard against the loss of that disk, are off, since nothing
that it is compared with here survives the loss of its disk either.
"""

import orjson
from quixstreams import Application, State
from quixstreams.models import JSONDeserializer, JSONSerializer
from quixstreams.state.rocksdb import RocksDBOptions

from benchmarks.peers import fold
from benchmarks.peers.told import Tally, Task, task


def application(told: Task) -> Application:
    """Batches on both ways, and commits as often as all others."""
    return Application(
        broker_address=told.bootstrap,
        consumer_group="peers-quix",
        auto_offset_reset="earliest",
        commit_interval=told.commit_seconds,
        state_dir=told.folder + "/state",
        rocksdb_options=RocksDBOptions(dumps=orjson.dumps, loads=orjson.loads),
        use_changelog_topics=False,
        consumer_poll_timeout=0.1,
        producer_extra_config={
            "linger.ms": 20,
            "batch.size": 262_144,
            "queue.buffering.max.messages": 500_000,
        },
        consumer_extra_config={"queued.min.messages": 200_000, "fetch.wait.max.ms": 20},
        max_partition_buffer_size=50_000,
        loglevel="ERROR",
    )


def build(app: Application, told: Task, tally: Tally) -> None:
    """From the topic to placements; it stops when all is done."""

    def by_order(event: fold.Event, state: State) -> list[list[object]]:
        after, changes = fold.by_order(state.get("order"), event)
        state.set("order", after)
        tally.one_read(len(changes))
        if tally.done:
            app.stop()
        return [list(change) for change in changes]

    def by_pupil(change: list[object], state: State) -> None:
        key, order_id, line = fold.Change(*change)  # type: ignore[arg-type]
        orders = state.get("orders") or {}
        placed = fold.by_pupil(orders, order_id, line, told.today)
        state.set("orders", orders)
        tally.one_made(key, placed)
        if tally.done:
            app.stop()

    values = JSONDeserializer(loads=orjson.loads)
    topic = app.topic(told.topic, value_deserializer=values, key_deserializer="str")
    changes = app.dataframe(topic).apply(by_order, stateful=True, expand=True)
    changes.group_by(
        lambda change: change[0],
        name="pupil",
        value_serializer=JSONSerializer(dumps=orjson.dumps),
        value_deserializer=values,
        key_serializer="str",
        key_deserializer="str",
    ).update(by_pupil, stateful=True)


def main() -> None:
    """Do the task and tell."""
    told = task()
    tally = Tally(told.events)
    app = application(told)
    build(app, told, tally)
    app.run()
    tally.committed()
    tally.tell(told)


if __name__ == "__main__":
    main()
