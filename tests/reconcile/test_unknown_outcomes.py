"""A lost answer is neither a failure nor a success: the chat is read before anything else."""

import pytest

from domain.actions import LIMITS
from domain.guard import Admission
from domain.plan import Seen, plan
from domain.work import Outdated, RetryAfter, Work
from gateway.reconcile import Reconciler
from tests.reconcile.bench import Bench

CLASS = {1: "administrator", 10: "member", 11: "member"}
CREATE = "/partner/v1/chats"
ADD = "/partner/v1/chats/{chat_id}/members"
MEMBERS = "/chats/{chatId}/members"
LOST = ["drop_after_effect", "status_after_effect", "truncated"]


@pytest.mark.parametrize("kind", LOST)
async def test_a_create_whose_answer_is_lost_makes_no_second_chat(school: Bench, kind: str) -> None:
    chat = await school.chat("class:c-1")
    await school.fault(method="POST", path=CREATE, kind=kind, status=500, count=1)
    await school.expect(chat, CLASS)
    await school.settle()
    await school.hurry()
    await school.settle()
    assert len(await school.chats()) == 1
    assert await school.members() == CLASS
    assert isinstance(school.outcomes[0], RetryAfter)


@pytest.mark.parametrize("kind", LOST)
async def test_an_add_whose_answer_is_lost_is_read_back_and_not_repeated(
    school: Bench, kind: str
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.fault(method="POST", path=ADD, kind=kind, status=502, count=1)
    await school.expect(chat, {**CLASS, 12: "member"})
    await school.settle()
    await school.hurry()
    await school.settle()
    assert await school.members() == {**CLASS, 12: "member"}
    assert (await school.calls())["add"] == 1
    assert await school.reads() > 0


async def _remove_without_an_answer(school: Bench) -> None:
    """The third of the class leaves; the answer is lost, and the chat is looked at again."""
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.fault(method="DELETE", path=MEMBERS, kind="drop_after_effect", count=1)
    await school.expect(chat, {1: "administrator", 10: "member"})
    await school.settle()
    await school.hurry()
    await school.settle()


async def test_a_removal_whose_answer_is_lost_is_read_back_and_not_repeated(school: Bench) -> None:
    await _remove_without_an_answer(school)
    assert await school.members() == {1: "administrator", 10: "member"}
    assert (await school.calls())["remove"] == 1


async def test_an_intent_of_a_crashed_holder_is_read_back_twice(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.sql("""
        INSERT INTO intents (chat_id, lease_token, action, body, committed_at)
        SELECT chat_id, lease_token, 'add', '{}', clock_now() FROM chat_sync""")
    await school.forget_calls()
    await school.due(chat)
    await school.settle()
    first = await school.reads()
    assert first > 0
    assert await school.value("SELECT reread_at IS NOT NULL FROM chat_sync") is True
    await school.sql("UPDATE chat_sync SET reread_at = clock_now(), due_at = clock_now()")
    await school.settle()
    assert await school.reads() == 2 * first
    assert await school.value("SELECT reread_at IS NULL AND due_at IS NULL FROM chat_sync") is True
    assert await school.calls() == {}


async def test_a_call_without_an_answer_may_come_late_so_the_chat_is_read_twice(
    school: Bench,
) -> None:
    await _remove_without_an_answer(school)
    assert await school.value("SELECT reread_at > clock_now() FROM chat_sync") is True
    await school.sql("UPDATE chat_sync SET reread_at = clock_now(), due_at = clock_now()")
    await school.settle()
    assert await school.value("SELECT reread_at IS NULL AND due_at IS NULL FROM chat_sync") is True


async def test_nobody_is_removed_on_a_partial_read(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    crowd = {1: "administrator", **dict.fromkeys(range(100, 300), "member")}
    await school.expect(chat, crowd)
    await school.settle()
    await school.sql("UPDATE chat_sync SET observed_at = NULL")
    await school.fault(method="GET", path=MEMBERS, kind="cyclic_marker", count=3)
    await school.forget_calls()
    await school.due(chat)
    await school.settle()
    assert await school.calls() == {}
    await school.hurry()
    await school.settle()
    assert await school.members() == crowd
    assert await school.calls() == {}


async def test_a_holder_that_lost_its_lease_changes_nothing(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    slow = await school.store.claim()
    assert slow is not None
    await school.sql("UPDATE chat_sync SET lease_until = clock_now()")
    await school.settle()
    assert await school.calls() == {"create": 1}
    await school.reconcile(slow)
    assert await school.calls() == {"create": 1}
    assert await school.members() == CLASS


async def test_a_pass_whose_time_is_over_before_it_has_a_slot_sends_nothing(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    lease = await school.store.claim()
    assert lease is not None
    no_time = Reconciler(
        school.store, school.messenger, school.budget, LIMITS, lease_seconds=0, call_seconds=0
    )
    assert isinstance(await no_time.reconcile(lease), RetryAfter)
    assert await school.calls() == {}
    assert await school.reads() == 0
    await school.hurry()
    await school.settle()
    assert await school.members() == CLASS


async def test_a_lease_keeps_others_off_until_its_deadline(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    first = await school.store.claim()
    assert first is not None
    assert await school.store.claim() is None
    await school.sql("UPDATE chat_sync SET lease_until = clock_now()")
    second = await school.store.claim()
    assert second is not None
    assert second.token > first.token


async def test_what_becomes_known_during_a_pass_stops_the_calls_that_it_makes_wrong(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.expect(chat, {1: "administrator"})
    lease = await school.store.claim()
    assert lease is not None
    work = await school.store.load(lease)
    assert isinstance(work, Work)
    assert isinstance(work.observed, Seen)
    actions = plan(work.target, work.observed)
    assert await school.store.admit(lease, work, actions) == Admission()
    await school.expect(chat, CLASS)
    assert await school.store.intend(lease, work, actions[0]) == Outdated()
    await school.store.finish(lease, work, RetryAfter("test", 0.0))
    await school.forget_calls()
    await school.settle()
    assert await school.members() == CLASS
    assert await school.calls() == {}


async def test_who_is_removed_added_again_and_removed_beside_others_leaves_each_time(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    crowd = {1: "administrator", **dict.fromkeys(range(10, 30), "member")}
    await school.expect(chat, crowd)
    await school.settle()
    for gone in ((10,), (), (10, 11)):
        left = {user: role for user, role in crowd.items() if user not in gone}
        await school.expect(chat, left)
        await school.settle()
        assert await school.members() == left
    assert (await school.calls())["remove"] == 3
    spent = "SELECT count(*) FROM removal_reservations WHERE spent_at IS NOT NULL"
    assert await school.value(f"{spent} AND NOT in_doubt AND voided_at IS NULL") == 3


async def test_a_mark_that_comes_during_a_pass_is_not_cleared_by_it(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    lease = await school.store.claim()
    assert lease is not None
    work = await school.store.load(lease)
    await school.expect(chat, {**CLASS, 12: "member"})
    await school.store.finish(lease, work, RetryAfter("test", 300.0))  # type: ignore[arg-type]
    await school.settle()
    assert await school.members() == {**CLASS, 12: "member"}
