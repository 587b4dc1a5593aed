"""The partner contract: chats by external id, calls, profile links."""

from dataclasses import replace

from tests.simulator.harness import CREATE, UNLIMITED, Clock, Site, chat_body, started


async def test_a_new_chat_has_its_people_their_roles_and_the_bot_as_owner(site: Site) -> None:
    answer = await site.client.post(CREATE, json=chat_body([1, 2, 3], [2]))
    body = answer.json()
    assert set(body) == {"chat_id", "link", "created", "failed_user_ids", "failed_user_details"}
    assert body["created"] is True
    assert body["chat_id"] < 0
    assert site.people(body["chat_id"]) == {1, 2, 3}
    assert site.admins(body["chat_id"]) == {2}


async def test_the_same_external_id_gives_the_same_chat_unchanged(site: Site) -> None:
    chat_id = await site.create([1])
    again = (await site.client.post(CREATE, json=chat_body([1, 2], [2]))).json()
    assert (again["chat_id"], again["created"]) == (chat_id, False)
    assert len(site.world.chats) == 1
    assert site.people(chat_id) == {1}


async def test_who_refuses_is_not_in_the_new_chat_and_no_administrator(site: Site) -> None:
    await site.client.put("/sim/accounts/2", json={"refuses": "privacy"})
    body = (await site.client.post(CREATE, json=chat_body([1, 2], [2]))).json()
    assert body["failed_user_ids"] == [2]
    assert body["failed_user_details"] == [
        {"error_code": "add.participant.privacy", "user_ids": [2]}
    ]
    assert (site.people(body["chat_id"]), site.admins(body["chat_id"])) == ({1}, set())


async def test_who_no_longer_refuses_can_be_added(site: Site) -> None:
    chat_id = await site.create()
    for refuses, people in (("privacy", set()), (None, {2})):
        await site.client.put("/sim/accounts/2", json={"refuses": refuses})
        await site.client.post(f"{CREATE}/{chat_id}/members", json={"user_ids": [2]})
        assert site.people(chat_id) == people


async def test_a_deleted_chat_is_gone_and_its_external_id_with_it(site: Site) -> None:
    chat_id = await site.create([1])
    assert (await site.client.delete(f"{CREATE}/{chat_id}")).status_code == 200
    assert (await site.client.delete(f"{CREATE}/{chat_id}")).status_code == 404
    assert (await site.client.get(f"/chats/{chat_id}")).status_code == 404
    assert (await site.client.post(CREATE, json=chat_body())).status_code == 410
    assert len(site.world.chats) == 0


async def test_chat_ids_are_never_used_again(site: Site) -> None:
    first = await site.create(external_id="a")
    await site.client.delete(f"{CREATE}/{first}")
    assert await site.create(external_id="b") != first


async def test_administrators_of_a_new_chat_are_among_its_people(site: Site) -> None:
    answer = await site.client.post(CREATE, json=chat_body([1], [2]))
    assert answer.status_code == 400
    assert len(site.world.chats) == 0


async def test_a_call_is_planned_once_moved_and_cancelled(site: Site) -> None:
    chat_id = await site.create()
    body = {
        "external_id": "lesson-1",
        "chat_id": chat_id,
        "title": "Химия",
        "starts_at": "2026-09-01T08:00:00+03:00",
        "ends_at": "2026-09-01T08:45:00+03:00",
    }
    planned = (await site.client.post("/partner/v1/calls", json=body)).json()
    assert set(planned) == {"call_id", "join_url"}
    assert (await site.client.post("/partner/v1/calls", json=body)).json() == planned
    path = f"/partner/v1/calls/{planned['call_id']}"
    moved = await site.client.patch(path, json={"ends_at": "2026-09-01T09:00:00+03:00"})
    assert moved.json() == planned
    [known] = (await site.client.get("/sim/calls")).json()["calls"]
    assert (known["title"], known["ends_at"]) == ("Химия", "2026-09-01T09:00:00+03:00")
    assert (await site.client.delete(path)).status_code == 200
    assert (await site.client.delete(path)).status_code == 404


async def test_a_profile_link_works_once_and_in_time_only() -> None:
    clock = Clock()
    config = replace(UNLIMITED, wall=clock, link_lifetime=60)
    async with started(config) as site:
        issue = {"external_id": "p1"}
        link = (await site.client.post("/partner/v1/profile-links", json=issue)).json()
        assert set(link) == {"link_id", "url", "expires_at"}
        confirm = f"/sim/profile-links/{link['link_id']}/confirm"
        assert (await site.client.post(confirm, json={"user_id": 5})).status_code == 200
        assert site.world.accounts.linked_account("p1") == 5
        assert (await site.client.post(confirm, json={"user_id": 6})).status_code == 404
        late = (await site.client.post("/partner/v1/profile-links", json=issue)).json()
        clock.now += 60
        confirm = f"/sim/profile-links/{late['link_id']}/confirm"
        assert (await site.client.post(confirm, json={"user_id": 6})).status_code == 409
        assert site.world.accounts.linked_account("p1") == 5


async def test_unlinking_forgets_the_account(site: Site) -> None:
    issue = {"external_id": "p1"}
    link = (await site.client.post("/partner/v1/profile-links", json=issue)).json()
    await site.client.post(f"/sim/profile-links/{link['link_id']}/confirm", json={"user_id": 5})
    assert (await site.client.delete("/partner/v1/profile-links/p1")).status_code == 200
    assert site.world.accounts.linked_account("p1") is None
    assert (await site.client.delete("/partner/v1/profile-links/p1")).status_code == 404
