"""One chat's failure is that chat's state: the loop and all other chats go on."""

import asyncio

from domain.ids import MaxUserId
from domain.lanes import Lane
from domain.obstacles import ObstacleKind
from domain.work import FAILING_AFTER
from gateway.workers import ReconcileLoop
from projections.database import transaction
from projections.reports.obstacles import obstacles
from tests.reconcile.bench import Bench

CLASS = {1: "administrator", 10: "member"}
POISON = 666


async def _poisoned(school: Bench) -> None:
    """PostgreSQL takes no chat in which this account is."""
    await school.sql(f"ALTER TABLE observed_members ADD CHECK (max_user_id <> {POISON})")


async def test_what_postgresql_refuses_of_one_chat_is_that_chats_state(school: Bench) -> None:
    await _poisoned(school)
    bad, good = await school.chat("class:c-1", "bad"), await school.chat("class:c-2", "good")
    await school.expect(bad, {**CLASS, POISON: "member"})
    await school.expect(good, CLASS)
    for _ in range(FAILING_AFTER + 1):
        await school.settle()
        await school.hurry()
    assert await school.members("good") == CLASS
    good_state = "SELECT state FROM dashboard.chats WHERE title = 'good'"
    assert await school.value(good_state) == "converged"
    async with transaction(school.engine) as connection:
        said = {each.kind: each for each in await obstacles(connection)}[ObstacleKind.FAILING]
    assert (said.count, said.about) == (1, (bad,))
    assert "StoreRefused at database.py" in (said.detail or "")


async def test_a_chat_that_cannot_even_be_loaded_waits_ever_longer(school: Bench) -> None:
    bad, good = await school.chat("class:c-1", "bad"), await school.chat("class:c-2", "good")
    for chat in (bad, good):
        await school.expect(chat, CLASS)
    await school.sql("ALTER TABLE chats DROP CONSTRAINT chats_kind_check")
    await school.sql("UPDATE chats SET kind = 'of the future' WHERE title = 'bad'")
    attempts = "SELECT attempts FROM chat_sync WHERE chat_id = 'class:c-1'"
    failures: list[int] = []
    for _ in range(4):
        await school.settle()
        failures.append(int(str(await school.value(attempts))))
        await school.hurry()
    assert await school.members("good") == CLASS
    assert failures == sorted(set(failures))  # by these the next wait is longer each time


async def test_the_loop_goes_on_beside_a_chat_that_fails(school: Bench) -> None:
    await _poisoned(school)
    for number in range(4):
        chat = await school.chat(f"class:c-{number}", f"{number}")
        poison = {POISON: "member"} if number == 0 else {}
        await school.expect(chat, {**CLASS, **poison})

    async def whoami() -> MaxUserId:
        return await school.messenger.whoami(Lane.SAFETY)

    stop = asyncio.Event()
    loop = ReconcileLoop(school.store, school.reconciler, whoami, workers=2)
    running = asyncio.create_task(loop.run(stop))
    converged = "SELECT count(*) FROM dashboard.chats WHERE state = 'converged'"
    async with asyncio.timeout(60):
        while await school.value(converged) != 3:  # noqa: ASYNC110 - the loop sets no event
            await asyncio.sleep(0.05)
    assert not running.done()
    stop.set()
    await running
