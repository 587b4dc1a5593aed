"""The loop itself: the gate before it, a token that is not valid, a stop, an outage."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from domain.ids import MaxUserId
from domain.lanes import Lane
from domain.work import RetryAfter
from gateway.breaker import BreakingMessenger
from gateway.workers import ReconcileLoop
from tests.reconcile.bench import Bench, open_gate

CLASS = {1: "administrator", 10: "member"}
TWO_CHIEFS = {1: "administrator", 10: "administrator"}
WORKERS = 4
PATIENCE = 20.0


@asynccontextmanager
async def _running(school: Bench) -> AsyncIterator[ReconcileLoop]:
    stop = asyncio.Event()

    async def whoami() -> MaxUserId:
        return await school.messenger.whoami(Lane.SAFETY)

    loop = ReconcileLoop(
        school.store, school.reconciler, whoami, workers=WORKERS, probe_seconds=0.2
    )
    task = asyncio.create_task(loop.run(stop))
    try:
        yield loop
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110 - other processes cannot set an event
            await asyncio.sleep(0.02)


async def _close_gate(school: Bench) -> None:
    await school.sql("UPDATE catch_up SET armed_at = clock_now(), reason = 'a test'")


async def test_nothing_is_called_while_the_gate_is_closed(school: Bench) -> None:
    await _close_gate(school)
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    async with _running(school):
        looks = 0

        async def looked() -> bool:
            nonlocal looks
            looks += 1
            return looks > 50

        await _until(looked)
        assert await school.calls() == {}
        await open_gate(school.engine)
        await _until(lambda: _converged(school))
    assert await school.members() == CLASS


async def test_a_pass_that_is_under_way_makes_no_call_once_the_gate_is_closed(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    lease = await school.store.claim()
    assert lease is not None
    await _close_gate(school)

    outcome = await school.reconcile(lease)

    assert isinstance(outcome, RetryAfter)
    assert await school.calls() == {}


async def test_nobody_is_removed_by_a_pass_that_began_before_ingest_fell_behind(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.expect(chat, {1: "administrator"})
    lease = await school.store.claim()
    assert lease is not None
    await school.sql("UPDATE catch_up SET watched_at = clock_now() - interval '10 seconds'")

    outcome = await school.reconcile(lease)

    assert isinstance(outcome, RetryAfter)
    assert await school.members() == CLASS


async def test_nobody_loses_rights_by_a_pass_that_began_before_ingest_fell_behind(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, TWO_CHIEFS)
    await school.settle()
    await school.expect(chat, CLASS)
    lease = await school.store.claim()
    assert lease is not None
    # For so long that additions wait no more.
    await school.sql("UPDATE catch_up SET watched_at = clock_now() - interval '5 minutes'")

    outcome = await school.reconcile(lease)

    assert isinstance(outcome, RetryAfter)
    assert await school.members() == TWO_CHIEFS


async def test_while_removals_wait_a_demotion_waits_and_who_is_new_comes_in(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, TWO_CHIEFS)
    await school.settle()
    await school.expect(chat, {**CLASS, 11: "member"})
    await school.settle(removals_wait=True)
    assert await school.members() == {**TWO_CHIEFS, 11: "member"}
    await school.hurry()
    await school.settle()
    assert await school.members() == {**CLASS, 11: "member"}


async def _converged(school: Bench) -> bool:
    return await school.value("SELECT count(*) FROM chat_sync WHERE due_at IS NOT NULL") == 0


async def test_a_refused_token_stops_every_worker_within_one_call_each(school: Bench) -> None:
    for number in range(30):
        chat = await school.chat(f"class:c-{number}", f"chat {number}")
        await school.expect(chat, {1: "administrator", 100 + number: "member"})
    await school.http.put("/sim/token", json={"valid": False})
    async with _running(school) as loop:
        await _until(lambda: _halted(loop))
        await _until(lambda: _probed(school))
        assert await school.unauthorized("/partner/v1/chats") <= WORKERS
        await school.http.put("/sim/token", json={"valid": True})
        await _until(lambda: _accepted(loop))
        await school.hurry()
        await _until(lambda: _converged(school))
    assert len(await school.chats()) == 30


async def _halted(loop: ReconcileLoop) -> bool:
    return loop.halted is not None


async def _accepted(loop: ReconcileLoop) -> bool:
    return loop.halted is None


async def _probed(school: Bench) -> bool:
    return await school.unauthorized("/me") >= 2


async def test_a_stop_ends_the_pass_that_is_under_way(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.fault(method="POST", path="/partner/v1/chats", kind="slow", seconds=0.5)
    await school.expect(chat, CLASS)
    async with _running(school):
        await _until(lambda: _under_way(school))
    assert await school.value("SELECT count(*) FROM intents WHERE settled_at IS NULL") == 0
    assert await school.members() == CLASS


async def _under_way(school: Bench) -> bool:
    return await school.value("SELECT count(*) FROM intents") == 1


@pytest.mark.parametrize("kind", ["status", "drop"])
async def test_a_failing_messenger_is_asked_less_and_less(school: Bench, kind: str) -> None:
    reconciler = school.reconciler_of(BreakingMessenger(school.messenger))
    await school.fault(method="POST", path="/partner/v1/chats", kind=kind, status=503)
    for number in range(40):
        chat = await school.chat(f"class:c-{number}", f"chat {number}")
        await school.expect(chat, {1: "administrator", 100 + number: "member"})
    for _ in range(40):
        lease = await school.store.claim()
        assert lease is not None
        await reconciler.reconcile(lease)
    stats = (await school.http.get("/sim/stats")).json()
    creates = sum(c["count"] for c in stats["calls"] if c["path"] == "/partner/v1/chats")
    assert creates < 10
