"""«Инициализировать список чатов» in a real browser, at the width of a laptop and of a phone."""

import asyncio
import os

import pytest

from tests.browser.browsers import needs_chromium
from tests.browser.test_pages import NOTHING_WRONG, visit
from tests.console.managing import Managing
from tests.console.running import running
from tests.console.test_initialisation import looked_at, ready
from tests.staff.town import ALPHA

_COLLEAGUE = "SELECT count(*) FROM sessions WHERE person_id = 'alpha-leader'"


async def loops(school: Managing) -> None:
    """The loops, which have time for it once somebody else has come in; one chat needs help."""
    while await school.fetch(_COLLEAGUE) == [(0,)]:  # noqa: ASYNC110 - a visit announces itself nowhere
        await asyncio.sleep(0.1)
    await looked_at(school)
    await school.sql(
        "UPDATE chat_sync SET waiting = 'parked' WHERE chat_id = :chat",
        chat=ALPHA.chat("class", "7a"),
    )


@needs_chromium
@pytest.mark.parametrize("width", [1366, 390])
async def test_an_administrator_initialises_the_list_and_sees_what_became_of_it(
    town_url: str, width: int
) -> None:
    pictures = os.environ.get("ROLLCALL_TEST_PICTURES")
    async with running(town_url, who=None) as console:
        school = Managing(console)
        await ready(school)
        working = asyncio.create_task(loops(school))
        try:
            found = await visit(
                console.at.console,
                width,
                "visit_initialisation",
                *(("--pictures", pictures) if pictures else ()),
            )
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
    seen = found.pop("seen")
    assert found == NOTHING_WRONG
    assert seen["address"] == f"/initialisation/{ALPHA.school}?kind=class&kind=parents&hand=drop"
    assert seen["who leaves"] == "Своева staff Ивановна"
    assert seen["focus while it goes on"] == "Проверить ещё раз"
    assert "4 чата, из них создано 0. Сошлись 3." in seen["result"]
    assert seen["without scripts"] == "Инициализация идёт"
