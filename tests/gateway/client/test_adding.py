"""Adding people: three ways, and failures that look like successes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from gateway import errors
from gateway.client import Adding
from gateway.member_answers import AddAnswer
from gateway.ports import AddFailure
from tests.gateway.client.scripted import answer, bench

CHAT = MaxChatId(-70)
PEOPLE = [MaxUserId(1), MaxUserId(2), MaxUserId(3)]

PRIVACY = {"error_code": "add.participant.privacy", "user_ids": [1]}
NOT_FOUND = {"error_code": "add.participant.not.found", "user_ids": [2]}
NEW = {"error_code": "add.participant.something.new", "user_ids": [3]}


async def test_by_the_partner_contract_people_are_added_with_the_partner_token() -> None:
    async with bench(answer({"success": True}), adding=Adding.PARTNER) as on:
        assert await on.messenger.add(CHAT, PEOPLE, Lane.LIVE) == {}
        (seen,) = on.server.seen
        assert on.asked == ["POST /partner/v1/chats/-70/members"]
        assert seen.json == {"user_ids": [1, 2, 3]}
        assert seen.headers["authorization"] == "partner-token"


async def test_by_the_bot_api_people_are_added_with_the_bots_token() -> None:
    async with bench(answer({"success": True}), adding=Adding.BOT) as on:
        assert await on.messenger.add(CHAT, PEOPLE, Lane.LIVE) == {}
        (seen,) = on.server.seen
        assert on.asked == ["POST /chats/-70/members"]
        assert seen.json == {"user_ids": [1, 2, 3]}
        assert seen.headers["authorization"] == "bot-token"


async def test_where_people_are_invited_nothing_is_sent() -> None:
    async with bench(adding=Adding.INVITE) as on:
        with pytest.raises(errors.AddingUnavailable):
            await on.messenger.add(CHAT, PEOPLE, Lane.LIVE)
        assert (on.asked, on.ledger.granted) == ([], [])


@pytest.mark.parametrize("adding", [Adding.PARTNER, Adding.BOT])
@pytest.mark.parametrize(
    ("parts", "failed"),
    [
        ({}, {}),
        ({"failed_user_ids": [], "failed_user_details": []}, {}),
        ({"failed_user_ids": None, "failed_user_details": None}, {}),
        (
            {"failed_user_ids": None, "failed_user_details": [PRIVACY, NOT_FOUND]},
            {1: AddFailure.PRIVACY, 2: AddFailure.NOT_FOUND},
        ),
        (
            {"failed_user_ids": [1, 2], "failed_user_details": [PRIVACY]},
            {1: AddFailure.PRIVACY, 2: AddFailure.UNKNOWN},
        ),
        ({"failed_user_ids": [3]}, {3: AddFailure.UNKNOWN}),
        ({"failed_user_details": [NEW]}, {3: AddFailure.UNKNOWN}),
        ({"failed_user_ids": [77]}, {}),
    ],
    ids=str,
)
async def test_who_was_not_added_is_named_with_the_reason(
    adding: Adding, parts: dict[str, object], failed: dict[int, AddFailure]
) -> None:
    async with bench(answer({"success": True, **parts}), adding=adding) as on:
        assert await on.messenger.add(CHAT, PEOPLE, Lane.LIVE) == failed


async def test_an_unsuccessful_add_that_names_some_leaves_the_others_in_doubt() -> None:
    body = {"success": False, "failed_user_details": [PRIVACY]}
    async with bench(answer(body)) as on:
        assert await on.messenger.add(CHAT, PEOPLE, Lane.LIVE) == {
            1: AddFailure.PRIVACY,
            2: AddFailure.UNKNOWN,
            3: AddFailure.UNKNOWN,
        }


async def test_an_unsuccessful_add_that_names_nobody_has_an_unknown_outcome() -> None:
    async with bench(answer({"success": False, "message": "chat is full"})) as on:
        with pytest.raises(errors.OutcomeUnknown, match="chat is full"):
            await on.messenger.add(CHAT, PEOPLE, Lane.LIVE)


@pytest.mark.parametrize("bad", ["1", -1, 0, 1.5, None, True], ids=repr)
async def test_a_bad_id_among_the_failures_leaves_the_outcome_unknown(bad: object) -> None:
    async with bench(answer({"success": True, "failed_user_ids": [bad]})) as on:
        with pytest.raises(errors.OutcomeUnknown):
            await on.messenger.add(CHAT, PEOPLE, Lane.LIVE)


@pytest.mark.parametrize("count", [0, 101])
@pytest.mark.parametrize("adding", [Adding.PARTNER, Adding.BOT])
async def test_an_add_past_the_limits_is_refused_without_being_sent(
    count: int, adding: Adding
) -> None:
    async with bench(adding=adding) as on:
        with pytest.raises(errors.Refused):
            await on.messenger.add(CHAT, [MaxUserId(n + 1) for n in range(count)], Lane.LIVE)
        assert on.asked == []


ids = st.integers(1, 6)
details = st.lists(
    st.builds(
        lambda code, users: {"error_code": code, "user_ids": users},
        st.sampled_from([*(failure.value for failure in AddFailure), "new"]),
        st.lists(ids),
    )
)


@given(st.none() | st.lists(ids), st.none() | details, st.lists(ids.map(MaxUserId)))
def test_any_answer_blames_exactly_those_asked_for_that_it_names(
    failed: list[int] | None, groups: list[dict[str, object]] | None, asked: list[MaxUserId]
) -> None:
    parts = {"success": True, "failed_user_ids": failed, "failed_user_details": groups}
    named = set(failed or ())
    for group in groups or ():
        users = group["user_ids"]
        assert isinstance(users, list)
        named.update(users)
    parsed = AddAnswer.model_validate_json(json.dumps(parts))
    assert set(parsed.of(asked)) == named & set(asked)
