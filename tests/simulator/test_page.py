"""The page for people."""

import re

from tests.simulator.harness import Site


async def test_the_page_shows_chats_members_administrators_and_calls(site: Site) -> None:
    chat_id = await site.create([1, 2, 3], [2])
    page = await site.client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "9г - Ученики" in page.text
    assert str(chat_id) in page.text
    row = re.search(
        r"<tr><td>9г - Ученики</td><td class=\"n\">(\d+)</td>\s*<td>(.*)</td>", page.text
    )
    assert row is not None
    assert row[1] == "3"
    assert row[2].startswith("2")
    assert '<td>создать чат</td><td class="n">1</td>' in page.text


async def test_an_empty_simulator_says_so(site: Site) -> None:
    assert "Пока нет ни одного чата" in (await site.client.get("/")).text


async def test_a_title_is_text_and_never_markup(site: Site) -> None:
    chat_id = await site.create()
    title = "<img onerror=alert(1)>{{7*7}}"
    await site.client.patch(f"/chats/{chat_id}", json={"title": title})
    page = (await site.client.get("/")).text
    assert "<img" not in page
    assert "&lt;img onerror=alert(1)&gt;{{7*7}}" in page


async def test_the_page_loads_nothing_from_elsewhere(site: Site) -> None:
    page = (await site.client.get("/")).text
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page


async def test_a_long_list_is_cut_and_says_where_the_rest_is(site: Site) -> None:
    for number in range(203):
        await site.create(range(1, 13), range(1, 13), external_id=str(number))
    page = (await site.client.get("/")).text
    assert "Чаты: 203" in page
    assert "Показаны последние 200" in page
    assert "и ещё 2" in page


async def test_the_truth_lists_every_chat(site: Site) -> None:
    assert (await site.client.get("/sim/chats")).json() == {"chats": []}
    ids = [await site.create([1], [1], external_id=name) for name in "abc"]
    chats = (await site.client.get("/sim/chats")).json()["chats"]
    assert {chat["chat_id"] for chat in chats} == set(ids)
    one = (await site.client.get(f"/sim/chats/{ids[0]}")).json()
    assert one in chats
    assert one["external_id"] == "a"
    assert one["members"] == [
        {"user_id": 1, "is_admin": True, "is_owner": False, "is_bot": False},
        {"user_id": one["owner_id"], "is_admin": True, "is_owner": True, "is_bot": True},
    ]
