"""A read is the whole chat, or an error."""

import pytest

from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from gateway import errors
from gateway.ports import ChatSnapshot, SeenMember
from tests.gateway.client.scripted import answer, bench, problem, raw

CHAT = MaxChatId(-70)
HEAD = answer({"chat_id": CHAT, "type": "chat", "status": "active", "title": "9г - Ученики"})


def member(user_id: object, **flags: object) -> dict[str, object]:
    """A member with the parts of the API that are not ours to keep."""
    return {
        "user_id": user_id,
        "first_name": "Имя",
        "username": None,
        "is_bot": False,
        "is_owner": False,
        "is_admin": False,
        "permissions": None,
        "join_time": 0,
        "something_new": {"deep": [1]},
    } | flags


def page(*members: dict[str, object], marker: object = None) -> bytes:
    return answer({"members": members, "marker": marker})


def plain(user_id: int) -> SeenMember:
    return SeenMember(MaxUserId(user_id), is_admin=False, is_owner=False, is_bot=False)


async def test_a_chat_is_read_with_its_title_and_every_page_of_its_members() -> None:
    bot = member(9, is_bot=True, is_owner=True, is_admin=True, permissions=["write"])
    pages = [page(bot, member(1), marker=2), page(member(2), marker=-5), page(member(3))]
    async with bench(HEAD, *pages) as on:
        snapshot = await on.messenger.read(CHAT, Lane.LIVE)
        assert snapshot == ChatSnapshot(
            CHAT,
            "9г - Ученики",
            (
                SeenMember(MaxUserId(9), is_admin=True, is_owner=True, is_bot=True),
                plain(1),
                plain(2),
                plain(3),
            ),
        )
        assert on.asked == [
            "GET /chats/-70",
            "GET /chats/-70/members?count=100",
            "GET /chats/-70/members?count=100&marker=2",
            "GET /chats/-70/members?count=100&marker=-5",
        ]
        assert on.ledger.granted == [Lane.LIVE] * 4


async def test_an_owner_counts_as_an_administrator() -> None:
    async with bench(HEAD, page(member(9, is_owner=True))) as on:
        snapshot = await on.messenger.read(CHAT, Lane.LIVE)
        assert snapshot.members[0].is_admin


async def test_a_member_on_two_pages_is_one_member_as_last_seen() -> None:
    async with bench(HEAD, page(member(1), marker=1), page(member(1, is_admin=True))) as on:
        snapshot = await on.messenger.read(CHAT, Lane.LIVE)
        assert [(m.user_id, m.is_admin) for m in snapshot.members] == [(1, True)]


async def test_a_read_that_lists_fewer_than_the_messenger_counts_says_so() -> None:
    head = answer({"chat_id": CHAT, "title": None, "participants_count": 3})
    async with bench(head, page(member(1), member(2))) as on:
        snapshot = await on.messenger.read(CHAT, Lane.LIVE)
        assert snapshot.title == ""
        assert snapshot.is_short


@pytest.mark.parametrize("cycle", [[5, 5], [5, 6, 5]])
async def test_a_marker_that_comes_again_ends_the_read_as_a_short_one(cycle: list[int]) -> None:
    pages = [page(member(n), marker=marker) for n, marker in enumerate(cycle, 1)]
    async with bench(HEAD, *pages) as on:
        snapshot = await on.messenger.read(CHAT, Lane.LIVE)
        assert len(on.asked) == 1 + len(cycle)
    assert snapshot.is_short
    assert [member.user_id for member in snapshot.members] == list(range(1, len(cycle) + 1))


async def test_pages_that_do_not_end_are_a_short_read() -> None:
    pages = [page(member(n), marker=n) for n in range(1, 700)]
    async with bench(HEAD, *pages) as on:
        snapshot = await on.messenger.read(CHAT, Lane.LIVE)
        assert len(on.asked) == 501
    assert snapshot.is_short


async def test_a_chat_without_any_member_was_not_read() -> None:
    async with bench(HEAD, page()) as on:
        with pytest.raises(errors.IncompleteRead):
            await on.messenger.read(CHAT, Lane.LIVE)


async def test_a_failure_on_a_later_page_is_an_error_and_no_short_list() -> None:
    async with bench(HEAD, page(member(1), marker=1), raw(b'{"members": [{"user')) as on:
        with pytest.raises(errors.BadAnswer):
            await on.messenger.read(CHAT, Lane.LIVE)


async def test_a_later_page_is_tried_again_by_itself() -> None:
    async with bench(HEAD, page(member(1), marker=1), problem(500), page(member(2))) as on:
        snapshot = await on.messenger.read(CHAT, Lane.LIVE)
        assert snapshot.members == (plain(1), plain(2))


BAD_IDS: list[object] = ["5", -5, 0, 5.0, 5.5, True, None, 2**63, [], {}]


@pytest.mark.parametrize("bad", BAD_IDS, ids=repr)
async def test_an_id_that_cannot_be_one_is_a_bad_answer(bad: object) -> None:
    async with bench(HEAD, page(member(1), member(bad))) as on:
        with pytest.raises(errors.BadAnswer) as caught:
            await on.messenger.read(CHAT, Lane.LIVE)
        assert "members.1.user_id" in str(caught.value)
        assert "Имя" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"members": None},
        {"members": {}},
        {"members": [None]},
        {"members": [], "marker": "2"},
        {"members": [{"user_id": 1, "is_admin": "yes"}]},
        {"success": False, "message": "try later"},
    ],
    ids=str,
)
async def test_a_page_that_is_none_is_a_bad_answer(body: object) -> None:
    async with bench(HEAD, answer(body)) as on:
        with pytest.raises(errors.BadAnswer):
            await on.messenger.read(CHAT, Lane.LIVE)


async def test_an_answer_about_another_chat_is_not_believed() -> None:
    async with bench(answer({"chat_id": -71, "title": "9д"})) as on:
        with pytest.raises(errors.BadAnswer):
            await on.messenger.read(CHAT, Lane.LIVE)


@pytest.mark.parametrize("status", ["removed", "left", "closed"])
async def test_a_chat_that_the_bot_is_out_of_or_that_is_closed_is_forbidden(status: str) -> None:
    async with bench(answer({"chat_id": CHAT, "title": "9г", "status": status})) as on:
        with pytest.raises(errors.Forbidden):
            await on.messenger.read(CHAT, Lane.LIVE)
