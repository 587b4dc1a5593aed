"""A chat is due again at the dates of what waits in it, and at no others."""

from collections.abc import AsyncIterator

import pytest

from domain.work import Done, Work
from tests.reconcile.bench import Bench, bench
from tests.reconcile.town import Town, accounts, town

CLASS = {1: "administrator", 10: "member", 11: "member"}


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Town]:
    """A messenger in memory, and a clock that can be moved."""
    async with town(database_url) as made:
        yield made


@pytest.fixture
async def school(database_url: str) -> AsyncIterator[Bench]:
    """A messenger over a socket."""
    async with bench(database_url) as made:
        yield made


async def test_a_date_that_comes_during_a_pass_is_not_passed_over(place: Town) -> None:
    everybody = accounts(6)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:1])
    await place.sql(
        """INSERT INTO setbacks VALUES (:chat, :account, 'remove', 'paused', 'time-out', 8,
               clock_now(), clock_now(), clock_now() + interval '1 second')""",
        chat=chat,
        account=everybody[0],
    )
    lease = await place.store.claim()
    assert lease is not None
    work = await place.store.load(lease)
    assert isinstance(work, Work)
    await place.wait(5)  # the pass is a long one
    await place.store.finish(lease, work, Done(changed=False))
    await place.work()
    assert await place.present(chat) == set(everybody[1:])


async def test_who_was_not_added_and_is_not_expected_any_more_holds_no_chat_back(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    await school.refuse(11, "privacy")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.expect(chat, {user: role for user, role in CLASS.items() if user != 11})
    await school.settle()
    assert await school.value("SELECT count(*) FROM blocked_accounts") == 0
    assert await school.value("SELECT state FROM dashboard.chats") == "converged"
