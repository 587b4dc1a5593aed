"""«Сводка школы» in a real browser, at the width of a laptop and of a phone."""

import pytest

from tests.browser.browsers import needs_chromium
from tests.browser.test_pages import NOTHING_WRONG, visit
from tests.console.managing import Managing
from tests.console.running import running
from tests.console.test_summary import keep_out
from tests.staff.town import ALPHA


@needs_chromium
@pytest.mark.parametrize("width", [1366, 390])
async def test_who_is_not_in_yet_is_found_and_printed_and_kinds_are_switched(
    town_url: str, width: int
) -> None:
    async with running(town_url, who=None) as console:
        await keep_out(
            Managing(console), "pupil-1", ALPHA.chat("class", "7a"), "add.participant.privacy"
        )
        found = await visit(console.at.console, width, "visit_summary")
    seen = found.pop("seen")
    assert found == NOTHING_WRONG
    assert seen["classes"] == ["Вся школа", "alpha 7а", "alpha 8б"]
    assert seen["heading"] == "Сводка: alpha 7а"
    assert seen["first row"] < 500
    assert seen["focus after filters"] == "Загрузить"
    assert seen["address"] == "/summary/classes/alpha-7a?size=50&part=&show=outside"
    assert seen["switched"].startswith("Такие чаты снова создаются сами")
    assert seen["on paper"] == ["card rc-sheet"]
    assert seen["dark on paper"] == []
    assert seen["theme from the start"] == "dark"
    assert seen["sheet in the dark"] == "rgb(255, 255, 255)"
