"""Every way to get no proper answer, and what may be concluded from it.

A read may always be repeated. After a changing call only a refused connection or a 429 proves
that nothing happened.
"""

import gzip
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from gateway import errors
from gateway.client import Adding, MaxMessenger
from tests.gateway.client.scripted import (
    Silence,
    Step,
    answer,
    bench,
    deaf_port,
    problem,
    raw,
)

CHAT, USER = MaxChatId(-70), MaxUserId(5)

Act = Callable[[MaxMessenger], Awaitable[object]]


@dataclass(frozen=True)
class Change:
    """A changing call by its name in a test's id."""

    name: str
    act: Act


CHANGES = [
    Change("add", lambda m: m.add(CHAT, [USER], Lane.LIVE)),
    Change("remove", lambda m: m.remove(CHAT, USER, Lane.LIVE)),
    Change("promote", lambda m: m.promote(CHAT, [USER], Lane.LIVE)),
    Change("demote", lambda m: m.demote(CHAT, USER, Lane.LIVE)),
    Change("rename", lambda m: m.rename(CHAT, "9г", Lane.LIVE)),
    Change("create", lambda m: m.create("x:1", "9г", "class", [USER], [], Lane.LIVE)),
    Change("delete", lambda m: m.delete(CHAT, Lane.LIVE)),
    Change("issue link", lambda m: m.issue_link("person:p", Lane.STAFF)),
    Change("end link", lambda m: m.end_link("person:p", Lane.STAFF)),
]
ENDS = {"delete", "end link"}
"""Those that want something to be no more: any readable answer will do, and a 404 of MAX's."""

every_change = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)

UNREADABLE = {
    "html": raw(b"<html><body>Hello</body></html>", Content_Type="text/html"),
    "half a JSON": raw(b'{"success": tr'),
    "a list": answer([1, 2]),
    "a byte order mark": raw(b'\xef\xbb\xbf{"success": "'),
    "not UTF-8": raw(b'{"success": "\xff"}'),
    "too deep": raw(b'{"a":' * 10_000),
    "half a compression": raw(gzip.compress(b"{}" * 99)[:14], Content_Encoding="gzip"),
    "a redirect": raw(b"", 302, Location="https://elsewhere.invalid/"),
}
LOST = {
    "dropped": Silence.DROP,
    "cut off in the head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "cut off in the body": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
    "no HTTP": b"\x00\x01\x02 what?\r\n\r\n",
    "a bad header": b"HTTP/1.1 200 OK\r\nbad header\x00: \x01\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "bad compression": raw(b"not gzip", Content_Encoding="gzip"),
    "500": problem(500, "internal"),
    "502 from a proxy": raw(b"<html>Bad Gateway</html>", 502),
    "503": problem(503, "unavailable", Retry_After="1"),
    "504": problem(504),
    "408": problem(408),
}


@every_change
@pytest.mark.parametrize("step", LOST.values(), ids=LOST)
async def test_a_change_without_an_answer_has_an_unknown_outcome_and_is_not_repeated(
    change: Change, step: Step
) -> None:
    async with bench(step, answer({"success": True})) as on:
        with pytest.raises(errors.OutcomeUnknown):
            await change.act(on.messenger)
        assert len(on.asked) == 1
        assert len(on.ledger.granted) == 1


@every_change
@pytest.mark.parametrize("step", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_change_with_an_unreadable_answer_has_an_unknown_outcome(
    change: Change, step: Step
) -> None:
    async with bench(step) as on:
        with pytest.raises(errors.OutcomeUnknown):
            await change.act(on.messenger)
        assert len(on.asked) == 1


@pytest.mark.parametrize(
    "change", [each for each in CHANGES if each.name not in ENDS], ids=lambda change: change.name
)
async def test_types_are_not_bent_to_make_an_answer_fit(change: Change) -> None:
    bent = answer({"success": "true", "chat_id": "-70", "created": 1})
    async with bench(bent) as on:
        with pytest.raises(errors.OutcomeUnknown):
            await change.act(on.messenger)


@every_change
async def test_a_change_that_times_out_has_an_unknown_outcome(change: Change) -> None:
    async with bench(Silence.STALL, whole=0.2) as on:
        with pytest.raises(errors.OutcomeUnknown):
            await change.act(on.messenger)
        assert len(on.ledger.granted) == 1


@every_change
async def test_a_change_that_could_not_connect_had_no_effect_and_is_tried_again(
    change: Change,
) -> None:
    with deaf_port() as port:
        async with bench(url=f"http://127.0.0.1:{port}") as on:
            with pytest.raises(errors.Unavailable):
                await change.act(on.messenger)
            assert len(on.ledger.granted) == 4


@pytest.mark.parametrize("step", LOST.values(), ids=LOST)
async def test_a_read_without_an_answer_is_tried_again(step: Step) -> None:
    async with bench(step, answer({"user_id": 7})) as on:
        assert await on.messenger.whoami(Lane.RESYNC) == 7
        assert on.asked == ["GET /me", "GET /me"]
        assert on.ledger.granted == [Lane.RESYNC, Lane.RESYNC]


async def test_a_read_that_is_never_answered_ends_as_unavailable_after_four_attempts() -> None:
    async with bench(*[Silence.DROP] * 9) as on:
        with pytest.raises(errors.Unavailable):
            await on.messenger.whoami(Lane.LIVE)
        assert len(on.asked) == 4
        assert on.naps.taken == [0.2, 0.4, 0.8]


async def test_a_read_that_drips_in_forever_is_unavailable() -> None:
    async with bench(*[Silence.STALL] * 4, whole=0.1) as on:
        with pytest.raises(errors.Unavailable):
            await on.messenger.whoami(Lane.LIVE)


@pytest.mark.parametrize("step", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_read_with_an_unreadable_answer_is_a_bad_answer(step: Step) -> None:
    async with bench(step) as on:
        with pytest.raises(errors.BadAnswer):
            await on.messenger.read(CHAT, Lane.LIVE)


async def test_an_answer_without_end_is_cut_off_and_not_believed() -> None:
    flood = raw(b'{"user_id": 7, "padding": "' + b"x" * (9 * 1024 * 1024) + b'"}')
    async with bench(flood) as on:
        with pytest.raises(errors.BadAnswer):
            await on.messenger.whoami(Lane.LIVE)


@every_change
async def test_a_429_with_a_short_wait_is_waited_out_in_the_call(change: Change) -> None:
    link = {"url": "https://max.ru/l/1", "expires_at": "2026-09-01T10:00:00Z"}
    good = answer({"success": True, "chat_id": CHAT, "created": True, **link})
    async with bench(problem(429, "too.many", Retry_After="2"), good, adding=Adding.BOT) as on:
        await change.act(on.messenger)
        assert len(on.asked) == 2
        assert on.ledger.pushed_back == [2.0]
        assert on.naps.taken == [2.2]


@every_change
async def test_a_429_with_a_long_wait_goes_back_to_the_caller(change: Change) -> None:
    async with bench(problem(429, Retry_After="30")) as on:
        with pytest.raises(errors.TooManyRequests) as caught:
            await change.act(on.messenger)
        assert caught.value.retry_after == 30
        assert on.ledger.pushed_back == [30.0]
        assert on.naps.taken == []


async def test_a_503_with_a_long_wait_goes_back_from_a_read_at_once() -> None:
    async with bench(problem(503, Retry_After="120")) as on:
        with pytest.raises(errors.Unavailable) as caught:
            await on.messenger.whoami(Lane.LIVE)
        assert caught.value.retry_after == 120
        assert len(on.asked) == 1


REFUSALS: list[tuple[int, str, type[errors.Answered]]] = [
    (401, "verify.token", errors.Unauthorized),
    (403, "verify.token", errors.Unauthorized),
    (403, "chat.denied", errors.Forbidden),
    (404, "chat.not.found", errors.NotFound),
    (410, "chat.deleted", errors.Gone),
    (400, "proto.payload", errors.Refused),
    (405, "not.allowed", errors.Refused),
    (400, "what.is.this", errors.Refused),
    (409, "chat.full", errors.Refused),
    (400, "chat.denied", errors.Forbidden),
]

PASSING = {
    "403 in HTML": raw(b"<html>no</html>", 403, Content_Type="text/html"),
    "401 in HTML": raw(b"<html>no</html>", 401),
    "400 without a body": raw(b"", 400),
    "404 of another service": answer({"detail": "Not Found"}, 404),
    "410 in HTML": raw(b"<html>gone</html>", 410),
    "403 with half a JSON": raw(b'{"code": "chat.den', 403),
    "409 that nobody documents": problem(409, "conflict", "try again"),
    "423 that nobody documents": problem(423, "locked"),
    "425 in HTML": raw(b"<html>early</html>", 425),
    "451 without words": raw(b"", 451),
    "a code of this moment": problem(403, "service.unavailable"),
}


@pytest.mark.parametrize(
    ("change", "status", "code", "kind"),
    [
        pytest.param(change, *refusal, id=f"{change.name} {refusal[0]} {refusal[1]}")
        for change in CHANGES
        for refusal in REFUSALS
        # What is not there is what these want.
        if not (change.name in ENDS and refusal[0] in {404, 410})
    ],
)
async def test_each_refusal_has_its_type_and_is_sent_once(
    change: Change, status: int, code: str, kind: type[errors.Answered]
) -> None:
    async with bench(problem(status, code, "Something went wrong")) as on:
        with pytest.raises(errors.Answered) as caught:
            await change.act(on.messenger)
        assert type(caught.value) is kind
        assert (caught.value.status, caught.value.code) == (status, code)
        assert len(on.asked) == 1


@every_change
@pytest.mark.parametrize("step", PASSING.values(), ids=PASSING)
async def test_what_is_not_in_the_messengers_own_words_is_no_verdict_on_a_change(
    change: Change, step: Step
) -> None:
    async with bench(step) as on:
        with pytest.raises(errors.OutcomeUnknown):
            await change.act(on.messenger)
        assert len(on.asked) == 1


@pytest.mark.parametrize("step", PASSING.values(), ids=PASSING)
async def test_what_is_not_in_the_messengers_own_words_is_no_verdict_on_a_read(step: Step) -> None:
    async with bench(step) as on:
        with pytest.raises(errors.Unavailable):
            await on.messenger.read(CHAT, Lane.LIVE)


CODES: list[tuple[str, type[errors.GatewayError]]] = [
    ("verify.token", errors.Unauthorized),
    ("access.denied", errors.Forbidden),
    ("chat.denied", errors.Forbidden),
    ("chat.not.found", errors.NotFound),
    ("proto.payload", errors.Refused),
    ("what.is.this", errors.Refused),
    ("service.unavailable", errors.OutcomeUnknown),
    ("", errors.Unsuccessful),
]


@pytest.mark.parametrize(
    ("change", "code", "kind"),
    [
        pytest.param(change, *each, id=f"{change.name} {each[0]}")
        for change in CHANGES
        for each in CODES
    ],
)
async def test_success_false_is_decided_by_its_code_as_an_error_is(
    change: Change, code: str, kind: type[errors.GatewayError]
) -> None:
    said = {"success": False, "message": "cannot"} | ({"code": code} if code else {})
    async with bench(answer(said)) as on:
        with pytest.raises(errors.GatewayError) as caught:
            await change.act(on.messenger)
        assert type(caught.value) is kind
        assert code in str(caught.value)
        assert len(on.asked) == 1


@pytest.mark.parametrize(("code", "kind"), [CODES[1], CODES[5]])
async def test_a_read_that_is_refused_under_200_is_decided_by_its_code_too(
    code: str, kind: type[errors.GatewayError]
) -> None:
    async with bench(answer({"success": False, "code": code})) as on:
        with pytest.raises(kind):
            await on.messenger.read(CHAT, Lane.LIVE)
