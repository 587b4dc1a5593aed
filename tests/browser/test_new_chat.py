"""A class teacher makes a second chat of the class and deletes it, in a real browser."""

import re

import pytest

from tests.browser.browsers import needs_chromium
from tests.browser.test_chat_edit import deriving
from tests.browser.test_pages import NOTHING_WRONG, visit
from tests.console.running import running
from tests.projections.builders import engine_of
from tests.staff.crowd import crowd


@needs_chromium
@pytest.mark.takes(25)
@pytest.mark.parametrize("width", [1366, 390])
async def test_a_class_teacher_makes_a_chat_and_deletes_it(town_url: str, width: int) -> None:
    async with engine_of(town_url) as engine, deriving(engine):
        await crowd(engine, 30)
        async with running(town_url, who=None) as console:
            found = await visit(console.at.console, width, "visit_new_chat")
    seen = found.pop("seen")
    assert found == NOTHING_WRONG
    assert seen["focus"] == "kind"
    assert seen["address"] == "/chats/new"
    assert (seen["focus after refusal"], seen["focus after adding"]) == ("told", "told")
    assert re.fullmatch(r"/chats/hand:[0-9a-f-]{36}\?made=1", seen["made"])
    assert "родители всех зачисленных в класс учеников" in seen["rule without scripts"]
