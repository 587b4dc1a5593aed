"""The messenger ends as expected, in the fewest calls, and a second look costs none."""

from sqlalchemy import text

from domain.expected import Role
from domain.ids import MaxUserId
from domain.plan import Seen
from domain.work import Done
from projections.database import transaction
from projections.reconcile import observed
from tests.reconcile.bench import Bench

TEACHER, PUPILS = 1, range(10, 40)
CLASS = {TEACHER: "administrator", **dict.fromkeys(PUPILS, "member")}


async def test_a_new_chat_is_one_call(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    assert await school.members() == CLASS
    assert await school.calls() == {"create": 1}
    assert await school.reads() == 0
    assert school.outcomes == [Done(changed=True)]


async def test_a_converged_chat_costs_nothing_however_often_it_is_due(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.forget_calls()
    for _ in range(3):
        await school.due(chat)
        await school.settle()
    assert await school.calls() == {}
    assert await school.reads() == 0


async def test_250_people_are_one_create_and_two_adds(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    crowd = {TEACHER: "administrator", **dict.fromkeys(range(100, 349), "member")}
    await school.expect(chat, crowd)
    await school.settle()
    assert await school.members() == crowd
    assert await school.calls() == {"create": 1, "add": 2}


async def test_changes_of_every_kind_in_one_plan(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.forget_calls()
    await school.chat("class:c-1", title="10г - Ученики")
    later = {2: "administrator", **dict.fromkeys(range(15, 45), "member")}
    await school.expect(chat, later)
    await school.settle()
    assert await school.members("10г - Ученики") == later
    assert await school.calls() == {"add": 1, "remove": 6, "promote": 1, "rename": 1}


async def test_a_chat_with_nobody_linked_is_not_created(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.due(chat)
    await school.settle()
    assert await school.chats() == []
    assert await school.value("SELECT state FROM dashboard.chats") == "not_created"


async def test_a_frozen_chat_takes_nobody_in_and_takes_what_nobody_expects(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.chat("class:c-1", title="another", frozen=True)
    later = {user: "member" for user in CLASS if user != 11}
    await school.expect(chat, {**later, 99: "administrator"})
    await school.sql("UPDATE fact_profiles SET max_user_id = NULL WHERE max_user_id = 12")
    await school.forget_calls()
    await school.settle()
    assert await school.members() == {user: role for user, role in later.items() if user != 12}
    assert await school.calls() == {"remove": 2, "demote": 1}
    assert await school.value("SELECT state FROM dashboard.chats") == "frozen"
    assert await school.value("SELECT count(*) FROM dashboard.memberships") == len(later) + 1


async def test_a_deleted_chat_is_deleted_once_and_stays_so(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.sql("UPDATE chats SET deleted = true")
    for _ in range(2):
        await school.due(chat)
        await school.settle()
    assert await school.chats() == []
    assert await school.calls() == {"create": 1, "delete": 1}
    await school.sql("UPDATE chats SET deleted = false")
    await school.due(chat)
    await school.settle()
    assert await school.members() == CLASS


async def test_what_changed_is_announced_once(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.due(chat)
    await school.settle()
    announced = await school.value(
        "SELECT string_agg(value->>'type', ' ' ORDER BY entry) FROM outbox"
    )
    assert announced == "rollcall.chat.created.v1 rollcall.chat.converged.v1"


async def test_removals_wait_while_ingest_is_behind_and_additions_go_on(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, {TEACHER: "administrator", 10: "member", 11: "member"})
    await school.settle()
    await school.expect(chat, {TEACHER: "administrator", 10: "member", 12: "member"})
    await school.settle(removals_wait=True)
    assert set(await school.members()) == {TEACHER, 10, 11, 12}
    await school.hurry()
    await school.settle()
    assert set(await school.members()) == {TEACHER, 10, 12}


async def test_nobody_loses_rights_while_ingest_is_behind(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, {TEACHER: "administrator", 2: "administrator", 3: "member"})
    await school.settle()
    await school.expect(chat, {TEACHER: "administrator", 2: "member", 3: "member", 4: "member"})
    await school.settle(removals_wait=True)
    assert (await school.members())[2] == "administrator"
    assert 4 in await school.members()
    await school.hurry()
    await school.settle()
    assert (await school.members())[2] == "member"


async def test_a_read_writes_who_stays_in_place_and_deletes_only_who_is_not_there(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    roles = {MaxUserId(user): Role(role) for user, role in CLASS.items()}
    left = {user: role for user, role in roles.items() if user != PUPILS[0]}
    deleted = text("""SELECT n_tup_del FROM pg_stat_xact_user_tables
                       WHERE relname = 'observed_members'""")
    async with transaction(school.engine) as connection:
        await observed.replace(connection, chat, Seen(roles, "9г"))
        assert (await connection.execute(deleted)).scalar_one() == 0
        await observed.replace(connection, chat, Seen(left, "9г"))
        assert (await connection.execute(deleted)).scalar_one() == 1
    assert await school.value("SELECT count(*) FROM observed_members") == len(left)
