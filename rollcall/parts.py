"""The loops of a process, made from the settings.

In a module of its own, since what all of them need takes longer to load than most commands to
answer: ``rollcall.wiring`` asks for it only to run them.
"""

import asyncio
from contextlib import AsyncExitStack

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.config import IngestConfig
from consumers.decisions import DecisionsReader
from consumers.ends import EndsWatcher
from consumers.outbox import OutboxPublisher
from consumers.run import Ingest
from loops.together import Loop
from projections.by_hand.decision_log import DecisionLog
from projections.derive.loop import DeriveLoop
from projections.facts.ingest_store import IngestStore
from rollcall.process import Process
from rollcall.reconciling import reconcile_loops
from rollcall.upkeep import Upkeep
from rollcall.wiring import Part, Wiring
from schemas.outgoing import DECISIONS_TOPIC


def loops_of(
    wiring: Wiring,
    parts: frozenset[Part],
    engine: AsyncEngine,
    closing: AsyncExitStack,
    listening: asyncio.Event,
) -> dict[str, Loop]:
    """The loops of these parts; ``listening`` is set once the console can be asked."""
    loops: dict[str, Loop] = {}
    process = Process()
    if Part.INGEST in parts:
        loops |= _ingest(wiring, engine, process)
    if Part.DERIVE in parts:
        config = wiring.derive_config()
        process.derive = DeriveLoop(engine, config)
        loops["derive"] = process.derive.run
        loops["upkeep"] = Upkeep(engine, config, wiring.retention()).run
    if Part.RECONCILE in parts:
        loops |= reconcile_loops(
            wiring.settings, wiring.messenger_config(), engine, closing, process
        )
    if Part.CONSOLE in parts:
        from rollcall.serving import console_loop  # noqa: PLC0415 - slow to load, as above

        alone = parts == {Part.CONSOLE}
        loops["console"] = console_loop(wiring, engine, listening, process, alone=alone)
    return loops


def _ingest(wiring: Wiring, engine: AsyncEngine, process: Process) -> dict[str, Loop]:
    kafka, store = wiring.kafka(), IngestStore(engine)
    given = wiring.settings.kafka
    config = IngestConfig(given.topics, given.group, wiring.settings.ingest.batch)
    process.ingest = Ingest(kafka, store, config)
    return {
        "ingest": process.ingest.run,
        "ends": EndsWatcher(kafka, (*given.topics, DECISIONS_TOPIC), store).run,
        "decisions": DecisionsReader(kafka, store, DecisionLog(engine)).run,
        "outbox": OutboxPublisher(kafka, store, wiring.topic_shape()).run,
    }
