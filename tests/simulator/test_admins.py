"""Administrators: at most fifty beside the owner, members only, rights replaced whole."""

from tests.simulator.harness import Site

FULL = ["read_all_messages", "add_remove_members", "add_admins"]


def entries(*user_ids: int) -> dict[str, object]:
    return {"admins": [{"user_id": user_id, "permissions": FULL} for user_id in user_ids]}


async def test_one_call_promotes_several(site: Site) -> None:
    chat_id = await site.create([1, 2, 3])
    answer = await site.client.post(f"/chats/{chat_id}/members/admins", json=entries(1, 3))
    assert answer.json() == {"success": True}
    assert site.admins(chat_id) == {1, 3}


async def test_the_fifty_first_administrator_is_refused_and_nothing_changes(site: Site) -> None:
    chat_id = await site.create(range(1, 61), range(1, 50))
    path = f"/chats/{chat_id}/members/admins"
    assert (await site.client.post(path, json=entries(50, 51))).status_code == 400
    assert site.admins(chat_id) == set(range(1, 50))
    assert (await site.client.post(path, json=entries(50))).status_code == 200
    assert (await site.client.post(path, json=entries(51))).status_code == 400
    assert (await site.client.post(path, json=entries(50))).status_code == 200
    assert site.admins(chat_id) == set(range(1, 51))


async def test_an_entry_replaces_the_rights_that_were_there(site: Site) -> None:
    chat_id = await site.create([1], [1])
    entry = {"user_id": 1, "permissions": ["change_chat_info"], "alias": "завуч"}
    await site.client.post(f"/chats/{chat_id}/members/admins", json={"admins": [entry]})
    listed = (await site.client.get(f"/chats/{chat_id}/members/admins")).json()["members"]
    [found] = [member for member in listed if member["user_id"] == 1]
    assert (found["permissions"], found["alias"]) == (["change_chat_info", "can_call"], "завуч")


async def test_a_stranger_cannot_be_administrator(site: Site) -> None:
    chat_id = await site.create([1])
    answer = await site.client.post(f"/chats/{chat_id}/members/admins", json=entries(1, 2))
    assert answer.status_code == 400
    assert site.admins(chat_id) == set()


async def test_the_owner_keeps_its_rights(site: Site) -> None:
    chat_id = await site.create([1])
    owner = site.world.chats.get(chat_id).owner_id
    path = f"/chats/{chat_id}/members/admins"
    assert (await site.client.post(path, json=entries(owner))).status_code == 400
    assert (await site.client.delete(f"{path}/{owner}")).status_code == 400
    assert owner in site.world.chats.get(chat_id).admins


async def test_rights_over_messages_need_reading_them(site: Site) -> None:
    chat_id = await site.create([1])
    for permission in ("write", "pin_message", "edit", "delete"):
        body = {"admins": [{"user_id": 1, "permissions": [permission]}]}
        answer = await site.client.post(f"/chats/{chat_id}/members/admins", json=body)
        assert answer.status_code == 400


async def test_a_demoted_administrator_stays_a_member(site: Site) -> None:
    chat_id = await site.create([1], [1])
    await site.client.delete(f"/chats/{chat_id}/members/admins/1")
    assert (site.people(chat_id), site.admins(chat_id)) == ({1}, set())
