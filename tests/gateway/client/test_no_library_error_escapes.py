"""No exception of the HTTP library comes out of the client, whichever it is."""

import inspect
import random

import httpx2
import pytest

from domain.ids import MaxChatId
from domain.lanes import Lane
from gateway import errors
from gateway.client import MaxMessenger, MessengerConfig
from gateway.max_http import Surroundings
from tests.gateway.client.scripted import Ledger, Naps

VENDOR = sorted(
    {
        kind
        for kind in vars(httpx2).values()
        if inspect.isclass(kind) and issubclass(kind, Exception)
    }
    | {OSError, ConnectionResetError, TimeoutError},
    key=lambda kind: kind.__name__,
)
NOTHING_WAS_SENT = {
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
}
SECRET = "the-secret-token"


def raised(kind: type[Exception]) -> Exception:
    """An instance that quotes the token, as the library does for a header that it dislikes."""
    if issubclass(kind, httpx2.HTTPStatusError):
        request = httpx2.Request("GET", "http://max.invalid")
        return kind(SECRET, request=request, response=httpx2.Response(500, request=request))
    takes_a_message = issubclass(kind, OSError) or bool(inspect.signature(kind).parameters)
    return kind(SECRET) if takes_a_message else kind()


def messenger(kind: type[Exception]) -> MaxMessenger:
    def fail(request: httpx2.Request) -> httpx2.Response:
        del request
        raise raised(kind)

    config = MessengerConfig("http://max.invalid", "http://max.invalid", SECRET, SECRET)
    world = Surroundings(
        sleep=Naps(), jitter=random.Random(1), transport=httpx2.MockTransport(fail)
    )
    return MaxMessenger(config, Ledger(), world)


@pytest.mark.parametrize("kind", VENDOR, ids=lambda kind: kind.__name__)
async def test_a_read_that_fails_in_the_library_is_unavailable(kind: type[Exception]) -> None:
    with pytest.raises(errors.Unavailable):
        await messenger(kind).read(MaxChatId(-1), Lane.LIVE)


@pytest.mark.parametrize("kind", VENDOR, ids=lambda kind: kind.__name__)
async def test_a_change_that_fails_in_the_library_is_certain_only_before_sending(
    kind: type[Exception],
) -> None:
    expected = errors.Unavailable if kind in NOTHING_WAS_SENT else errors.OutcomeUnknown
    with pytest.raises(expected) as caught:
        await messenger(kind).rename(MaxChatId(-1), "9г", Lane.LIVE)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_a_closed_client_is_unavailable() -> None:
    closed = messenger(httpx2.ConnectError)
    await closed.aclose()
    with pytest.raises(errors.Unavailable):
        await closed.rename(MaxChatId(-1), "9г", Lane.LIVE)


def test_every_error_of_ours_has_one_root() -> None:
    kinds = [getattr(errors, name) for name in errors.__all__ if name[0].isupper()]
    assert all(issubclass(kind, errors.GatewayError) for kind in kinds)
