"""``rollcall run`` where a server is away or a topic is not as it must be."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from tests.consumers.harness import Harness

PATIENCE = 60.0
NOBODY = "127.0.0.1:1"


@asynccontextmanager
async def ingesting(settings: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """``rollcall run --only ingest`` as a process, killed at the end if it is still there."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from rollcall.cli import main; main()",
        "run",
        "--only",
        "ingest",
        env={"PATH": os.environ["PATH"], "ROLLCALL_LOG__FORMAT": "json", **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(process: asyncio.subprocess.Process, words: str) -> None:
    """Wait for a line with these words."""
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE):
        while words not in (line := (await process.stderr.readline()).decode()):
            assert line, f"it ended before it said {words}"


async def last_words(process: asyncio.subprocess.Process) -> tuple[int | None, list[str]]:
    """The exit code, and what it said that is no log line."""
    assert process.stderr is not None
    lines: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE):
            while raw := await process.stderr.readline():
                lines.append(raw.decode().rstrip("\n"))
            await process.wait()
    except TimeoutError:
        pytest.fail("it does not end; it said\n" + "\n".join(lines))
    return process.returncode, [line for line in lines if not line.startswith("{")]


@pytest.mark.parametrize("away", ["kafka", "postgres"])
async def test_a_server_that_is_away_at_the_start_is_waited_for_and_a_stop_ends_that(
    away: str, kafka_server: str, database_url: str
) -> None:
    settings = {
        "ROLLCALL_KAFKA__BOOTSTRAP": NOBODY if away == "kafka" else kafka_server,
        "ROLLCALL_POSTGRES__URL": (
            f"postgresql://nobody@{NOBODY}/nothing" if away == "postgres" else database_url
        ),
    }
    words = {"kafka": "ingest.waits_for_kafka", "postgres": "run.waits_for_postgresql"}
    async with ingesting(settings) as process:
        await said(process, words[away])
        await said(process, words[away])
        process.send_signal(signal.SIGTERM)
        assert await last_words(process) == (0, [])


@pytest.fixture
async def topic(kafka_server: str, database_url: str, topic_prefix: str) -> AsyncIterator[Harness]:
    made = Harness(kafka_server, database_url, topic_prefix)
    await made.make_topic()
    yield made
    await made.delete_topic()


def _reading(harness: Harness, *topics: str) -> dict[str, str]:
    names = ",".join(f'"{name}"' for name in topics)
    return {
        "ROLLCALL_KAFKA__BOOTSTRAP": harness.kafka.bootstrap,
        "ROLLCALL_POSTGRES__URL": harness.url,
        "ROLLCALL_KAFKA__TOPICS": f"[{names}]",
    }


async def test_missing_topics_end_it_with_one_line_that_names_them(topic: Harness) -> None:
    async with ingesting(_reading(topic, topic.topic, "absent")) as process:
        code, lines = await last_words(process)
    assert (code, len(lines)) == (1, 1)
    assert lines[0].startswith("rollcall: topics do not exist: absent; create them")


async def test_a_compacted_topic_ends_it_with_one_line_that_names_it(topic: Harness) -> None:
    await topic.compact_topic()
    async with ingesting(_reading(topic, topic.topic)) as process:
        code, lines = await last_words(process)
    assert (code, len(lines)) == (1, 1)
    assert lines[0].startswith(f"rollcall: topic {topic.topic} has cleanup.policy=compact")
