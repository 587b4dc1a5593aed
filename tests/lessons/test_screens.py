"""The journal, the settings, the way in and the diary, asked over HTTP by each of the school."""

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from console.entrance.forgery import FIELD, form_token
from operations.class_journal import Period
from tests.console.attackers import own_page
from tests.console.managing import words
from tests.console.running import Running, running
from tests.lessons.timetable import MINUTE, NINE, L, Timetable, lesson
from tests.staff.town import ALPHA, BETA

LINK = "max.ru/call"


class Visits:
    """A console over the timetable's database, asked by one after another."""

    def __init__(self, console: Running) -> None:
        self.console = console
        self.token = ""

    async def be(self, who: str, ids: object = ALPHA) -> None:
        assert isinstance(ids, type(ALPHA))
        self.token = await self.console.sign_in_as(ids.id(who))

    async def get(self, path: str, *, part: bool = False) -> httpx2.Response:
        return await self.console.get(path, part=part)

    async def page(self, path: str, *, part: bool = False) -> str:
        answer = await self.get(path, part=part)
        assert answer.status_code == 200, (path, answer.status_code, words(answer.text))
        assert LINK not in answer.text
        assert LINK not in str(answer.headers)
        return answer.text

    async def send(self, path: str, **fields: str) -> httpx2.Response:
        return await self.console.client.post(
            self.console.at.console + path,
            data=fields | {FIELD: form_token(self.token)},
            headers=own_page(self.console),
        )

    async def form(self, path: str, **fields: str) -> httpx2.Response:
        """Fill in the form of a page and send it."""
        page = await self.page(path)
        seen = re.findall(r'name="seen" value="([^"]*)"', page)
        return await self.send(path, **({"seen": seen[0]} | fields))


JOURNAL = "/journal?class=alpha-7a&subject=Химия&on=2026-11-24"
SETTINGS, DELETION, OPEN = (f"/lessons/{L}/{each}" for each in ("settings", "deletion", "open"))


@pytest.fixture
async def visits(school: Timetable, town_url: str) -> AsyncIterator[Visits]:
    await school.register(lesson())
    async with running(town_url, who=None) as console:
        yield Visits(console)


async def test_a_teacher_makes_renames_opens_and_deletes_a_lesson(
    school: Timetable, visits: Visits
) -> None:
    await visits.be("chemist")
    page = await visits.page(JOURNAL)
    assert "Материки и океаны" in page
    assert "09:00 – 09:40" in words(page)
    assert "Создать" in page
    settings = await visits.page(SETTINGS)
    assert "Урок по предмету «Химия» от 24.11.2026 09:00" in settings
    assert "Система ВКС Сферум" in words(settings)
    answer = await visits.form(SETTINGS, title="Урок по предмету «Химия» от 24.11.2026 09:00")
    assert answer.status_code == 303
    assert "Ждёт" in words(await visits.page(answer.headers["location"]))
    await school.settle()
    page = words(await visits.page(JOURNAL))
    assert "Открыть" in page
    assert "Ждёт" not in page
    assert "Дистанционный урок еще не начался" in await visits.page(OPEN)
    await visits.form(SETTINGS, title="Соли")
    await school.settle()
    await school.at(NINE)
    assert "Подключиться к уроку" in await visits.page(OPEN, part=True)
    entered = await visits.get(OPEN)
    assert entered.status_code == 303
    assert entered.headers["location"].startswith(f"https://{LINK}/")
    assert entered.headers["cache-control"] == "no-store"
    assert entered.headers["referrer-policy"] == "same-origin"
    assert LINK not in entered.text
    assert (await visits.form(DELETION, insists="")).status_code == 409
    page = await visits.page(DELETION)
    assert "Сейчас в звонке могут быть люди" in words(page)
    assert (await visits.form(DELETION, insists="1")).status_code == 303
    await school.settle()
    assert await school.calls() == {}
    await school.at(NINE + 40 * MINUTE)
    assert "Урок завершился" in await visits.page(JOURNAL)


async def test_at_its_end_whoever_waits_is_told_and_led_home(
    school: Timetable, visits: Visits
) -> None:
    await school.plan()
    await school.settle()
    await visits.be("pupil-1")
    assert "До начала: 30 мин" in await visits.page(OPEN, part=True)
    for moment, asks in (
        (NINE - 30 * MINUTE, "every 20s"), (NINE - timedelta(seconds=61), "every 20s"),
        (NINE - MINUTE, "every 2s"), (NINE, "every 2s"),
    ):  # fmt: skip
        await school.at(moment)
        assert asks in await visits.page(OPEN, part=True), moment
    await school.at(NINE - timedelta(seconds=1))
    assert "До начала: 1 секунда" in await visits.page(OPEN)
    await school.at(NINE + 40 * MINUTE)
    assert "Звонок завершен" in await visits.page(OPEN, part=True)
    home = await visits.get(f"{OPEN}?home=1", part=True)
    assert home.headers["hx-redirect"] == "/my"


@pytest.mark.parametrize(
    ("who", "status"),
    [("chemist", 303), ("pupil-1", 303), ("pupil-2", 303), ("pupil-3", 404), ("parent-1", 404),
     ("physicist", 404), ("leader", 404), ("administrator", 404), ("left-teacher", 404)],
)  # fmt: skip
async def test_the_link_is_for_the_groups_people_alone(
    school: Timetable, visits: Visits, who: str, status: int
) -> None:
    await school.plan()
    await school.settle()
    await school.at(NINE + MINUTE)
    await visits.be(who)
    answer = await visits.get(OPEN)
    assert answer.status_code == status, words(answer.text)
    assert (LINK in str(answer.headers)) is (status == 303)


async def test_the_foreign_schools_people_see_and_open_nothing(
    school: Timetable, visits: Visits
) -> None:
    await school.plan()
    await school.settle()
    await school.at(NINE + MINUTE)
    for who in ("chemist", "administrator", "pupil-1", "parent-1"):
        await visits.be(who, BETA)
        for path in (OPEN, SETTINGS, DELETION):
            assert (await visits.get(path)).status_code in {303, 404}
            assert LINK not in str((await visits.get(path)).headers)
    assert (await visits.send(SETTINGS, title="x")).status_code in {403, 404}


async def test_who_replaces_the_teacher_gives_that_lesson_and_no_other(
    school: Timetable, visits: Visits
) -> None:
    await school.register(lesson(teacher="physicist"))
    await school.register(lesson(NINE + 60 * MINUTE, lesson_id="alpha-other"))
    await visits.be("physicist")
    page = words(await visits.page(JOURNAL))
    assert "09:00 – 09:40" in page
    assert "10:00 – 10:40" not in page
    assert (await visits.form(SETTINGS, title="Замена")).status_code == 303
    assert (await visits.get("/lessons/alpha-other/settings")).status_code == 404
    await school.settle()
    await school.at(NINE)
    assert (await visits.get(OPEN)).status_code == 303
    await school.register(lesson(teacher="chemist"))
    assert (await visits.get(OPEN)).status_code == 404


async def test_a_former_member_gets_no_link(school: Timetable, visits: Visits) -> None:
    await school.plan()
    await school.settle()
    await school.at(NINE + MINUTE)
    await visits.be("pupil-1")
    assert (await visits.get(OPEN)).status_code == 303
    await school.sql("DELETE FROM expected_members WHERE person_id = 'alpha-pupil-1'")
    assert (await visits.get(OPEN)).status_code == 404


async def test_the_diary_shows_the_way_in_only_while_the_lesson_runs(
    school: Timetable, visits: Visits
) -> None:
    await visits.be("pupil-1")
    assert "Дистанционный урок" not in await visits.page("/diary")
    await school.plan()
    await school.settle()
    page = await visits.page("/diary")
    assert "Вторник, 24 ноября 2026 г." in page
    assert "Дистанционный урок" in page
    assert OPEN not in page
    await school.at(NINE)
    assert OPEN in await visits.page("/diary", part=True)
    await visits.be("parent-1")
    page = await visits.page("/diary")
    assert "Дистанционный урок идёт" in page
    assert OPEN not in page
    await visits.be("pupil-3")
    assert "Химия" not in await visits.page("/diary")
    await visits.be("pupil-1")
    await school.at(NINE + 40 * MINUTE)
    page = await visits.page("/diary")
    assert "Звонок завершен" in page
    assert OPEN not in page


async def test_what_somebody_decided_meanwhile_is_not_overwritten(
    school: Timetable, visits: Visits
) -> None:
    await visits.be("chemist")
    await school.plan("Первое")
    answer = await visits.send(SETTINGS, title="Второе", seen="")
    assert answer.status_code == 409
    assert "изменил кто-то другой" in answer.text
    assert "Второе" in answer.text
    assert (await visits.send(SETTINGS, title="Первое", seen="")).status_code == 303
    assert (await visits.send(DELETION, seen="")).status_code == 409
    assert (await visits.send(SETTINGS, title=" \t ", seen="")).status_code == 409


async def test_the_journal_tells_what_keeps_a_call_and_what_to_do(
    school: Timetable, visits: Visits
) -> None:
    await visits.be("chemist")
    await school.plan()
    await school.fault(method="POST", path="/partner/v1/calls", kind="status", status=400, count=1)
    await school.loop.once()
    page = words(await visits.page(JOURNAL))
    assert "Нужна помощь MAX отказал." in page
    await school.at(NINE + MINUTE)
    opened = words(await visits.page(OPEN))
    assert "Звонок ещё создаётся MAX отказал" in re.sub(r" Урок [0-9.:, –]*", " ", opened)


async def test_the_journal_asks_by_itself_for_what_it_shows(visits: Visits) -> None:
    await visits.be("chemist")
    assert "every 5s" not in await visits.page("/journal")
    first = await visits.page(JOURNAL)
    other = await visits.page(f"{JOURNAL}&period=month&size=10&page=2", part=True)
    asked = re.compile(r'hx-get="([^"]*)" hx-trigger="every 5s"')
    assert "size=50" in asked.findall(first)[0]
    (address,) = map(html.unescape, asked.findall(other))
    assert {"page=2", "size=10", "period=month", "on=2026-11-24"} <= set(re.split("[?&]", address))


async def test_periods_and_empty_states(visits: Visits) -> None:
    await visits.be("chemist")
    assert "Выберите класс и предмет" in await visits.page("/journal")
    elsewhere = JOURNAL.replace("11-24", "12-24")
    assert "Уроков нет" in await visits.page(elsewhere)
    assert "Материки" in await visits.page(JOURNAL.replace("11-24", "11-29"))
    assert "Материки" not in await visits.page(JOURNAL.replace("11-24", "11-29") + "&period=day")
    assert (await visits.get("/journal?on=x")).status_code == 422
    await visits.be("staff")
    assert "У вас пока нет уроков" in await visits.page("/journal")


async def test_a_day_that_no_school_has_is_not_understood(visits: Visits) -> None:
    pages = {
        "chemist": [f"/journal?period={each.value}" for each in Period],
        "pupil-1": ["/diary?"],
    }
    for who, paths in pages.items():
        await visits.be(who)
        for path in paths:
            for day in ("1900-01-01", "2199-12-31"):
                await visits.page(f"{path}&on={day}")
            for day in ("0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"):
                assert (await visits.get(f"{path}&on={day}")).status_code == 422, (path, day)


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "Урок «Ёж» & О'Коннор", "Ы" * 200, "{{ 7 * 7 }}", "💧 Вода"],
)
async def test_whatever_a_lesson_is_called_it_is_text(
    school: Timetable, visits: Visits, name: str
) -> None:
    await school.sql("UPDATE fact_lessons SET lesson_topic = :name", name=name)
    await visits.be("chemist")
    assert (await visits.form(SETTINGS, title=name)).status_code == 303
    await school.settle()
    (call,) = (await school.calls()).values()
    assert call["title"] == name
    for path in (JOURNAL, SETTINGS, DELETION, OPEN):
        page = await visits.page(path)
        assert name in html.unescape(page), path
        assert "<script>alert" not in page
        assert name not in page.partition("</title>")[0]
    await visits.be("pupil-1")
    assert name in html.unescape(await visits.page("/diary"))


@pytest.mark.parametrize("title", ["", " ", "a\u202eb", "a\u200bb", "Ы" * 201, "a\x00"])
async def test_a_name_that_cannot_be_read_is_refused(
    school: Timetable, visits: Visits, title: str
) -> None:
    await visits.be("chemist")
    answer = await visits.form(SETTINGS, title=title)
    assert (answer.status_code == 303) is (title == "a\x00")
    await school.settle()
    assert len(await school.calls()) == (title == "a\x00")
