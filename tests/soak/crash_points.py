"""The labelled points at which a process of the soak kills itself, and how to get there.

Production code knows nothing of them: a worker of the soak wraps the functions that stand at
these points before it becomes ``rollcall run``. A point whose function is gone is an error at
the worker's start, and a test asks for each of them, so none is ever silently missing.
"""

import asyncio
import functools
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import consumers.ingest
import projections.derive.rounds
from consumers.ingest import Ingestor
from domain.lesson_work import Attempt
from gateway.max_http import MaxHttp
from gateway.partner_api import PartnerApi
from projections import outbox
from projections.derive.transaction import DeriveSteps
from projections.facts import offsets
from projections.facts.ingest_store import IngestStore
from projections.lessons.store import LessonCallStore
from projections.queue import marks
from projections.reconcile import announce, intents
from projections.reconcile.store import PostgresReconcileStore

Function = Callable[..., Awaitable[Any]]  # any of ours, wrapped and called as it is
Wrap = Callable[[Function, "Fuse"], Function]

IN_FLIGHT_SECONDS = 0.05
"""A call that has no answer after this long is certainly sent; answers are slow in the soak."""


@dataclass(slots=True)
class Fuse:
    """Burns down each time its point is passed, and then kills the process."""

    left: int

    def pass_by(self) -> None:
        """The point is passed; the last time ends it all."""
        self.left -= 1
        if self.left <= 0:
            die()


def die() -> NoReturn:
    """End this process as kill -9 does, because that is what it is."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives SIGKILL")


@dataclass(frozen=True, slots=True)
class Point:
    """Where in the code a label stands.

    A worker passes it ``often`` times soon enough for one of these passes to be its last.
    """

    owner: Any  # a module or a class
    name: str
    wrap: Wrap
    often: int

    @property
    def function(self) -> Function:
        """What stands there now."""
        found: Function = getattr(self.owner, self.name)
        return found

    def arm(self, left: int) -> None:
        """Have the process die at the pass of this number."""
        function = self.function
        setattr(self.owner, self.name, functools.wraps(function)(self.wrap(function, Fuse(left))))


def before(function: Function, fuse: Fuse) -> Function:
    """Just before the function is called."""

    async def wrapped(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the wrapped one
        fuse.pass_by()
        return await function(*args, **kwargs)

    return wrapped


def after(function: Function, fuse: Fuse) -> Function:
    """Just after it has returned."""

    async def wrapped(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the wrapped one
        result = await function(*args, **kwargs)
        fuse.pass_by()
        return result

    return wrapped


def after_something(function: Function, fuse: Fuse) -> Function:
    """After it has returned something: a lease, claimed marks, events to publish."""

    async def wrapped(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the wrapped one
        result = await function(*args, **kwargs)
        if result:
            fuse.pass_by()
        return result

    return wrapped


def after_attempt(function: Function, fuse: Fuse) -> Function:
    """After a step that has a lesson's call intended; not where there is none to make."""

    async def wrapped(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the wrapped one
        result = await function(*args, **kwargs)
        if isinstance(result, Attempt):
            fuse.pass_by()
        return result

    return wrapped


def with_marks(function: Function, fuse: Fuse) -> Function:
    """Just before it is called with marks that were claimed."""

    async def wrapped(engine: Any, config: Any, claimed: Any) -> Any:  # noqa: ANN401 - as the wrapped one
        if claimed:
            fuse.pass_by()
        return await function(engine, config, claimed)

    return wrapped


def after_marks(function: Function, fuse: Fuse) -> Function:
    """Just after it has dealt with marks that were claimed."""

    async def wrapped(engine: Any, config: Any, claimed: Any) -> Any:  # noqa: ANN401 - as the wrapped one
        result = await function(engine, config, claimed)
        if claimed:
            fuse.pass_by()
        return result

    return wrapped


def before_sending(function: Function, fuse: Fuse) -> Function:
    """With the slot granted and the lease looked at, before a changing call is sent."""

    async def wrapped(client: Any, call: Any) -> Any:  # noqa: ANN401 - as the wrapped one
        if call.changes:
            fuse.pass_by()
        return await function(client, call)

    return wrapped


def in_flight(function: Function, fuse: Fuse) -> Function:
    """While a changing call is with the messenger, which has carried it out."""

    async def wrapped(client: Any, call: Any) -> Any:  # noqa: ANN401 - as the wrapped one
        if not call.changes:
            return await function(client, call)
        asking = asyncio.ensure_future(function(client, call))
        _, pending = await asyncio.wait({asking}, timeout=IN_FLIGHT_SECONDS)
        if pending:
            fuse.pass_by()
        return await asking

    return wrapped


def answered(function: Function, fuse: Fuse) -> Function:
    """With the answer to a changing call in hand, and nothing of it written."""

    async def wrapped(client: Any, call: Any) -> Any:  # noqa: ANN401 - as the wrapped one
        reply = await function(client, call)
        if call.changes:
            fuse.pass_by()
        return reply

    return wrapped


STORE = PostgresReconcileStore

POINTS: dict[str, Point] = {
    # Ingest: a batch from Kafka, one transaction, and the courtesy commit.
    "ingest.batch_taken": Point(Ingestor, "take", before, 2),
    "ingest.offsets_moved": Point(offsets, "advance", after, 2),
    "ingest.facts_written": Point(marks, "set_marks", after, 2),
    "ingest.committed": Point(IngestStore, "commit", after, 2),
    "ingest.kafka_told": Point(consumers.ingest, "commit_to_kafka", after, 2),
    # Derive: the claim is a transaction of its own, all else is another.
    "derive.claimed": Point(projections.derive.rounds, "_derive", with_marks, 2),
    "derive.chats_locked": Point(DeriveSteps, "lock", after, 2),
    "derive.written": Point(DeriveSteps, "write", after, 2),
    "derive.cleared": Point(DeriveSteps, "clear", after, 2),
    "derive.committed": Point(projections.derive.rounds, "_handle", after_marks, 2),
    # Reconcile: a lease, an intent, a call, its outcome, and the lease given back.
    "reconcile.leased": Point(STORE, "claim", after_something, 3),
    "reconcile.intent_written": Point(intents, "intend", after, 3),
    "reconcile.before_call": Point(STORE, "intend", after, 3),
    "reconcile.before_sending": Point(MaxHttp, "_exchange", before_sending, 3),
    "reconcile.in_flight": Point(MaxHttp, "_exchange", in_flight, 2),
    "reconcile.answered": Point(MaxHttp, "_exchange", answered, 3),
    "reconcile.outcome_written": Point(intents, "settle", after, 3),
    "reconcile.settled": Point(STORE, "settle", after, 3),
    "reconcile.read_taken": Point(STORE, "record_read", before, 1),
    "reconcile.read_written": Point(STORE, "record_read", after, 1),
    "reconcile.before_finish": Point(STORE, "finish", before, 3),
    "reconcile.converged_written": Point(announce, "converged", after, 3),
    "reconcile.finished": Point(STORE, "finish", after, 3),
    # Lessons' calls: an intent, a call, and what came of it noted.
    "lessons.intent_written": Point(LessonCallStore, "step", after_attempt, 2),
    "lessons.made_not_noted": Point(PartnerApi, "plan_call", after, 1),
    "lessons.noted": Point(LessonCallStore, "settle", after, 2),
    # The outbox: taken, acknowledged by Kafka, marked.
    "outbox.taken": Point(outbox, "take", after_something, 2),
    "outbox.acknowledged": Point(outbox, "published", before, 2),
    "outbox.marked": Point(outbox, "published", after, 2),
}
"""Every label, in the order of the way of the data."""

__all__ = ["POINTS", "Fuse", "Point", "die"]
