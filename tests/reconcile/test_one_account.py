"""One refusal about one account never stops a chat: everybody else is served at once."""

import pytest

from domain.ids import ChatId
from domain.obstacles import Obstacle, ObstacleKind
from domain.work import ChatWait, Refused, Waiting
from projections.database import transaction
from projections.reports.obstacles import obstacles
from tests.reconcile.bench import Bench

ADD = "/partner/v1/chats/{chat_id}/members"
CREATE = "/partner/v1/chats"
MEMBERS = "/chats/{chatId}/members"
ADMINS = "/chats/{chatId}/members/admins"
ADMIN = "/chats/{chatId}/members/admins/{userId}"
CHAT = "/chats/{chatId}"

CLASS = {1: "administrator", **dict.fromkeys(range(10, 20), "member")}
REFUSALS = [(400, "proto.payload"), (403, "access.denied"), (404, "not.found"), (400, "new.code")]
WAITS = """SELECT string_agg(concat_ws(' ', wish, max_user_id, kind, said), ', ' ORDER BY 1)
             FROM setbacks"""
PAUSE = "SELECT round(extract(epoch FROM retry_at - tried_at)) FROM setbacks"
A_DAY = """SELECT retry_at BETWEEN clock_now() + interval '23 hours'
                               AND clock_now() + interval '25 hours' FROM setbacks"""


async def _class(school: Bench, members: dict[int, str] | None = None) -> ChatId:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS if members is None else members)
    await school.settle()
    await school.forget_calls()
    return chat


async def _obstacles(school: Bench) -> dict[ObstacleKind, Obstacle]:
    async with transaction(school.engine) as connection:
        return {each.kind: each for each in await obstacles(connection)}


def _without(*accounts: int) -> dict[int, str]:
    return {user: role for user, role in CLASS.items() if user not in accounts}


@pytest.mark.parametrize(("status", "code"), REFUSALS)
async def test_a_refused_removal_keeps_nobody_else_in_and_nobody_out(
    school: Bench, status: int, code: str
) -> None:
    chat = await _class(school)
    await school.fault(
        method="DELETE", path=MEMBERS, kind="status", status=status, code=code, user_id=10
    )
    await school.expect(chat, {**_without(10, 11), 30: "member", 31: "administrator"})
    await school.settle()
    assert await school.members() == {
        **_without(11), 30: "member", 31: "administrator",
    }  # fmt: skip
    assert await school.value(WAITS) == f"remove 10 dated {code}"
    assert await school.value(A_DAY) is True
    assert (await school.calls())["remove"] == 2
    said = (await _obstacles(school))[ObstacleKind.STUCK]
    assert (said.count, said.about, said.detail) == (1, (chat,), f"remove: {code}")
    assert said.since is not None
    assert await school.value("SELECT state FROM dashboard.chats") == "pending"


@pytest.mark.parametrize(("status", "code"), REFUSALS)
async def test_one_bad_account_in_an_add_of_many_is_found_and_waits_alone(
    school: Bench, status: int, code: str
) -> None:
    chat = await _class(school)
    await school.fault(method="POST", path=ADD, kind="status", status=status, code=code, user_id=77)
    crowd = dict.fromkeys(range(40, 100), "member")
    await school.expect(chat, {**_without(10), **crowd})
    await school.settle()
    there = {user: role for user, role in crowd.items() if user != 77}
    assert await school.members() == {**_without(10), **there}
    listed = (
        "SELECT concat_ws(' ', max_user_id, code, retry_at > clock_now() + interval '23 hours')"
    )
    assert await school.value(f"{listed} FROM dashboard.blocked") == f"77 {code} t"
    assert (await school.calls())["add"] <= 14
    assert await school.value("SELECT count(*) FROM setbacks") == 0


@pytest.mark.parametrize(("status", "code"), REFUSALS)
async def test_an_administrator_whom_the_messenger_refuses_keeps_no_withdrawn_pupil_inside(
    school: Bench, status: int, code: str
) -> None:
    chat = await _class(school)
    await school.fault(method="POST", path=ADD, kind="status", status=status, code=code, user_id=66)
    await school.expect(chat, {**_without(10), 66: "administrator"})
    await school.settle()
    assert await school.members() == _without(10)


@pytest.mark.parametrize(("status", "code"), REFUSALS)
async def test_a_chat_is_made_with_everybody_but_the_one_who_is_refused(
    school: Bench, status: int, code: str
) -> None:
    for path in (CREATE, ADD):
        await school.fault(
            method="POST", path=path, kind="status", status=status, code=code, user_id=12
        )
    await _class(school)
    assert await school.members() == _without(12)
    assert len(await school.chats()) == 1


@pytest.mark.parametrize("path", [ADMINS, ADMIN])
async def test_a_role_that_is_refused_for_one_is_given_and_taken_for_others(
    school: Bench, path: str
) -> None:
    chat = await _class(school, {**CLASS, 10: "administrator", 11: "administrator"})
    method = "POST" if path == ADMINS else "DELETE"
    for account in (12, 10):
        await school.fault(
            method=method, path=path, kind="status", status=400, code="no", user_id=account
        )
    await school.expect(chat, {**CLASS, 12: "administrator", 13: "administrator"})
    await school.settle()
    told = await school.members()
    stuck = 12 if path == ADMINS else 10
    right = {**CLASS, 12: "administrator", 13: "administrator"}
    assert {user for user in right if told[user] != right[user]} == {stuck}


async def test_nobody_is_blamed_for_what_a_read_shows_was_about_somebody_else(
    school: Bench,
) -> None:
    chat = await _class(school)
    (made,) = await school.chats()
    school.simulator.world.chats.remove(int(str(made["chat_id"])), 12, None)  # and nobody tells us
    await school.expect(chat, {**CLASS, 12: "administrator", 13: "administrator"})
    await school.settle()
    told = await school.members()
    assert told[13] == "administrator"
    assert await school.value("SELECT count(*) FROM setbacks") == 0


async def test_a_bare_404_to_a_removal_is_followed_by_a_read_and_ends(school: Bench) -> None:
    chat = await _class(school)
    await school.fault(
        method="DELETE", path=MEMBERS, kind="status", status=404, code="not.found", count=1
    )
    (made,) = await school.chats()
    school.simulator.world.chats.remove(int(str(made["chat_id"])), 10, None)
    await school.expect(chat, _without(10))
    await school.settle()
    assert await school.reads() == 2
    assert await school.value("SELECT state FROM dashboard.chats") == "converged"
    assert await school.value("SELECT count(*) FROM setbacks") == 0


async def test_a_refusal_that_is_no_verdict_ends_as_a_state_and_others_go_on(
    school: Bench,
) -> None:
    chat = await _class(school)
    await school.fault(method="DELETE", path=MEMBERS, kind="success_false", user_id=10)
    await school.expect(chat, _without(10, 11))
    await school.settle()
    assert await school.members() == _without(11)
    await school.sql("UPDATE setbacks SET retry_at = clock_now()")
    await school.hurry()
    await school.settle()
    assert await school.value(WAITS) == "remove 10 dated success: false"
    assert (await school.calls())["remove"] == 3
    assert await school.value(A_DAY) is True


@pytest.mark.parametrize("kind", ["status", "drop", "html"])
async def test_a_call_that_fails_for_one_without_a_verdict_is_tried_with_growing_pauses(
    school: Bench, kind: str
) -> None:
    chat = await _class(school)
    await school.fault(method="DELETE", path=MEMBERS, kind=kind, status=500, user_id=10)
    await school.expect(chat, {**_without(10, 11), 30: "member"})
    pauses: list[object] = []
    for _ in range(5):
        await school.settle()
        await school.hurry()
        await school.settle()
        pauses.append(
            await school.value(
                "SELECT round(extract(epoch FROM retry_at - tried_at)) FROM setbacks"
            )
        )
        await school.sql("UPDATE setbacks SET retry_at = clock_now()")
        await school.hurry()
    assert await school.members() == {**_without(11), 30: "member"}
    assert pauses == [1, 2, 4, 8, 16]
    assert (await _obstacles(school))[ObstacleKind.STUCK].count == 1
    await school.http.delete("/sim/faults")
    await school.settle()
    await school.hurry()
    await school.settle()
    assert await school.members() == {**_without(10, 11), 30: "member"}
    assert await school.value("SELECT count(*) FROM setbacks") == 0


async def test_an_add_that_fails_without_a_verdict_is_taken_apart_too(school: Bench) -> None:
    chat = await _class(school)
    await school.fault(method="POST", path=ADD, kind="status", status=500, user_id=45)
    crowd = dict.fromkeys(range(40, 48), "member")
    await school.expect(chat, {**CLASS, **crowd})
    for _ in range(8):
        await school.settle()
        await school.hurry()
    there = {user: role for user, role in crowd.items() if user != 45}
    assert await school.members() == {**CLASS, **there}
    assert await school.value("SELECT state FROM dashboard.blocked") == "paused"


async def test_who_waits_is_tried_when_the_date_comes_and_nothing_is_left_of_it(
    school: Bench,
) -> None:
    chat = await _class(school)
    await school.fault(
        method="DELETE", path=MEMBERS, kind="status", status=400, code="no", user_id=10
    )
    await school.expect(chat, _without(10))
    await school.settle()
    await school.http.delete("/sim/faults")
    assert await school.value("SELECT s.due_at = b.retry_at FROM chat_sync s, setbacks b") is True
    await school.sql("UPDATE setbacks SET retry_at = clock_now()")
    await school.hurry()
    await school.settle()
    assert await school.members() == _without(10)
    assert await _obstacles(school) == {}
    assert await school.value("SELECT state FROM dashboard.chats") == "converged"


async def test_what_was_refused_and_is_not_wanted_any_more_is_forgotten(school: Bench) -> None:
    chat = await _class(school)
    await school.fault(
        method="DELETE", path=MEMBERS, kind="status", status=400, code="no", user_id=10
    )
    await school.expect(chat, _without(10))
    await school.settle()
    await school.expect(chat, CLASS)
    await school.settle()
    assert await school.value("SELECT count(*) FROM setbacks") == 0
    assert await school.value("SELECT state FROM dashboard.chats") == "converged"
    assert await _obstacles(school) == {}


@pytest.mark.parametrize("standing", [{"administrator": False}, {"member": False}])
async def test_only_what_is_proved_about_the_bot_parks_the_chat(
    school: Bench, standing: dict[str, bool]
) -> None:
    chat = await _class(school)
    (made,) = await school.chats()
    await school.http.put(f"/sim/chats/{made['chat_id']}/bot", json=standing)
    await school.expect(chat, _without(10))
    await school.settle()
    assert school.outcomes[-1:] == [Waiting(ChatWait.PARKED)]


TITLE = "9г - Ученики"
LED = {**CLASS, 13: "administrator"}
RIGHTS = ("read_all_messages", "add_remove_members", "add_admins", "change_chat_info")


@pytest.mark.parametrize(
    ("lacks", "wanted", "title"),
    [
        ("add_remove_members", {user: LED[user] for user in LED if user not in (10, 11)}, TITLE),
        ("add_admins", {**LED, 10: "administrator"}, TITLE),
        ("add_admins", CLASS, TITLE),
        ("change_chat_info", LED, "10г - Ученики"),
    ],
    ids=["remove", "promote", "demote", "rename"],
)
async def test_a_bot_that_lacks_the_right_to_what_it_must_do_parks_the_chat_and_blames_nobody(
    school: Bench, lacks: str, wanted: dict[int, str], title: str
) -> None:
    chat = await _class(school, LED)
    (made,) = await school.chats()
    rights = [right for right in RIGHTS if right != lacks]
    await school.http.put(f"/sim/chats/{made['chat_id']}/owner", json={"user_id": 1})
    await school.http.put(f"/sim/chats/{made['chat_id']}/bot", json={"permissions": rights})
    await school.chat("class:c-1", title)
    await school.expect(chat, wanted)
    await school.settle()
    assert school.outcomes[-1:] == [Waiting(ChatWait.PARKED)]
    assert await school.value("SELECT count(*) FROM setbacks") == 0


async def test_a_read_that_is_refused_though_the_bot_has_its_rights_is_tried_again(
    school: Bench,
) -> None:
    chat = await _class(school)
    await school.fault(method="GET", path=MEMBERS, kind="status", status=403, code="what.now")
    await school.sql("UPDATE chat_sync SET observed_at = NULL")
    await school.due(chat)
    for _ in range(3):
        await school.settle()
        await school.hurry()
    assert await school.value("SELECT waiting IS NULL FROM chat_sync") is True
    assert await school.value("SELECT count(*) FROM drift") == 0
    said = (await _obstacles(school))[ObstacleKind.FAILING]
    assert "403 what.now" in (said.detail or "")


async def test_a_title_that_is_refused_ends_as_a_state_with_its_code(school: Bench) -> None:
    chat = await _class(school)
    await school.fault(method="PATCH", path=CHAT, kind="status", status=400, code="bad.title")
    await school.chat("class:c-1", "10г - Ученики")
    await school.expect(chat, _without(10))
    await school.settle()
    assert await school.members() == _without(10)
    assert isinstance(school.outcomes[-1], Refused)
    said = (await _obstacles(school))[ObstacleKind.REFUSED]
    assert "bad.title" in (said.detail or "")


async def test_one_account_that_every_chat_refuses_does_not_turn_adding_off(
    school: Bench,
) -> None:
    await school.fault(
        method="POST", path=ADD, kind="status", status=403, code="access.denied", user_id=66
    )
    for number in range(5):
        chat = await school.chat(f"class:c-{number}", f"{number}")
        await school.expect(chat, {100 + number: "member"})
        await school.settle()
        await school.expect(chat, {100 + number: "member", 66: "member"})
        await school.settle()
    assert await school.value("SELECT off_since IS NULL FROM adding") is True
    assert await school.value("SELECT count(*) FROM blocked_accounts") == 5
