"""What the proxy does to a connection, seen from both of its ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.soak.proxy import HOST, Fault, FaultProxy, proxying
from tests.system.processes import until

ENOUGH = 10.0
"""Seconds after which something that should come at once will not come."""


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while said := await reader.read(100):
            if said != b"silence":
                writer.write(said)
    except ConnectionError:
        return
    finally:
        writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    server = await asyncio.start_server(_echo, HOST, 0)
    async with server, proxying("echo", server.sockets[0].getsockname()[1]) as made:
        yield made


@asynccontextmanager
async def _client(
    proxy: FaultProxy,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(HOST, proxy.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: bytes) -> bytes:
    writer.write(words)
    return await asyncio.wait_for(reader.read(100), ENOUGH)


async def _ended(proxy: FaultProxy) -> None:
    await until(lambda: not proxy.open, "a connection stays open", ENOUGH)


async def test_what_is_said_comes_through_both_ways(proxy: FaultProxy) -> None:
    async with _client(proxy) as (reader, writer):
        assert await _say(reader, writer, b"here") == b"here"
    await _ended(proxy)
    assert proxy.unanswered == 0


async def test_a_drop_closes_in_good_order(proxy: FaultProxy) -> None:
    async with _client(proxy) as (reader, writer):
        assert await _say(reader, writer, b"here") == b"here"
        await proxy.strike(Fault.DROP, 0)
        assert await asyncio.wait_for(reader.read(100), ENOUGH) == b""


async def test_a_reset_is_met_as_one(proxy: FaultProxy) -> None:
    async with _client(proxy) as (reader, writer):
        assert await _say(reader, writer, b"here") == b"here"
        await proxy.strike(Fault.RESET, 0)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(100), ENOUGH)


async def test_a_delayed_answer_comes_all_the_same(proxy: FaultProxy) -> None:
    async with _client(proxy) as (reader, writer):
        assert await _say(reader, writer, b"here") == b"here"
        striking = asyncio.create_task(proxy.strike(Fault.DELAY, 0.01))
        await asyncio.sleep(0)
        assert await _say(reader, writer, b"late") == b"late"
        await striking


async def test_whoever_lost_something_in_a_black_hole_meets_a_reset(proxy: FaultProxy) -> None:
    async with _client(proxy) as (reader, writer):
        assert await _say(reader, writer, b"here") == b"here"
        writer.write(b"gone")
        await proxy.strike(Fault.BLACK_HOLE, 0.2)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(100), ENOUGH)
    await _ended(proxy)
    assert proxy.unanswered == 1


async def test_a_question_that_was_never_answered_is_counted(proxy: FaultProxy) -> None:
    async with _client(proxy) as (reader, writer):
        assert await _say(reader, writer, b"here") == b"here"
        writer.write(b"silence")
        await writer.drain()
        await until(lambda: proxy.waiting > 0, "nothing waits for an answer", ENOUGH)
        await proxy.strike(Fault.RESET, 0)
    await _ended(proxy)
    assert proxy.unanswered == 1
