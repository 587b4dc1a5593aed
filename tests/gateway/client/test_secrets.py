"""Tokens and names stay where they are: not in errors, not in logs, not in a repr."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.call_classes import CallClass
from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from gateway import errors
from gateway.client import MaxMessenger, MessengerConfig
from gateway.errors import plain_code, plain_words
from tests.gateway.client.scripted import Ledger, answer, bench, problem

CHAT, USER = MaxChatId(-70), MaxUserId(5)


async def test_the_token_is_the_bare_header_and_nowhere_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with bench(answer({"user_id": 7}), problem(401, "verify.token", "bot-token")) as on:
        await on.messenger.whoami(Lane.LIVE)
        with pytest.raises(errors.Unauthorized) as caught:
            await on.messenger.rename(CHAT, "9г", Lane.LIVE)
        assert on.server.seen[0].headers["authorization"] == "bot-token"
        assert "token" not in on.asked[0]
    assert caplog.records
    assert all("bot-token" not in record.getMessage() for record in caplog.records)
    assert "9г" not in str(caught.value)


def test_a_config_shows_no_token() -> None:
    config = MessengerConfig("http://a", "http://b", "secret-1", "secret-2")
    assert "secret" not in repr(config)
    assert "secret" not in repr(config.endpoint(config.bot_url, config.token))


async def test_an_error_tells_the_call_and_the_code_but_no_name() -> None:
    said = problem(403, "chat.denied", "Иванова Анна (Anna Ivanova) is not allowed here")
    async with bench(said) as on:
        with pytest.raises(errors.Forbidden) as caught:
            await on.messenger.remove(CHAT, USER, Lane.LIVE)
        assert str(caught.value) == (
            "DELETE /chats/-70/members: 403 chat.denied … is not allowed here"
        )


@given(st.text())
def test_any_explanation_is_cut_short_and_has_no_capitals_controls_or_cyrillic(text: str) -> None:
    shown = plain_words(text)
    assert len(shown) <= 120
    assert all(character == "…" or " " <= character <= "z" for character in shown)
    assert not any("A" <= character <= "Z" for character in shown)


@given(st.text())
def test_any_code_is_short_and_plain(text: str) -> None:
    code = plain_code(text)
    assert len(code) <= 64
    assert code.isascii()
    assert code.isprintable()


@pytest.mark.parametrize("token", ["", "two words", "line\n", "токен", "nul\0"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(errors.Misconfigured) as caught:
        MaxMessenger(MessengerConfig("http://a", "http://b", token, "t"), Ledger())
    assert token == "" or token not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "max.ru", "ftp://max.ru", "http://", "http://a:b@c", "http://[", "http://a?b=c"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(errors.Misconfigured):
        MaxMessenger(MessengerConfig(url, "http://b", "t", "t"), Ledger())


class LeaseRanOutError(Exception):
    """What a budget of the reconcile loop may raise while one waits for a slot."""


class Expired(Ledger):
    """A budget that lets nobody through any more."""

    @asynccontextmanager
    async def slot(self, lane: Lane, kind: CallClass = CallClass.READ) -> AsyncIterator[None]:
        """Refuse."""
        del lane, kind
        if self.pushed_back is not None:
            raise LeaseRanOutError
        yield


async def test_a_budget_may_stop_a_call_before_it_is_sent() -> None:
    async with bench(answer({"user_id": 7})) as on:
        with pytest.raises(LeaseRanOutError):
            await on.messenger.through(Expired()).remove(CHAT, USER, Lane.LIVE)
        assert on.asked == []
        assert await on.messenger.whoami(Lane.LIVE) == 7


async def test_a_base_address_may_have_a_path() -> None:
    async with bench(answer({"user_id": 7})) as on:
        address = on.server.url + "/max/"
        messenger = MaxMessenger(MessengerConfig(address, address, "t", "t"), Ledger())
        assert await messenger.whoami(Lane.LIVE) == 7
        assert on.asked == ["GET /max/me"]
        await messenger.aclose()
