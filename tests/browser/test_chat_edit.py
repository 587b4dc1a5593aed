"""A class teacher changes who is in a chat, in a real browser, with derive at work behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from projections.derive.config import DeriveConfig
from projections.derive.rounds import derive_once
from tests.browser.browsers import needs_chromium
from tests.browser.test_pages import NOTHING_WRONG, visit
from tests.console.running import running
from tests.projections.builders import engine_of
from tests.staff.crowd import crowd, trouble


@asynccontextmanager
async def deriving(engine: AsyncEngine) -> AsyncIterator[None]:
    """Whatever is decided is derived meanwhile."""

    async def derive() -> None:
        while True:
            await derive_once(engine, DeriveConfig())
            await asyncio.sleep(0.1)

    task = asyncio.create_task(derive())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@needs_chromium
@pytest.mark.takes(25)
@pytest.mark.parametrize("width", [1366, 390])
async def test_a_class_teacher_chooses_removes_undoes_and_adds(town_url: str, width: int) -> None:
    async with engine_of(town_url) as engine, deriving(engine):
        await crowd(engine, 30)
        await trouble(engine)
        async with running(town_url, who=None) as console:
            found = await visit(console.at.console, width, "visit_chat")
    seen = found.pop("seen")
    assert found == NOTHING_WRONG
    assert seen["first row"] < (640 if width == 390 else 700)
    assert seen["all without scripts"] == "Выбрано участников (33)"
    assert seen["turned without scripts"] == "Выбрано участников (32)"
    assert seen["found"] == ["Елкина Саша", "Ёлкин Саша"]
    assert seen["address"] == "/chats/class:alpha-7a"
    assert (seen["focus"], seen["focus after adding"]) == ("told", "told")
