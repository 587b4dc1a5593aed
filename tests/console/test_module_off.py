"""Where the module «Чаты» is off, no screen of a school's chats is there, and nothing is done."""

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from console.rest.lists import BASE
from domain.chats import ChatKind
from domain.facts import EmploymentRole
from domain.ids import PersonId, SchoolId
from operations.installation import Installation
from projections.derive.config import ChatKindsOff
from tests.console.attackers import BY_NAME, FOREIGN_THINGS, OWN_THINGS, PEOPLE_OF_NEED, addresses
from tests.console.managing import Managing
from tests.console.running import OPERATOR, running
from tests.console.test_doors import Town
from tests.domain import builders as make
from tests.lessons.timetable import lesson
from tests.projections.builders import ingest
from tests.staff.town import ALPHA, BETA, SchoolIds, somebody_of_both

ALL = frozenset(ChatKind)
EVERYWHERE = Installation(kinds_off=ChatKindsOff(ALL))
HERE = Installation(kinds_off=ChatKindsOff(by_school={SchoolId(ALPHA.school): ALL}))
OF_THE_MODULE = ("/chats", "/summary", f"{BASE}/chats", f"{BASE}/schools")
ASKED = [each for each in addresses(BY_NAME, OWN_THINGS) if each.route.startswith(OF_THE_MODULE)]


@pytest.mark.parametrize("off", [EVERYWHERE, HERE], ids=["everywhere", "here"])
async def test_every_address_of_the_schools_chats_says_so_and_does_nothing(
    town_url: str, off: Installation
) -> None:
    async with running(town_url, who=None, installation=off) as console:
        town = Town(console)
        for who in ("administrator", "leader", "staff"):
            token = await console.sign_in_as(ALPHA.id(who))
            before = await town.state()
            # At a door that is not theirs nobody is told more than that.
            theirs = [each for each in ASKED if who in PEOPLE_OF_NEED[each.door.need]]
            assert len(theirs) >= 20
            for address in theirs:
                answer = await address.ask(console, token=token)
                status, said = 200, "Модуль «Чаты» не подключён"
                if address.route.startswith(BASE):
                    status, said = 403, "module_off"
                assert answer.status_code == status, (who, address)
                assert said in answer.text, (who, address)
                assert "alpha 7а" not in answer.text, (who, address)
            assert await town.state() == before


async def test_a_part_of_a_page_says_so_too(town_url: str) -> None:
    async with running(town_url, who=None, installation=HERE) as console:
        await console.sign_in_as(ALPHA.id("administrator"))
        for path in ("/chats", f"/chats/{ALPHA.staff_room}", "/summary"):
            answer = await console.get(path, part=True)
            assert "<html" not in answer.text
            assert "не подключён" in answer.text


async def test_nobody_is_sent_to_themselves_for_it(town_url: str) -> None:
    async with running(town_url, who=None, installation=HERE) as console:
        elsewhere = await somebody_of_both(console.engine, EmploymentRole.ADMINISTRATOR)
        here = make.employment(
            elsewhere, EmploymentRole.STAFF, school_id=ALPHA.school, version=2
        )  # so that the other school is the only one that they administer
        await ingest(console.engine, here)
        for who, whom in [("administrator", "системы"), ("leader", "школы"), ("both", "школы")]:
            await console.sign_in_as(ALPHA.id(who))
            page = (await console.get(f"/chats?school={ALPHA.school}")).text
            assert f"обратитесь к администратору {whom}." in page


async def test_of_two_schools_only_the_one_in_which_it_is_off_has_no_screens(
    town_url: str,
) -> None:
    async with running(town_url, who=None, installation=HERE) as console:
        await somebody_of_both(console.engine)
        school = Managing(console)
        await school.be("both")
        assert "не подключён" in await school.page(f"?school={ALPHA.school}")
        assert "не подключён" in await school.page()
        assert (await school.titles(f"?school={BETA.school}"))[1] == "beta 7а - Родители"
        assert "не подключён" in (await console.get(f"/chats/{ALPHA.staff_room}")).text
        assert "не подключён" not in (await console.get(f"/chats/{BETA.staff_room}")).text


async def _lesson_of_theirs(engine: AsyncEngine, who: str, ids: SchoolIds) -> str:
    """A lesson of a school's chemistry that is given by this one; its id."""
    known = lesson(lesson_id=ids.id("lesson-of-both"), ids=ids)
    await ingest(engine, replace(known, teacher_id=PersonId(who)))
    return known.lesson_id


@pytest.mark.parametrize("off", [ALPHA, BETA], ids=["where one looks", "elsewhere"])
async def test_the_school_is_that_of_what_an_address_names(town_url: str, off: SchoolIds) -> None:
    there = replace(HERE, kinds_off=ChatKindsOff(by_school={SchoolId(off.school): ALL}))
    async with running(town_url, who=None, installation=there) as console:
        who = await somebody_of_both(console.engine, EmploymentRole.ADMINISTRATOR)
        school = Managing(console)
        await school.be("both")
        for ids in (ALPHA, BETA):
            of_lesson = f"/lessons/{await _lesson_of_theirs(console.engine, who, ids)}"
            answers = [
                await console.get(path)
                for path in (
                    f"/summary/classes/{ids.id('7a')}",
                    f"/summary/print?class={ids.id('7a')}",
                    f"/summary.csv?class={ids.id('7a')}",
                    f"{of_lesson}/settings",
                    f"{of_lesson}/deletion",
                    f"/chats/new?school={ids.school}",
                )
            ] + [
                await school.send(f"{of_lesson}/settings", title="Урок", seen=""),
                await school.send(f"{of_lesson}/deletion", seen=""),
                *[
                    await school.send(path, school=ids.school)
                    for path in ("/chats", "/chats/new", "/chats/new/add")
                ],
            ]
            for answer in answers:
                assert answer.status_code in {200, 303, 409}, answer.url
                assert ("не подключён" in answer.text) is (ids is off), answer.url
        # It takes no school, so none that is named besides stands for the one looked at.
        journal = await console.get(f"/journal?school={BETA.school}")
        assert ("не подключён" in journal.text) is (off is ALPHA)


async def test_of_a_foreign_school_it_is_not_told_whether_it_has_the_module(
    town_url: str,
) -> None:
    there = replace(HERE, kinds_off=ChatKindsOff(by_school={SchoolId(BETA.school): ALL}))
    async with running(town_url, who=None, installation=there) as console:
        token = await console.sign_in_as(ALPHA.id("administrator"))
        for address in addresses(BY_NAME, FOREIGN_THINGS):
            if address.route.startswith("/chats/{chat_id}"):
                answer = await address.ask(console, token=token)
                assert answer.status_code == 404, address
            if address.route.startswith(("/summary/classes/{class_id}", "/lessons/{lesson_id}/")):
                answer = await address.ask(console, token=token)
                assert answer.status_code in {403, 404}, address
        assert (await console.get("/chats/x%00y")).status_code == 404


async def test_whoever_runs_the_installation_keeps_their_pages(town_url: str) -> None:
    async with running(town_url, who=OPERATOR, installation=EVERYWHERE) as console:
        for path in (f"/chats/{ALPHA.staff_room}", f"/chats?school={ALPHA.school}"):
            assert "не подключён" not in (await console.get(path)).text
