"""«Управление чатами» in a real browser, at the width of a laptop and of a phone."""

import pytest

from tests.browser.browsers import needs_chromium
from tests.browser.test_pages import NOTHING_WRONG, visit
from tests.console.managing import Managing
from tests.console.running import running
from tests.staff.town import ALPHA


async def furnish(school: Managing) -> None:
    """30 chats, one of them held, and a pupil of a surname of her own."""
    await school.nothing_held()
    await school.sql(
        """INSERT INTO chats (chat_id, kind, school_id, class_id, title)
           SELECT 'hand:' || n, 'subject', 'alpha', 'alpha-7a', 'alpha 7а - Кружок ' || n
             FROM generate_series(1, 23) n"""
    )
    await school.sql("UPDATE fact_people SET surname = 'Ёжикова' WHERE person_id = 'alpha-pupil-3'")
    await school.sql(
        "UPDATE held_plans SET state = 'held', people = jsonb_build_array(jsonb_build_object("
        "'max_user_id', 1, 'person_id', 'alpha-pupil-1', 'cause', 'unlinked', 'reasons', '[]'))"
        " WHERE chat_id = :chat",
        chat=ALPHA.chat("class", "7a"),
    )


@needs_chromium
@pytest.mark.parametrize("width", [1366, 390])
async def test_an_administrator_finds_chats_decides_and_deletes(town_url: str, width: int) -> None:
    async with running(town_url, who=None) as console:
        school = Managing(console)
        await furnish(school)
        found = await visit(console.at.console, width, "visit_school_chats")
        seen = found.pop("seen")
        assert found == NOTHING_WRONG
        assert seen["focus after filters"] == "surname"
        assert seen["address"].startswith("/chats?member=")
        if width >= 768:
            assert seen["first by title, descending"] == "alpha phys"
        assert seen["focus after a page"] == "page-on"
        assert seen["who leaves"] == ["Своева pupil-1 Ивановна"]
        assert seen["focus after a mistake"] == "confirmation"
        assert seen["deleted"].split() == ["…", "Удаляется"]
        assert sorted(seen["without scripts"]) == ["alpha 8б - Ученики", "alpha phys"]
        decided = await school.fetch("SELECT decision, decided_by FROM plan_decisions")
        assert decided == [("approved", ALPHA.id("administrator"))]
        assert await school.fetch("SELECT author FROM decisions WHERE subject = 'deleted'") == [
            (ALPHA.id("administrator"),)
        ]
