"""Where there is nothing to show the screens say so, readably, on a phone."""

from dataclasses import replace

from domain.chats import ChatKind
from domain.facts import EmploymentRole
from domain.ids import SchoolId
from operations.installation import Installation
from projections.derive.config import ChatKindsOff
from tests.browser.browsers import needs_chromium
from tests.browser.test_linking import pictures
from tests.browser.test_pages import NOTHING_WRONG, visit
from tests.console.running import running
from tests.domain import builders as make
from tests.projections.builders import engine_of, ingest

EMPTY, SWITCHED_OFF = "empty", "switched-off"
OFF = ChatKindsOff(by_school={SchoolId(SWITCHED_OFF): frozenset(ChatKind)})


@needs_chromium
async def test_a_screen_without_anything_to_show_says_so(town_url: str) -> None:
    who = replace(make.person("nobodys"), surname="Пустова", given_name="administrator")
    employments = [
        make.employment("nobodys", EmploymentRole.ADMINISTRATOR, school_id=each)
        for each in (EMPTY, SWITCHED_OFF)
    ]
    async with engine_of(town_url) as engine:
        await ingest(engine, make.school(EMPTY), make.school(SWITCHED_OFF), who, *employments)
    async with running(town_url, who=None, installation=Installation(kinds_off=OFF)) as console:
        found = await visit(console.at.console, 390, "visit_empty", *pictures())
    assert found == NOTHING_WRONG | {"seen": {}}
