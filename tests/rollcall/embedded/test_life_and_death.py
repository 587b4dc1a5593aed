"""Who outlives whom: the servers never outlive the process that started them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from rollcall.embedded import EmbeddedError, EmbeddedKafka, EmbeddedPostgres
from tests.rollcall.embedded.processes import all_ended, eventually

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(sys.platform != "linux", reason="the tie to the parent is Linux's"),
]


class Parent:
    """A separate process with both servers running."""

    def __init__(self, directory: Path) -> None:
        script = Path(__file__).with_name("parent.py")
        self.process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, str(script), str(directory)],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.children: list[int] = json.loads(line)

    def end(self) -> None:
        """Leave nothing of it."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[Parent]:
    started = Parent(tmp_path)
    yield started
    started.end()


async def test_both_servers_end_when_their_parent_is_killed(parent: Parent) -> None:
    parent.process.kill()
    assert await all_ended(parent.children)


async def test_both_servers_end_on_control_c(parent: Parent) -> None:
    os.killpg(parent.process.pid, signal.SIGINT)
    assert await all_ended([parent.process.pid, *parent.children])


async def test_the_terminal_signals_the_parent_only(parent: Parent) -> None:
    assert {os.getsid(child) for child in parent.children} == set(parent.children)


async def test_data_directories_are_usable_at_once_after_a_killed_parent(
    parent: Parent, tmp_path: Path
) -> None:
    parent.process.kill()
    assert await all_ended([parent.process.pid])
    async with (
        EmbeddedPostgres(tmp_path / "postgres") as postgres,
        EmbeddedKafka(tmp_path / "kafka"),
    ):
        connection = await asyncpg.connect(postgres.uri)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


async def test_a_second_instance_in_another_process_is_refused(
    parent: Parent, tmp_path: Path
) -> None:
    with pytest.raises(EmbeddedError, match=f"process {parent.process.pid} already runs"):
        await EmbeddedPostgres(tmp_path / "postgres").start()
    with pytest.raises(EmbeddedError, match=f"process {parent.process.pid} already runs"):
        await EmbeddedKafka(tmp_path / "kafka").start()


async def test_a_start_that_is_cancelled_leaves_no_server(tmp_path: Path) -> None:
    server = EmbeddedKafka(tmp_path / "kafka")
    starting = asyncio.create_task(server.start())
    assert await eventually(lambda: server.pid is not None)
    pid = server.pid
    assert pid is not None
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert await all_ended([pid])
