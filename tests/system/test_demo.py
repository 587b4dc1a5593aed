"""`rollcall demo` as a person starts it: the example school, and Ctrl-C at any moment."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from rollcall.commands.session import INTERRUPTED
from rollcall.publish import local_today
from synth.example import example_records
from tests.oracle import naive
from tests.rollcall.embedded.processes import all_ended
from tests.system.processes import Program, Programs, until

pytestmark = pytest.mark.servers

MEMBERS = {
    "events",
    "quarantined",
    "chats",
    "expected",
    "deliverable",
    "present",
    "converged",
    "calls",
    "reads",
    "minimal_calls",
    "seconds",
}


@pytest.fixture
async def programs(tmp_path: Path) -> AsyncIterator[Programs]:
    made = Programs({}, tmp_path)
    try:
        yield made
    finally:
        await made.end()


def example() -> list[dict[str, Any]]:
    """The example school's events, without the records that are none."""
    events = []
    for record in example_records(local_today()):
        try:
            event = json.loads(record.value or b"")
            datetime.fromisoformat(event["data"].get("effective_on", "2026-01-01"))
        except ValueError:
            continue
        events.append(event)
    return events


@pytest.mark.timeout(180)
async def test_the_example_school_converges_in_the_fewest_calls(programs: Programs) -> None:
    code, out = await programs.ask("demo", "--once", within=150)
    (said,) = programs.started
    assert code == 0, said.said()
    summary = json.loads(out.splitlines()[-1])
    assert summary.keys() >= MEMBERS
    chats = naive.chats(example(), datetime.now(UTC)).values()
    kept = [chat for chat in chats if not chat.frozen]
    assert summary["events"] == len(example()) + 2
    assert summary["quarantined"] == 2
    assert summary["chats"] == len(chats)
    assert summary["expected"] == sum(len(chat.members) for chat in kept)
    assert summary["deliverable"] == sum(len(chat.accounts) for chat in kept)
    assert summary["present"] == summary["deliverable"]
    assert summary["converged"] is True
    assert sum(summary["calls"].values()) == summary["minimal_calls"]
    assert summary["reads"] == 0
    assert programs.tracebacks() == []


@pytest.mark.timeout(180)
async def test_ctrl_c_ends_the_demo_and_every_child_of_it(
    programs: Programs, tmp_path: Path, seed: int
) -> None:
    """Three times: while servers start, while the school converges, and somewhere between."""
    rng = Random(seed)
    for moment in ("servers", "anywhere", "chats"):
        folder = tmp_path / moment
        demo = await programs.start("demo", "--once", "--data-dir", str(folder), group=True)
        await _reached(moment, demo, folder)
        await asyncio.sleep(rng.uniform(0, 2) if moment == "anywhere" else 0)
        children = demo.children()
        # A terminal tells the whole group; a child is none of it but in the instant of its fork.
        (demo.send if moment == "servers" else demo.send_group)(signal.SIGINT)
        assert await demo.exit(within=30) == INTERRUPTED
        assert await all_ended(children), moment
    assert programs.tracebacks() == []


async def _reached(moment: str, demo: Program, folder: Path) -> None:
    """Wait until the demo is so far."""
    await until(lambda: len(demo.children()) > 1, "no server is started")
    if moment == "servers":
        return
    await until((folder / "stack.json").exists, "the servers do not come up")
    if moment == "chats":
        journal = folder / "messenger.journal"
        await until(lambda: journal.exists() and journal.stat().st_size > 10_000, "no chat is made")
