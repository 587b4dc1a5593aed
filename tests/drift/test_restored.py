"""After a restore no stranger is proven: whoever is found in a chat then waits for a person."""

from projections.database import driver, transaction
from projections.facts.offsets import forget_observed
from projections.gate.forgotten_chats import look_for_forgotten
from projections.guard import held_plans, plan_decisions
from projections.guard.held_plans import HeldPlan
from projections.guard.plan_decisions import Decided
from tests.drift.people import CHIEF, CLASS, People
from tests.reconcile.bench import open_gate

STRANGER = 99
WITH_STRANGER = {**CLASS, STRANGER: "member"}
MARKED = "SELECT restored_at IS NOT NULL FROM chat_sync"


async def _restore(people: People) -> None:
    """An older copy of the database is in place, and all that the topics hold is read again."""
    async with transaction(people.school.engine) as connection:
        await forget_observed(connection)
    async with transaction(people.school.engine) as connection:
        await look_for_forgotten(await driver(connection))
    await open_gate(people.school.engine)


async def _held(people: People) -> list[HeldPlan]:
    async with transaction(people.school.engine) as connection:
        return [each for each in await held_plans.listing(connection) if each.state == "held"]


async def _approve(people: People) -> None:
    (plan,) = await _held(people)
    async with transaction(people.school.engine) as connection:
        decided = await plan_decisions.approve(connection, plan.hash, "ivanova", 24)
    assert isinstance(decided, Decided)
    assert decided.removals == plan.would_be


async def _reject(people: People) -> None:
    (plan,) = await _held(people)
    async with transaction(people.school.engine) as connection:
        await plan_decisions.reject(connection, plan.hash, "ivanova")


async def _comes(people: People, account: int) -> None:
    """Somebody joins by link, and we are told."""
    await people.act(account, "join")
    await people.hear()


async def _found_after_a_restore(people: People) -> None:
    """A stranger came in the days that the copy does not know."""
    await people.act(STRANGER, "join")
    await people.updates()
    await _restore(people)
    await people.settle()


async def test_without_a_restore_a_stranger_leaves_at_once(exclusive: People) -> None:
    await _comes(exclusive, STRANGER)
    assert await exclusive.members() == CLASS
    assert await _held(exclusive) == []


async def test_a_stranger_found_after_a_restore_waits_for_a_person(exclusive: People) -> None:
    await _found_after_a_restore(exclusive)
    assert await exclusive.members() == WITH_STRANGER
    (plan,) = await _held(exclusive)
    assert (plan.chat_id, plan.scope) == (exclusive.chat, "strangers")
    assert (plan.removal_limit, plan.would_be) == (0, 1)
    assert plan.people == [
        {"max_user_id": STRANGER, "person_id": None, "cause": "stranger", "reasons": []}
    ]
    assert await exclusive.school.value("SELECT state FROM dashboard.chats") == "held"


async def test_no_time_lets_a_stranger_found_after_a_restore_go(exclusive: People) -> None:
    await _found_after_a_restore(exclusive)
    await exclusive.time_passes("26 hours")
    await exclusive.look()
    assert await exclusive.members() == WITH_STRANGER


async def test_who_was_found_after_a_restore_leaves_when_a_person_approves(
    exclusive: People,
) -> None:
    await _found_after_a_restore(exclusive)
    await _approve(exclusive)
    await exclusive.settle()
    assert await exclusive.members() == CLASS
    assert await exclusive.school.value("SELECT state FROM held_plans") == "done"


async def test_once_a_person_has_approved_strangers_leave_at_once_again(
    exclusive: People,
) -> None:
    await test_who_was_found_after_a_restore_leaves_when_a_person_approves(exclusive)
    await _comes(exclusive, 98)
    assert await exclusive.members() == CLASS


async def test_a_read_without_strangers_ends_it(exclusive: People) -> None:
    await _restore(exclusive)
    assert await exclusive.school.value(MARKED) is True
    await exclusive.settle()
    assert await exclusive.school.value(MARKED) is False
    await _comes(exclusive, STRANGER)
    assert await exclusive.members() == CLASS


async def test_a_second_restore_arms_again(exclusive: People) -> None:
    await test_once_a_person_has_approved_strangers_leave_at_once_again(exclusive)
    await exclusive.act(97, "join")
    await exclusive.updates()
    await _restore(exclusive)
    await exclusive.settle()
    assert await exclusive.members() == {**CLASS, 97: "member"}
    assert [plan.scope for plan in await _held(exclusive)] == ["strangers"]


async def test_whoever_comes_while_a_stranger_waits_waits_too(exclusive: People) -> None:
    await _found_after_a_restore(exclusive)
    await _comes(exclusive, 98)
    assert await exclusive.members() == {**WITH_STRANGER, 98: "member"}
    (plan,) = await _held(exclusive)
    assert plan.would_be == 2


async def test_an_approval_does_not_speak_for_a_stranger_whom_it_did_not_show(
    exclusive: People,
) -> None:
    await _found_after_a_restore(exclusive)
    await _approve(exclusive)
    await _comes(exclusive, 98)
    assert await exclusive.members() == {**CLASS, 98: "member"}
    await _approve(exclusive)
    await exclusive.settle()
    assert await exclusive.members() == CLASS


async def test_what_was_approved_before_a_restore_does_not_speak_for_strangers(
    exclusive: People,
) -> None:
    await _found_after_a_restore(exclusive)
    await _approve(exclusive)
    await _restore(exclusive)
    await exclusive.settle()
    assert await exclusive.members() == WITH_STRANGER
    assert len(await _held(exclusive)) == 1


async def test_who_may_not_be_removed_by_one_plan_is_not_removed_by_the_next(
    exclusive: People,
) -> None:
    await _found_after_a_restore(exclusive)
    await _reject(exclusive)
    await exclusive.expect({user: role for user, role in CLASS.items() if user != 12})
    await exclusive.settle()
    stay = {user: role for user, role in WITH_STRANGER.items() if user != 12}
    assert await exclusive.members() == stay
    assert await _held(exclusive) == []
    assert await exclusive.school.value("SELECT waiting FROM chat_sync") == "rejected"


async def test_a_person_may_keep_whom_a_restore_found(exclusive: People) -> None:
    await _found_after_a_restore(exclusive)
    await exclusive.school.sql(f"""INSERT INTO decisions
               (decision_id, chat_id, account, subject, choice, author, at)
        SELECT 'd1', chat_id, {STRANGER}, 'stay', 'kept', 'ivanova', clock_now() FROM chats""")
    await exclusive.school.due(exclusive.chat)
    await exclusive.settle()
    await _comes(exclusive, 98)
    assert await exclusive.members() == WITH_STRANGER
    assert await _held(exclusive) == []


async def test_who_is_proposed_when_the_database_is_restored_waits_when_the_time_is_over(
    exclusive: People,
) -> None:
    await exclusive.act(STRANGER, "join", by=CHIEF)
    await exclusive.hear()
    await _restore(exclusive)
    await exclusive.settle()
    assert await _held(exclusive) == []
    await exclusive.time_passes("25 hours")
    assert await exclusive.members() == WITH_STRANGER
    assert len(await _held(exclusive)) == 1


async def test_who_is_ours_and_has_to_leave_leaves_after_a_restore(exclusive: People) -> None:
    await _restore(exclusive)
    await exclusive.expect({user: role for user, role in CLASS.items() if user != 12})
    await exclusive.settle()
    assert 12 not in await exclusive.members()
    assert await _held(exclusive) == []


async def test_strangers_in_a_chat_that_the_copy_did_not_know_wait_too(
    exclusive: People,
) -> None:
    await exclusive.act(STRANGER, "join")
    await exclusive.updates()
    school = exclusive.school
    await school.sql("DELETE FROM intents")
    await school.sql("DELETE FROM observed_members")
    await school.sql("DELETE FROM chat_sync")
    async with transaction(school.engine) as connection:
        await forget_observed(connection)
    # Reading the topics again brings the chat.
    await school.sql("INSERT INTO chat_sync (chat_id) SELECT chat_id FROM chats")
    async with transaction(school.engine) as connection:
        await look_for_forgotten(await driver(connection))
    await open_gate(school.engine)
    await exclusive.expect(CLASS)
    await exclusive.settle()
    assert await exclusive.members() == WITH_STRANGER
    assert [plan.scope for plan in await _held(exclusive)] == ["strangers"]


async def test_where_only_our_own_are_removed_nobody_waits(additive: People) -> None:
    await _found_after_a_restore(additive)
    assert await additive.members() == WITH_STRANGER
    assert await _held(additive) == []
    assert await additive.school.value(MARKED) is False
