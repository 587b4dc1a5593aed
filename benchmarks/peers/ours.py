"""The same fold by Rollcall: ingest into committed facts, and placements from those facts.

Ingest folds orders and cancellations by rank; who is placed where is a pure function of the
facts and the day, which derive works out for the classes concerned. To have the same result
here, all of them are worked out at the end, and the seconds for that are told apart.
"""

import asyncio
import time
from collections import defaultdict
from datetime import date

from benchmarks.peers.told import Task, task, write
from consumers.config import IngestConfig
from consumers.kafka import KafkaConfig
from consumers.run import Ingest
from domain.facts import Order, OrderKind, Rank
from domain.ids import ClassId, OrderId, PersonId, SchoolId
from domain.orders import placement
from projections.database import create_engine, driver, transaction
from projections.facts.ingest_store import IngestStore
from projections.migrate import upgrade

_POLL = 0.002

_LIVE = """
    SELECT o.order_id, o.kind, o.order_number, o.ordered_at, o.school_id, o.pupil_id, o.class_id,
           o.effective_on, o.version, o.at, o.source, o.event_id
      FROM fact_orders o
     WHERE NOT EXISTS (SELECT FROM fact_cancellations c
                        WHERE (c.order_id, c.school_id) = (o.order_id, o.school_id))"""


async def ingest(told: Task) -> float:
    """Seconds for all events, by the rate from the first commit to the last."""
    engine = create_engine(told.postgres)
    config = IngestConfig(topics=(told.topic,), group="peers-rollcall")
    running = Ingest(KafkaConfig(told.bootstrap), IngestStore(engine), config)
    stop = asyncio.Event()
    task_ = asyncio.create_task(running.run(stop))
    while not running.counters.records:  # noqa: ASYNC110 - changes nothing measured
        await asyncio.sleep(_POLL)
    first, began = running.counters.records, time.perf_counter()
    while running.counters.records < told.events:  # noqa: ASYNC110 - as above
        await asyncio.sleep(_POLL)
    seconds = time.perf_counter() - began
    stop.set()
    await task_
    await engine.dispose()
    return seconds * told.events / max(1, told.events - first)


async def placements(told: Task) -> dict[str, list[str]]:
    """Who is placed where on the task's day, and by which order."""
    engine = create_engine(told.postgres)
    orders: defaultdict[str, list[Order]] = defaultdict(list)
    async with transaction(engine) as connection:
        for row in await (await driver(connection)).fetch(_LIVE):
            order = Order(
                rank=Rank(row["version"], row["at"], row["source"], row["event_id"]),
                order_id=OrderId(row["order_id"]),
                kind=OrderKind(row["kind"]),
                order_number=row["order_number"],
                ordered_at=row["ordered_at"],
                school_id=SchoolId(row["school_id"]),
                pupil_id=PersonId(row["pupil_id"]),
                class_id=ClassId(row["class_id"]),
                effective_on=row["effective_on"],
            )
            orders[f"{order.school_id}|{order.pupil_id}"].append(order)
    await engine.dispose()
    today = date.fromisoformat(told.today)
    placed = {key: placement(own, today) for key, own in orders.items()}
    return {
        key: [each.class_id, each.order.order_id]
        for key, each in placed.items()
        if each is not None
    }


async def _main(told: Task) -> None:
    await upgrade(told.postgres)
    seconds = await ingest(told)
    began = time.perf_counter()
    found = await placements(told)
    placing = time.perf_counter() - began
    figures = {
        "events": told.events,
        "seconds": round(seconds, 3),
        "placing_seconds": round(placing, 3),
    }
    write(told, found, figures)


if __name__ == "__main__":
    asyncio.run(_main(task()))
