"""Removing who is not there and demoting who has no rights: done, in whatever words.

Only the person's absence is: that of the chat, or of the bot, is not.
"""

import pytest

from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from gateway import errors
from tests.gateway.client.scripted import Bench, answer, bench, problem, raw

CHAT, USER = MaxChatId(-70), MaxUserId(5)

PERSON_IS_ABSENT = [
    ("participant.not.found", ""),
    ("chat.participant.not.found", ""),
    ("member_not_found", "anything"),
    ("not.found", "User 5 not found"),
    ("not.found", "User 5 is not a participant of chat -70"),
    ("", "user 5 not in chat"),
    ("", "Not a member of the chat"),
]
UNCLEAR = [
    ("chat.not.found", "Chat -70 not found"),
    ("not.found", "Chat not found for user 5"),
    ("not.found", ""),
    ("not.found", "The bot is not a member of this chat"),
    ("", "You are not a member"),
    ("", "Not found"),
]
SOMETHING_ELSE = [
    ("too.late", "user 5 is the owner"),
    ("", "user_id is not an integer"),
    ("", "User 5 may not leave"),
    ("", ""),
]


def unsuccessful(code: str, message: str) -> bytes:
    body = {"success": False} | ({"code": code} if code else {}) | {"message": message}
    return answer(body)


async def remove(on: Bench) -> None:
    await on.messenger.remove(CHAT, USER, Lane.LIVE)


async def demote(on: Bench) -> None:
    await on.messenger.demote(CHAT, USER, Lane.LIVE)


@pytest.mark.parametrize(("code", "message"), PERSON_IS_ABSENT)
async def test_an_absent_person_counts_as_removed_and_as_demoted(code: str, message: str) -> None:
    steps = [problem(404, code, message), unsuccessful(code, message)]
    async with bench(*steps, *steps) as on:
        await remove(on)
        await remove(on)
        await demote(on)
        await demote(on)
        assert len(on.asked) == 4


@pytest.mark.parametrize(
    ("code", "message"),
    [("admin.not.found", ""), ("", "User 5 is not an administrator"), ("", "Not an admin")],
)
async def test_who_is_no_administrator_counts_as_demoted_but_not_as_removed(
    code: str, message: str
) -> None:
    async with bench(problem(404, code, message), problem(404, code, message)) as on:
        await demote(on)
        with pytest.raises(errors.NotFound):
            await remove(on)


@pytest.mark.parametrize(("code", "message"), UNCLEAR)
async def test_what_may_be_about_the_chat_is_left_to_a_read(code: str, message: str) -> None:
    steps = [problem(404, code, message), unsuccessful(code, message)]
    async with bench(*steps, *steps) as on:
        for _ in steps:
            with pytest.raises(errors.NotFound):
                await remove(on)
        for _ in steps:
            with pytest.raises(errors.NotFound):
                await demote(on)


@pytest.mark.parametrize(("code", "message"), SOMETHING_ELSE)
async def test_success_false_for_another_reason_is_what_its_code_says_or_nobody_knows(
    code: str, message: str
) -> None:
    kind = errors.Refused if code else errors.Unsuccessful
    async with bench(unsuccessful(code, message), unsuccessful(code, message)) as on:
        for act in (remove, demote):
            with pytest.raises(errors.GatewayError) as caught:
                await act(on)
            assert type(caught.value) is kind


async def test_a_404_that_is_not_the_messengers_proves_nothing() -> None:
    async with bench(raw(b"<html>user not found</html>", 404)) as on:
        with pytest.raises(errors.OutcomeUnknown):
            await remove(on)


@pytest.mark.parametrize("status", [400, 403, 409])
async def test_absence_under_another_status_is_no_success(status: int) -> None:
    async with bench(problem(status, "participant.not.found")) as on:
        with pytest.raises(errors.GatewayError):
            await remove(on)
