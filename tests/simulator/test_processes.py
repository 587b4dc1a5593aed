"""The simulator as a process of its own: killed, ended by a signal, started again."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from tests.servers import plain_http
from tests.simulator.harness import CREATE, chat_body

pytestmark = pytest.mark.servers

_PROGRAM = """
import asyncio, pathlib, sys
from simulator.config import SimulatorConfig
from simulator.server import run_forever

config = SimulatorConfig(journal=pathlib.Path(sys.argv[1]), requests_per_second=1_000_000)
ready = lambda running: print(running.base_url, flush=True)
asyncio.run(run_forever(config, "127.0.0.1", 0, ready))
"""


@asynccontextmanager
async def process(journal: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A simulator in a process of its own, and its address; killed at the end if it lives."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROGRAM, str(journal), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert running.stdout is not None
        async with asyncio.timeout(60):
            url = (await running.stdout.readline()).decode().strip()
        yield running, url
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def create_until_it_dies(
    client: httpx2.AsyncClient, told: dict[str, int], enough: asyncio.Event
) -> None:
    while True:
        name = str(len(told))
        try:
            answer = await client.post(CREATE, json=chat_body([1, 2, 3], [1], name))
        except httpx2.TransportError:
            return
        told[name] = answer.json()["chat_id"]
        if len(told) == 50:
            enough.set()


async def test_a_killed_simulator_has_every_chat_that_it_answered_for(tmp_path: Path) -> None:
    journal, told, enough = tmp_path / "journal.jsonl", dict[str, int](), asyncio.Event()
    headers = {"Authorization": "simulator-token"}
    async with (
        process(journal) as (running, url),
        plain_http.client(base_url=url, headers=headers) as client,
    ):
        creating = asyncio.create_task(create_until_it_dies(client, told, enough))
        await asyncio.wait_for(enough.wait(), 60)
        running.kill()
        await creating
    async with process(journal) as (_, url), plain_http.client() as client:
        chats = json.loads((await client.get(f"{url}/sim/chats")).content)["chats"]
    found = {chat["external_id"]: chat for chat in chats}
    assert {name: found[name]["chat_id"] for name in told} == told
    assert all(len(chat["members"]) == 4 for name, chat in found.items() if name in told)
    # The one call under way may have had its effect.
    assert len(found) - len(told) in (0, 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_exit_code_0(tmp_path: Path, number: signal.Signals) -> None:
    async with process(tmp_path / "journal.jsonl") as (running, _):
        running.send_signal(number)
        async with asyncio.timeout(60):
            assert await running.wait() == 0
