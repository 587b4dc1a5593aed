"""The fold in Bytewax: two keyed stateful steps, snapshots to SQLite with every epoch.

Run in the environment of ``requirements/bytewax.txt``. Bytewax exchanges records between keys
in memory, so it needs no second topic; its recovery store is the only durable state it has.
"""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main
from bytewax.testing import TestingSink

from benchmarks.peers import fold
from benchmarks.peers.told import Tally, Task, task

_BATCH = 10_000


class ByOrder(StatefulBatchLogic[fold.Event, fold.Change, fold.OrderState]):
    """One order's state."""

    def __init__(self, tally: Tally, state: fold.OrderState | None) -> None:
        self._tally = tally
        self._state = state

    def on_batch(self, values: list[fold.Event]) -> tuple[Iterable[fold.Change], bool]:
        """Fold the order's events."""
        found: list[fold.Change] = []
        for event in values:
            self._state, changes = fold.by_order(self._state, event)
            self._tally.one_read(len(changes))
            found += changes
        return found, StatefulBatchLogic.RETAIN

    def snapshot(self) -> fold.OrderState:
        """What is kept; the fold replaces its parts and changes none."""
        return list(self._state or ())


class ByPupil(StatefulBatchLogic[fold.Change, None, dict[str, fold.Line]]):
    """One pupil's orders in a school."""

    def __init__(self, tally: Tally, today: str, orders: dict[str, fold.Line] | None) -> None:
        self._tally = tally
        self._today = today
        self._orders: dict[str, fold.Line] = {} if orders is None else orders

    def on_batch(self, values: list[fold.Change]) -> tuple[Iterable[None], bool]:
        """Fold the pupil's changes."""
        for change in values:
            placed = fold.by_pupil(self._orders, change.order_id, change.line, self._today)
            self._tally.one_made(change.key, placed)
        return (), StatefulBatchLogic.RETAIN

    def snapshot(self) -> dict[str, fold.Line]:
        """What is kept."""
        return dict(self._orders)


def flow(told: Task, tally: Tally) -> Dataflow:
    """From the topic to placements; it ends at the topic's end."""
    made = Dataflow("orders")
    source = KafkaSource([told.bootstrap], [told.topic], tail=False, batch_size=_BATCH)
    records = op.input("records", made, source)
    events = op.map("events", records, _read)
    by_order = op.key_on("order", events, lambda event: str(event["data"]["order_id"]))
    changes = op.stateful_batch("fold order", by_order, lambda state: ByOrder(tally, state))
    of_pupils = op.key_on("pupil", op.key_rm("changes", changes), lambda change: change.key)
    placed = op.stateful_batch(
        "fold pupil", of_pupils, lambda state: ByPupil(tally, told.today, state)
    )
    op.output("nothing", placed, TestingSink([]))
    return made


def _read(record: Any) -> fold.Event:  # noqa: ANN401 - ships no types for this environment
    event: fold.Event = orjson.loads(record.value)
    return event


def main() -> None:
    """Do the task and tell."""
    told = task()
    tally = Tally(told.events)
    recovery = Path(told.folder, "recovery")
    recovery.mkdir()
    init_db_dir(recovery, 1)
    cli_main(
        flow(told, tally),
        epoch_interval=timedelta(seconds=told.commit_seconds),
        recovery_config=RecoveryConfig(str(recovery)),
    )
    tally.committed()
    tally.tell(told)


if __name__ == "__main__":
    main()
