"""Profile links by the partner contract: what is sent, and what an answer must be."""

from datetime import UTC, datetime

import pytest

from domain.call_classes import CallClass
from domain.ids import MaxUserId
from domain.lanes import Lane
from gateway import errors
from gateway.updates import UPDATE_TYPES, UnreadableUpdate, read_confirmation
from tests.gateway.client.scripted import Silence, answer, bench, problem, raw
from tests.gateway.client.test_against_simulator import joined

LINK = {"link_id": "1", "url": "https://max.ru/l/1", "expires_at": "2026-09-01T10:00:00+03:00"}
PERSON = "person:p-1"


async def test_a_link_is_asked_for_by_the_partners_token_and_may_be_asked_for_again() -> None:
    async with bench(answer(LINK)) as on:
        link = await on.messenger.issue_link(PERSON, Lane.STAFF)
        assert on.asked == ["POST /partner/v1/profile-links"]
        assert on.server.seen[0].json == {"external_id": PERSON}
        assert on.ledger.kinds == [CallClass.PARTNER]
    assert (link.url, link.expires_at) == (LINK["url"], datetime(2026, 9, 1, 7, tzinfo=UTC))
    assert "max.ru" not in repr(link)


@pytest.mark.parametrize(
    "broken",
    [{"url": "javascript:alert(1)"}, {"url": "http://max.ru/l/1"}, {"url": "https://"},
     {"url": "https://max.ru/\n"}, {"url": "https://max.ru/" + "x" * 1000}, {"url": None},
     {"expires_at": "tomorrow"}, {"expires_at": "2026-09-01T10:00:00"}, {"expires_at": None}],
)  # fmt: skip
async def test_a_link_that_nobody_should_follow_is_no_answer(broken: dict[str, object]) -> None:
    async with bench(answer(LINK | broken)) as on:
        with pytest.raises(errors.OutcomeUnknown) as raised:
            await on.messenger.issue_link(PERSON, Lane.STAFF)
    assert "alert" not in str(raised.value)


@pytest.mark.parametrize("said", [answer({"success": True}), raw(b""), problem(404, "no.link")])
async def test_who_is_not_linked_counts_as_unlinked(said: bytes) -> None:
    async with bench(said) as on:
        await on.messenger.end_link("person:..", Lane.STAFF)
        assert on.asked == ["DELETE /partner/v1/profile-links/person:.."]


@pytest.mark.parametrize(
    ("said", "error"),
    [(raw(b"<html>", 404), errors.OutcomeUnknown),
     (problem(403, "access.denied"), errors.Forbidden),
     (Silence.DROP, errors.OutcomeUnknown), (problem(500), errors.OutcomeUnknown)],
)  # fmt: skip
async def test_an_unlinking_that_was_not_heard_is_said(
    said: bytes | Silence, error: type[errors.GatewayError]
) -> None:
    async with bench(said) as on:
        with pytest.raises(error):
            await on.messenger.end_link(PERSON, Lane.STAFF)


async def test_the_client_and_the_simulator_agree() -> None:
    async with joined() as (messenger, running):
        first = await messenger.issue_link(PERSON, Lane.STAFF)
        second = await messenger.issue_link(PERSON, Lane.STAFF)
        assert first.url != second.url
        running.world.accounts.confirm_link(second.url.rsplit("/", 1)[1], 5)
        assert running.world.accounts.linked_account(PERSON) == 5
        for _ in range(2):
            await messenger.end_link(PERSON, Lane.STAFF)
        assert running.world.accounts.linked_account(PERSON) is None


def test_a_confirmation_is_read_and_its_time_may_be_missing() -> None:
    told = b'{"update_type": "profile_linked", "external_id": "person:p", "user_id": 7%s}'
    read = read_confirmation(told % b', "timestamp": 1790000000000')
    assert read is not None
    assert (read.account, read.at) == (MaxUserId(7), datetime.fromtimestamp(1_790_000_000, UTC))
    for odd in (b"", b', "timestamp": null', b', "timestamp": "x"', b', "timestamp": 1e400'):
        again = read_confirmation(told % odd)
        assert again is not None
        assert again.at is None
    for other in UPDATE_TYPES:
        assert read_confirmation(b'{"update_type": "%s"}' % other.encode()) is None
    with pytest.raises(UnreadableUpdate) as raised:
        read_confirmation(told.replace(b"7", b'"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd"') % b"")
    assert "Иван" not in str(raised.value)
