"""Habits of client libraries by others, each met in one of them, that must not be noticed."""

import pytest

from tests.simulator.harness import Site


async def test_a_slash_at_the_end_of_a_path_is_read_over(site: Site) -> None:
    chat_id = await site.create([1, 2])
    answer = await site.client.delete(f"/chats/{chat_id}/members/?chat_id={chat_id}&user_id=1")
    assert answer.json() == {"success": True}
    assert site.people(chat_id) == {2}


@pytest.mark.parametrize("query", ["user_ids=1,2", "user_ids=1&user_ids=2", "user_ids=1%2C2&v=1.2"])
async def test_a_list_in_the_query_is_read_by_commas_and_by_repetition(
    site: Site, query: str
) -> None:
    chat_id = await site.create([1, 2, 3])
    body = (await site.client.get(f"/chats/{chat_id}/members?{query}")).json()
    assert [member["user_id"] for member in body["members"]] == [1, 2]


async def test_null_stands_for_absent_in_bodies(site: Site) -> None:
    chat_id = await site.create([1])
    entry = {"user_id": 1, "permissions": ["add_admins"], "alias": None}
    rights = {"admins": [entry], "marker": None}
    answer = await site.client.post(f"/chats/{chat_id}/members/admins", json=rights)
    assert answer.json() == {"success": True}
    patch = {"title": None, "icon": None, "pin": None, "notify": None}
    kept = await site.client.patch(f"/chats/{chat_id}", json=patch)
    assert kept.json()["title"] == "9г - Ученики"
    hook = {"url": "http://127.0.0.1:9/hook", "update_types": None, "secret": None}
    assert (await site.client.post("/subscriptions", json=hook)).json() == {"success": True}


async def test_setting_the_bots_commands_is_answered_with_the_bot(site: Site) -> None:
    commands = {"commands": [{"name": "start", "description": "Начать"}]}
    assert (await site.client.patch("/me", json=commands)).json()["is_bot"] is True


async def test_the_older_names_of_rights_are_taken(site: Site) -> None:
    chat_id = await site.create([1], [1])
    entry = {"user_id": 1, "permissions": ["read_all_messages", "post_edit_delete_message"]}
    answer = await site.client.post(f"/chats/{chat_id}/members/admins", json={"admins": [entry]})
    assert answer.json() == {"success": True}
