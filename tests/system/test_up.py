"""`rollcall up` on a folder: its addresses, commands beside it, another start, a crash."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rollcall.publish import local_today
from tests.rollcall.embedded.processes import all_ended
from tests.servers import plain_http
from tests.system.histories import region
from tests.system.processes import Program, Programs, until

pytestmark = pytest.mark.servers

ADDRESSES = {"kafka", "postgres", "messenger", "messenger_token", "console", "metrics"}
SETTINGS = {
    # Where the webhook was subscribed anew all chats are swept: reads of which this is no test.
    "ROLLCALL_SWEEP__ENABLED": "false",
    "ROLLCALL_SIMULATOR__REQUESTS_PER_SECOND": "600",
    "ROLLCALL_GATEWAY__CALLS_PER_SECOND": "300",
}


@pytest.fixture
async def programs(tmp_path: Path) -> AsyncIterator[Programs]:
    made = Programs(SETTINGS, tmp_path)
    try:
        yield made
    finally:
        await made.end()


async def up(programs: Programs, folder: Path) -> tuple[Program, dict[str, Any]]:
    """Start a stack on a folder, and wait until it says where it is."""
    stack = await programs.start("up", "--data-dir", str(folder))
    found = json.loads(await stack.line())
    assert found.keys() == ADDRESSES
    assert all(found.values())
    return stack, found


async def settled(programs: Programs, folder: Path) -> dict[str, Any]:
    """Wait until the stack on this folder is settled; its status."""
    words = ("status", "--json", "--wait", "60", "--data-dir", str(folder))
    code, out = await programs.ask(*words, within=90)
    assert code == 0, out
    found: dict[str, Any] = json.loads(out)
    return found


async def sim(found: dict[str, Any], what: str) -> dict[str, Any]:
    """What the stack's messenger tells."""
    async with plain_http.client(base_url=found["messenger"]) as http:
        answer: dict[str, Any] = (await http.get(f"/sim/{what}")).json()
        return answer


async def first_page(found: dict[str, Any]) -> str:
    """What a browser comes to at the stack's console, before anybody is signed in."""
    async with plain_http.client(follow_redirects=True) as http:
        page = await http.get(found["console"])
    assert (page.status_code, page.url.path) == (200, "/sign-in")
    return page.text


@pytest.mark.timeout(180)
async def test_a_stack_keeps_its_folder_over_restarts_and_leaves_no_process(
    programs: Programs, tmp_path: Path, seed: int
) -> None:
    folder = tmp_path / "stack"
    file = tmp_path / "events.jsonl"
    events = region(90, seed % 1000, local_today())
    file.write_text("\n".join(map(json.dumps, events)) + "\n{}\n", encoding="utf-8")

    first, found = await up(programs, folder)
    assert "Людей пока нет" in await first_page(found)
    code, out = await programs.ask("publish", str(file), "--data-dir", str(folder), "--json")
    assert (code, json.loads(out)) == (1, {"published": len(events), "refused": 1})
    assert f"{file}:{len(events) + 1}: " in programs.started[-1].said()
    status = await settled(programs, folder)
    assert status["catching_up"] is None
    assert status["converged"] > 10
    chats = await sim(found, "chats")
    assert len(chats["chats"]) == status["converged"]
    assert "Администраторы ОО" in await first_page(found)

    beside = await programs.start("run", "--data-dir", str(folder))
    again = await programs.ask("publish", str(file), "--data-dir", str(folder))
    assert again[0] == 1
    await settled(programs, folder)
    assert await beside.terminate() == 0
    assert await sim(found, "chats") == chats

    children = first.children()
    first.send(signal.SIGINT)
    assert await first.exit() == 0
    assert await first.rest() == ""
    assert await all_ended(children)

    second, found = await up(programs, folder)
    await settled(programs, folder)
    assert await sim(found, "chats") == chats
    stats = await sim(found, "stats")
    assert (sum(stats["changing"].values()), stats["reads"]) == (0, 0), stats

    children = second.children()
    assert len(children) > 1
    await second.kill()
    assert await all_ended(children)
    assert programs.tracebacks() == []


@pytest.mark.timeout(120)
async def test_ctrl_c_while_servers_start_ends_them_too(programs: Programs, tmp_path: Path) -> None:
    starting = await programs.start("up", "--data-dir", str(tmp_path / "stack"))
    await until(lambda: len(starting.children()) > 1, "no server is started")
    children = starting.children()
    starting.send(signal.SIGINT)
    assert await starting.exit(within=30) == 0
    assert await all_ended(children)
    assert programs.tracebacks() == []
