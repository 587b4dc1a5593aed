"""A loop that fails is started again, later each time, and says why; a stop ends the wait."""

import asyncio

import pytest
from structlog.testing import capture_logs

from consumers.errors import KafkaRefused
from projections.errors import SchemaMismatch, StoreError, StoreUnavailable
from rollcall import supervise as supervising
from rollcall.supervise import supervise


async def test_an_outage_is_waited_out() -> None:
    stop = asyncio.Event()
    outages = [StoreUnavailable("gone"), StoreUnavailable("still gone")]

    async def loop(stop: asyncio.Event) -> None:
        if outages:
            raise outages.pop()
        stop.set()

    await supervise("loop", loop, stop)
    assert outages == []


async def test_a_loop_that_a_library_left_in_the_lurch_is_started_again_and_told_of() -> None:
    stop, starts = asyncio.Event(), 0

    async def loop(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts == 1:
            answer = asyncio.get_running_loop().create_future()
            answer.cancel()
            await answer
        stop.set()

    with capture_logs() as logs:
        await supervise("loop", loop, stop)
    assert starts == 2
    assert [(each["event"], each["loop"]) for each in logs] == [("loop.failed", "loop")]
    assert logs[0]["where"].startswith("test_supervise.py")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (ZeroDivisionError("Иванов"), "a bug of Rollcall: ZeroDivisionError"),
        (StoreError("InsufficientPrivilegeError 42501"), "our user may not do this"),
        (
            ExceptionGroup("both", [ZeroDivisionError("Иванов")]),
            "a bug of Rollcall: ZeroDivisionError",
        ),
    ],
)
async def test_what_is_no_outage_is_told_in_one_line_and_tried_again_later_and_later(
    failure: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, naps, starts = asyncio.Event(), list[float](), 0

    async def nap(_: asyncio.Event, seconds: float) -> None:
        naps.append(seconds)

    async def loop(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts > 10:
            stop.set()
            return
        raise failure

    monkeypatch.setattr(supervising, "nap", nap)
    with capture_logs() as logs:
        await supervise("loop", loop, stop)
    assert naps == [0.25, 0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert len(logs) == 10
    assert said in logs[0]["reason"]
    assert "Иванов" not in str(logs)
    assert logs[0]["where"].startswith(("test_supervise.py:", "nowhere"))


@pytest.mark.parametrize("failure", [KafkaRefused("no"), SchemaMismatch("newer")])
async def test_what_a_person_must_set_right_ends_the_process(failure: Exception) -> None:
    async def loop(_: asyncio.Event) -> None:
        raise failure

    with pytest.raises(ExceptionGroup) as raised:
        await supervise("loop", loop, asyncio.Event())
    assert raised.value.subgroup(type(failure)) is not None


async def test_where_it_is_told_to_give_up_a_bug_is_raised() -> None:
    async def loop(_: asyncio.Event) -> None:
        raise ExceptionGroup("both", [StoreUnavailable("gone"), ZeroDivisionError()])

    with pytest.raises(ExceptionGroup) as raised:
        await supervise("loop", loop, asyncio.Event(), gives_up=True)
    assert raised.value.subgroup(ZeroDivisionError) is not None


async def test_nothing_is_started_after_the_stop() -> None:
    async def loop(_: asyncio.Event) -> None:
        raise ZeroDivisionError

    stop = asyncio.Event()
    stop.set()
    await supervise("loop", loop, stop)
