"""The pages in a real browser, at the width of a laptop and of a phone."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.browser.browsers import CHROMIUM, needs_chromium
from tests.console.builders import HOSTILE_TITLE, populate
from tests.console.running import running

ROOT = Path(__file__).parents[2]


NOTHING_WRONG: dict[str, Any] = {
    "wider_than_the_screen": [],
    "errors": [],
    "foreign_requests": [],
    "dialogs": [],
    "cut_off": [],
    "inaccessible": [],
}
"""What a visit notes of any page, where nothing is wrong with it."""


async def visit(base: str, width: int, module: str = "visit", *more: str) -> dict[str, Any]:
    """What ``tests.browser.visit``, or another of its kind, found."""
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", f"tests.browser.{module}", "--base", base),
        *("--browser", CHROMIUM, "--width", str(width), *more),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()
    found: dict[str, Any] = json.loads(out)
    return found


@needs_chromium
@pytest.mark.parametrize("width", [1366, 360])
async def test_pages_fit_work_and_ask_no_other_host(database_url: str, width: int) -> None:
    await populate(database_url)
    async with running(database_url) as console:
        found = await visit(console.at.console, width)
    seen = found.pop("seen")
    assert found == NOTHING_WRONG
    assert seen["/"] == "Обзор · Rollcall"
    assert seen["parents"] == ["9а - Родители"]
    assert seen["proposals"] == ["9а - Родители"]
    assert seen["address"] == {"kind": ["parents"], "size": ["25"]}
    assert seen["without scripts"] == ["9а - Родители"]
    assert HOSTILE_TITLE not in seen.values()
