"""A chat is due again at the dates of what waits in it, and at no others."""

from collections.abc import AsyncIterator

import pytest

from domain.work import ChatWait, Done, Lease, Outcome, RetryAfter, Waiting, Work
from projections.reconcile.store import PostgresReconcileStore
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
    lease, work = await _begun(place.store)
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


@pytest.mark.parametrize(
    ("wish", "account"),
    [
        ("demote", 1),  # is expected to lead again
        ("promote", 10),  # is expected as a member again
        ("remove", 10),  # is expected again
        ("demote", 99),  # went out, whose rights were to be taken
        ("promote", 99),
        ("add", 99),
        ("add", 10),  # is inside
        ("rename", 0),  # has its title
    ],
)
async def test_a_wish_that_is_none_any_more_holds_no_chat_back(
    school: Bench, wish: str, account: int
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await _waits(school, wish, account)
    await school.settle()
    assert await school.value("SELECT count(*) FROM setbacks") == 0
    assert await school.value("SELECT state FROM dashboard.chats") == "converged"


@pytest.mark.parametrize(
    ("wish", "account", "wanted"),
    [
        ("demote", 1, {**CLASS, 1: "member", 10: "administrator"}),
        ("promote", 10, {**CLASS, 10: "administrator"}),
        ("remove", 11, {1: "administrator", 10: "member"}),
        ("add", 12, {**CLASS, 12: "member"}),
    ],
)
async def test_a_wish_that_stands_waits_for_its_date(
    school: Bench, wish: str, account: int, wanted: dict[int, str]
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await _waits(school, wish, account)
    await school.expect(chat, wanted)
    await school.settle()
    assert await school.value("SELECT array_agg(wish || max_user_id) FROM setbacks") == [
        f"{wish}{account}"
    ]
    assert await school.value("SELECT state FROM dashboard.chats") == "pending"


async def _waits(school: Bench, wish: str, account: int) -> None:
    """A call about this account failed so often that it is tried again in a quarter of an hour."""
    await school.sql(
        f"""INSERT INTO setbacks SELECT chat_id, {account}, '{wish}', 'paused', 'time-out', 20,
                   clock_now(), clock_now(), clock_now() + interval '15 minutes' FROM chats"""
    )
    await school.sql(
        "UPDATE chat_sync SET due_at = clock_now(), due_generation = due_generation + 1"
    )


@pytest.mark.parametrize("outcome", [RetryAfter("no slot", 15.0), Waiting(ChatWait.PARKED)])
async def test_a_chat_that_was_to_be_read_and_could_not_be_is_not_due_again_at_once(
    school: Bench, outcome: Outcome
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.sql("UPDATE chat_sync SET reread_at = clock_now(), due_at = clock_now()")
    lease, work = await _begun(school.store)
    await school.store.finish(lease, work, outcome)
    assert await school.store.claim() is None


async def test_a_second_reading_that_becomes_due_during_a_pass_is_not_passed_over(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.due(chat)
    lease, work = await _begun(school.store)
    await school.sql("UPDATE chat_sync SET reread_at = clock_now()")
    await school.store.finish(lease, work, Done(changed=False))
    assert await school.store.claim() is not None


async def _begun(store: PostgresReconcileStore) -> tuple[Lease, Work]:
    """A pass over the chat that is due, so far that it has loaded it."""
    lease = await store.claim()
    assert lease is not None
    work = await store.load(lease)
    assert isinstance(work, Work)
    return lease, work
