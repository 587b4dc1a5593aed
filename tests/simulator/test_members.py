"""Reading, adding and removing members, and what the documentation leaves open about them."""

from dataclasses import replace

import pytest

from simulator.config import ActingOnAbsent, AddingPresent, NoRoom
from tests.simulator.harness import UNLIMITED, Site, started


async def pages(site: Site, chat_id: int, count: int) -> list[list[int]]:
    found: list[list[int]] = []
    query = f"count={count}"
    while True:
        body = (await site.client.get(f"/chats/{chat_id}/members?{query}")).json()
        found.append([member["user_id"] for member in body["members"]])
        if body.get("marker") is None:
            return found
        query = f"count={count}&marker={body['marker']}"


async def test_pages_hold_everybody_once_the_bot_included(site: Site) -> None:
    chat_id = await site.create(range(1, 101))
    await site.client.post(f"/chats/{chat_id}/members", json={"user_ids": list(range(101, 150))})
    read = await pages(site, chat_id, 100)
    assert [len(page) for page in read] == [100, 50]
    assert sorted(user_id for page in read for user_id in page) == sorted(
        site.world.chats.get(chat_id)
    )


async def test_a_full_last_page_points_nowhere(site: Site) -> None:
    chat_id = await site.create(range(1, 100))
    assert [len(page) for page in await pages(site, chat_id, 50)] == [50, 50]


async def test_a_page_holds_20_unless_told_otherwise(site: Site) -> None:
    chat_id = await site.create(range(1, 60))
    body = (await site.client.get(f"/chats/{chat_id}/members")).json()
    assert len(body["members"]) == 20


async def test_who_stays_is_read_though_others_leave_between_pages(site: Site) -> None:
    chat_id = await site.create(range(1, 31))
    first = (await site.client.get(f"/chats/{chat_id}/members?count=10")).json()
    for user_id in (1, 5, 10, 11):
        await site.client.delete(f"/chats/{chat_id}/members?user_id={user_id}")
    rest = (await site.client.get(f"/chats/{chat_id}/members?marker={first['marker']}")).json()
    read = [member["user_id"] for page in (first, rest) for member in page["members"]]
    assert set(range(12, 30)) <= set(read)
    assert len(read) == len(set(read))


async def test_chosen_members_are_those_present_of_the_asked(site: Site) -> None:
    chat_id = await site.create([1, 2, 3])
    body = (await site.client.get(f"/chats/{chat_id}/members?user_ids=3,9,1&count=1")).json()
    assert [member["user_id"] for member in body["members"]] == [1, 3]


@pytest.mark.parametrize(
    ("behaviour", "failed"), [(AddingPresent.ACCEPTED, []), (AddingPresent.LISTED_AS_FAILED, [1])]
)
async def test_adding_somebody_present_is_accepted_or_listed(
    behaviour: AddingPresent, failed: list[int]
) -> None:
    async with started(replace(UNLIMITED, adding_present=behaviour)) as site:
        chat_id = await site.create([1])
        answer = await site.client.post(f"/chats/{chat_id}/members", json={"user_ids": [1, 2]})
        assert answer.json()["success"] is True
        assert answer.json()["failed_user_ids"] == failed
        assert site.people(chat_id) == {1, 2}


@pytest.mark.parametrize(
    ("behaviour", "status", "success"),
    [
        (ActingOnAbsent.ACCEPTED, 200, True),
        (ActingOnAbsent.UNSUCCESSFUL, 200, False),
        (ActingOnAbsent.NOT_FOUND, 404, None),
    ],
)
@pytest.mark.parametrize("path", ["members?user_id=5", "members/admins/1"])
async def test_acting_on_who_is_absent_has_three_answers(
    behaviour: ActingOnAbsent, status: int, success: object, path: str
) -> None:
    async with started(replace(UNLIMITED, acting_on_absent=behaviour)) as site:
        chat_id = await site.create([1])
        answer = await site.client.delete(f"/chats/{chat_id}/{path}")
        assert (answer.status_code, answer.json().get("success")) == (status, success)
        assert site.people(chat_id) == {1}


async def test_the_owner_cannot_be_removed(site: Site) -> None:
    chat_id = await site.create([1])
    owner = site.world.chats.get(chat_id).owner_id
    answer = await site.client.delete(f"/chats/{chat_id}/members?user_id={owner}")
    assert answer.status_code == 400
    assert owner in site.world.chats.get(chat_id)


async def test_one_call_removes_one_member(site: Site) -> None:
    chat_id = await site.create([1, 2])
    answer = await site.client.delete(f"/chats/{chat_id}/members?user_id=1&user_id=2")
    assert answer.status_code == 400
    assert site.people(chat_id) == {1, 2}


async def test_a_removed_administrator_comes_back_as_a_member(site: Site) -> None:
    chat_id = await site.create([1], [1])
    await site.client.delete(f"/chats/{chat_id}/members?user_id=1")
    await site.client.post(f"/chats/{chat_id}/members", json={"user_ids": [1]})
    assert (site.people(chat_id), site.admins(chat_id)) == ({1}, set())


async def test_who_finds_no_room_in_a_chat_is_listed_and_the_others_come_in() -> None:
    async with started(replace(UNLIMITED, max_members=2)) as site:
        chat_id = await site.create([1])
        answer = await site.client.post(f"/chats/{chat_id}/members", json={"user_ids": [2, 3]})
        assert answer.json() == {
            "success": True,
            "failed_user_ids": [3],
            "failed_user_details": [{"error_code": "chat.full", "user_ids": [3]}],
        }
        assert site.people(chat_id) == {1, 2}


async def test_a_chat_is_created_with_as_many_as_it_holds() -> None:
    async with started(replace(UNLIMITED, max_members=2)) as site:
        assert site.people(await site.create([1, 2, 3])) == {1, 2}


async def test_a_full_chat_may_take_nobody_of_a_call_that_would_overfill_it() -> None:
    async with started(replace(UNLIMITED, max_members=2, no_room=NoRoom.REFUSED)) as site:
        chat_id = await site.create([1])
        answer = await site.client.post(f"/chats/{chat_id}/members", json={"user_ids": [2, 3]})
        assert (answer.status_code, answer.json()["code"]) == (400, "chat.full")
        assert site.people(chat_id) == {1}


async def test_nobody_joins_a_full_chat() -> None:
    async with started(replace(UNLIMITED, max_members=1)) as site:
        chat_id = await site.create([1])
        joining = {"action": "join"}
        answer = await site.client.post(f"/sim/chats/{chat_id}/people/2", json=joining)
        assert answer.status_code == 400
        assert site.people(chat_id) == {1}


async def test_bots_may_be_kept_from_adding_while_the_partner_still_adds() -> None:
    async with started(replace(UNLIMITED, bot_may_add=False)) as site:
        chat_id = await site.create([1])
        body = {"user_ids": [2]}
        assert (await site.client.post(f"/chats/{chat_id}/members", json=body)).status_code == 405
        partner = await site.client.post(f"/partner/v1/chats/{chat_id}/members", json=body)
        assert partner.status_code == 200
        assert site.people(chat_id) == {1, 2}


async def test_a_call_carries_100_ids_and_not_101(site: Site) -> None:
    chat_id = await site.create()
    for count, status in ((101, 400), (100, 200)):
        body = {"user_ids": list(range(1, count + 1))}
        answer = await site.client.post(f"/chats/{chat_id}/members", json=body)
        assert answer.status_code == status
    assert len(site.people(chat_id)) == 100


async def test_a_second_bot_is_a_member_like_others_and_is_shown_as_a_bot(site: Site) -> None:
    chat_id = await site.create([1], [1])
    assert (await site.client.put("/sim/accounts/77", json={"is_bot": True})).status_code == 200
    path = f"/sim/chats/{chat_id}/people/77"
    await site.client.post(path, json={"action": "join", "by": 1})
    members = (await site.client.get(f"/chats/{chat_id}/members")).json()["members"]
    ours = site.world.chats.get(chat_id).owner_id
    assert {m["user_id"] for m in members if m["is_bot"]} == {ours, 77}
    await site.client.delete(f"/chats/{chat_id}/members?user_id=77")
    assert site.people(chat_id) == {1}


async def test_a_chat_may_be_handed_over_and_its_owner_cannot_be_removed(site: Site) -> None:
    chat_id = await site.create([1, 2])
    lever = f"/sim/chats/{chat_id}/owner"
    assert (await site.client.put(lever, json={"user_id": 3})).status_code == 404
    assert (await site.client.put(lever, json={"user_id": 1})).status_code == 200
    members = (await site.client.get(f"/chats/{chat_id}/members")).json()["members"]
    assert [m["user_id"] for m in members if m["is_owner"]] == [1]
    assert {m["user_id"] for m in members if m["is_admin"]} == {1, 9_000_000_000_001}
    assert (await site.client.delete(f"/chats/{chat_id}/members?user_id=1")).status_code == 400
    answer = await site.client.delete(f"/chats/{chat_id}/members?user_id=2")
    assert answer.json() == {"success": True}


async def test_a_bot_that_lacks_a_right_is_told_so(site: Site) -> None:
    chat_id = await site.create([1, 2])
    lever = f"/sim/chats/{chat_id}/bot"
    await site.client.put(lever, json={"permissions": ["read_all_messages", "add_admins"]})
    assert (await site.client.delete(f"/chats/{chat_id}/members?user_id=1")).status_code == 403
    me = (await site.client.get(f"/chats/{chat_id}/members/me")).json()
    assert set(me["permissions"]) == {"read_all_messages", "add_admins"}


async def test_titles_are_trimmed_where_that_is_set() -> None:
    async with started(replace(UNLIMITED, trims_titles=True)) as site:
        chat_id = await site.create()
        answer = await site.client.patch(f"/chats/{chat_id}", json={"title": "  9г -  Химия "})
        assert answer.json()["title"] == "9г - Химия"
