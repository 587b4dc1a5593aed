"""Kinds of chat switched on the screen «Настройки коммуникативной среды»."""

import re
from urllib.parse import unquote

from domain.chats import ChatKind
from domain.ids import SchoolId
from operations.installation import Installation
from projections.derive.config import ChatKindsOff
from tests.console.managing import Managing, words
from tests.console.running import OPERATOR, running
from tests.staff.town import ALPHA, BETA

JOURNAL = """SELECT school_id, kind, choice, author FROM decisions
              WHERE subject = 'kind' ORDER BY at"""
MARKS = "SELECT kind, id FROM stale_entities"


async def switch(school: Managing, kind: str, created: str, of: str = ALPHA.school) -> int:
    answer = await school.send("/settings/kinds", school=of, kind=kind, created=created)
    return answer.status_code


async def shown(school: Managing, kind: str, query: str = "") -> str:
    page = (await school.console.get(f"/settings{query}")).text
    found = re.search(rf'<li id="kind-{kind}">.*?</li>', page, re.DOTALL)
    assert found, page
    return words(found[0])


async def test_whoever_answers_for_the_school_switches_a_kind_and_is_named(town_url: str) -> None:
    async with running(town_url, who=None) as console:
        school = Managing(console)
        await school.be("administrator")
        assert "Создаются" in await shown(school, "parents")
        for _ in range(2):  # as a form that is sent twice
            assert await switch(school, "parents", "off") == 303
        row = await shown(school, "parents", "?switched=parents")
        assert "Не создаются" in row
        assert "Своева administrator Ивановна" in row
        assert "Записано" in row
        assert await school.fetch(MARKS) == [("school", ALPHA.school)]
        assert "Выключить" in await shown(school, "class")
        await console.sign_in(OPERATOR)
        assert "Не создаются" in await shown(school, "parents", f"?school={ALPHA.school}")
        assert "Создаются" in await shown(school, "parents", f"?school={BETA.school}")
        await school.be("administrator")
        assert await switch(school, "parents", "on") == 303
        who = ALPHA.id("administrator")
        assert await school.fetch(JOURNAL) == [
            (ALPHA.school, "parents", "off", who), (ALPHA.school, "parents", "on", who),
        ]  # fmt: skip
        told = await school.fetch("SELECT value::text FROM outbox")
        assert sum("rollcall.kind.decided.v1" in str(value) for (value,) in told) == 2


async def test_all_kinds_switched_off_on_the_screen_can_be_switched_on_there_again(
    town_url: str,
) -> None:
    async with running(town_url, who=None) as console:
        school = Managing(console)
        await school.be("administrator")
        for kind in ChatKind:
            assert await switch(school, kind.value, "off") == 303
        assert "Включить" in await shown(school, "staff_room")
        assert len(await school.titles()) == 7


async def test_what_the_settings_switch_off_and_what_is_not_ones_own_is_not_switched(
    town_url: str,
) -> None:
    off = ChatKindsOff(by_school={SchoolId(ALPHA.school): frozenset({ChatKind.SUBJECT})})
    async with running(town_url, who=None, installation=Installation(kinds_off=off)) as console:
        school = Managing(console)
        await school.be("administrator")
        row = await shown(school, "subject")
        assert "администратором системы" in row
        assert "Включить" not in row
        assert await switch(school, "subject", "on") == 403
        assert await switch(school, "parents", "off", BETA.school) == 403
        assert await switch(school, "parents", "maybe") == 422
        for who in ("leader", "staff"):
            await school.be(who)
            assert await switch(school, "parents", "off") == 403, who
        assert await school.fetch(JOURNAL) == []


async def test_an_operator_whose_name_is_no_id_decides_under_a_name_that_is_published(
    town_url: str,
) -> None:
    async with running(town_url, who=None) as console:
        school = Managing(console, await console.sign_in(OPERATOR))
        assert await switch(school, "class", "off") == 303
        assert await school.fetch(JOURNAL) == [(ALPHA.school, "class", "off", "operator")]


async def test_what_can_be_no_schools_id_is_not_understood(town_url: str) -> None:
    async with running(town_url, who=None) as console:
        school = Managing(console)
        await school.be("administrator")
        for bad in ("%00", "x%00y", "x y", f"{ALPHA.school}%0A"):
            assert (await console.get(f"/settings?school={bad}")).status_code == 422, bad
            assert await switch(school, "parents", "off", unquote(bad)) == 422, bad
        assert await school.fetch(JOURNAL) == []
