"""People in a real browser: by keyboard, on a laptop and a phone, and what axe says of it."""

import pytest

from tests.browser.browsers import needs_chromium
from tests.browser.test_pages import NOTHING_WRONG, visit
from tests.console.running import running
from tests.projections.builders import engine_of
from tests.staff.town import somebody_of_both


@needs_chromium
@pytest.mark.parametrize("width", [1366, 390])
async def test_people_sign_in_see_their_chats_and_sign_out(town_url: str, width: int) -> None:
    async with engine_of(town_url) as engine:
        await somebody_of_both(engine)
    async with running(town_url, who=None) as console:
        found = await visit(console.at.console, width, "visit_people")
    seen = found.pop("seen")
    assert found == NOTHING_WRONG
    assert seen["skip link"] == "К содержанию"
    assert seen["address"] == "/my"
    assert seen["chats"] == ["alpha 7а - Ученики", "alpha chem"]
    assert seen["menu"].split() == ["Чаты", "Дневник"]
    assert seen["no chats"]
    assert seen["too low"] == "/my"
    assert seen["htmx"] == ["x-csrf-token", "x-rollcall-passive"]
