"""A lesson at nine in a browser: the teacher, pupils, a guardian, and somebody of another school.

Another one at nine is given by a teacher in another's place.

A process of its own, as ``tests.browser.visit_people``, whose tour it goes on with. The clock is
set in the database; nothing is reloaded while somebody waits. Of the call it is seen where the new
tab is led; nobody answers there.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.visit import Found, opened, walking
from tests.browser.visit_people import Tour
from tests.lessons.timetable import MINUTE, NINE, L, set_clock
from tests.projections.builders import engine_of

PATIENCE_MS = 30_000
JOURNAL = "/journal?class=alpha-7a&subject=Химия"
OPEN = f"/lessons/{L}/open"


@dataclass(frozen=True)
class Given:
    """What every visitor has in common."""

    browser: Browser
    base: str
    width: int
    found: Found
    pictures: Path | None
    database: str

    def at(self, moment: datetime) -> None:
        """Set the clock; in a thread, since playwright's loop runs in this one."""

        async def go() -> None:
            async with engine_of(self.database) as engine:
                await set_clock(engine, moment)

        setting = threading.Thread(target=lambda: asyncio.run(go()))
        setting.start()
        setting.join()

    @contextmanager
    def someone(self, who: str, to: str) -> Iterator[Tour]:
        """Signed in as this one, at this address."""
        with opened(self.browser, self.width, self.found, self.base) as page:
            page.goto(f"{self.base}/sign-in?next=/my")
            page.get_by_label("Фамилия").fill(who.partition(" ")[0])
            page.keyboard.press("Enter")
            page.get_by_role("button", name=who, exact=False).first.wait_for()
            tour = Tour(page, self.base, self.found, self.pictures)
            tour.choose(who)
            tour.heading("Чаты")
            page.goto(self.base + to)
            yield tour

    def judge(self, page: Page) -> None:
        """No page of ours has the link."""
        if "max.ru/call" in page.content():
            pages = self.found.seen.setdefault("in the pages", [])
            assert isinstance(pages, list)
            pages.append(page.url)


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text, timeout=PATIENCE_MS)


def into(page: Page, tour: Tour, name: str) -> str:
    """Press what opens a new tab; where that leads, without what is after the last stroke."""
    with page.context.expect_event(
        "request", lambda asked: "/call/" in asked.url, timeout=PATIENCE_MS
    ) as asked:
        Tour(page, tour.base, tour.found, None).choose(name)
    url: str = asked.value.url
    return url.rpartition("/")[0] + "/"


def shows_what_was_chosen(page: Page) -> None:
    """The journal asks by itself for the page that it shows by now, not for its first."""
    size = page.get_by_label("Число записей на странице")
    with page.expect_request(
        lambda asked: "size=10" in asked.url and "x-rollcall-passive" in asked.headers,
        timeout=PATIENCE_MS,
    ):
        size.select_option("10")
    expect(size).to_have_value("10")


def load(given: Given, teacher: Tour, class_name: str) -> None:
    """Choose what the journal shows."""
    page = teacher.page
    if given.width < 768:
        page.get_by_text("Фильтры", exact=True).click()
    page.get_by_label("Класс/параллель").select_option(class_name)
    page.get_by_label("Предмет").select_option("Химия")
    teacher.choose("Загрузить")


def save(teacher: Tour) -> None:
    """«Создать» in the settings, until the call is there."""
    teacher.choose("Создать")
    teacher.heading("Классный журнал")
    expect(teacher.page.get_by_text("Ждёт")).to_have_count(0, timeout=PATIENCE_MS)


def make_it(given: Given, teacher: Tour) -> Page:
    """From the journal to a lesson that has not begun; the tab that says so."""
    page, seen = teacher.page, given.found.seen
    teacher.heading("Классный журнал")
    expect(page.get_by_text("Выберите класс и предмет")).to_be_visible()
    teacher.look("journal-empty")
    load(given, teacher, "alpha 7а")
    expect(page.get_by_text("Материки и океаны")).to_have_count(2)
    teacher.look("journal")
    shows_what_was_chosen(page)
    teacher.choose("Создать")
    teacher.heading("Настройки дистанционного урока")
    seen["name"] = page.get_by_label("Наименование урока").input_value()
    teacher.look("lesson-settings")
    save(teacher)
    teacher.look("journal-made")
    given.judge(page)
    given.at(NINE - MINUTE)
    with page.context.expect_page() as tab:
        teacher.choose("Открыть")
    heading(tab.value, "Дистанционный урок еще не начался")
    Tour(tab.value, given.base, given.found, given.pictures).look("lesson-before")
    return tab.value


def in_anothers_place(given: Given) -> None:
    """Who gives one lesson of another's group sees that one, makes its call and enters."""
    seen = given.found.seen
    with given.someone("Своева other-leader", "/journal") as teacher:
        page = teacher.page
        load(given, teacher, "alpha 8б")
        topics = page.get_by_text("Материки и океаны")
        expect(topics).not_to_have_count(0)
        seen["lessons of the one who replaces"] = topics.count()
        teacher.choose("Создать")
        teacher.heading("Настройки дистанционного урока")
        save(teacher)
        seen["who replaces in"] = into(page, teacher, "Открыть")
        given.judge(page)


def live(given: Given, teacher: Tour, pupil: Tour) -> None:
    """It begins, whoever may enters, and it is over."""
    seen = given.found.seen
    seen["in the pages"] = []
    waiting = make_it(given, teacher)
    enter = pupil.page.get_by_role("link", name="Открыть окно дистанционного урока")
    told = pupil.page.get_by_text("Откроется 24.11.2026 в 09:00.")
    expect(told).to_be_visible(timeout=PATIENCE_MS)
    pupil.look("diary-before")
    seen["pupil before"] = enter.count()
    waiting.locator("h1").focus()
    given.at(NINE)
    heading(waiting, "Дистанционный урок идёт")
    seen["focus"] = waiting.evaluate("document.activeElement.tagName")
    Tour(waiting, given.base, given.found, given.pictures).look("lesson-running")
    seen["teacher in"] = into(waiting, teacher, "Подключиться к уроку")
    expect(enter).to_be_visible(timeout=PATIENCE_MS)
    pupil.look("diary-running")
    given.judge(waiting)
    given.judge(pupil.page)
    seen["pupil in"] = into(pupil.page, pupil, "▶")
    in_anothers_place(given)
    others(given)
    given.at(NINE + 40 * MINUTE)
    heading(waiting, "Звонок завершен")
    Tour(waiting, given.base, given.found, given.pictures).look("lesson-over")
    expect(teacher.page.get_by_text("Урок завершился")).to_have_count(1, timeout=PATIENCE_MS)
    expect(pupil.page.get_by_text("Звонок завершен")).to_have_count(1, timeout=PATIENCE_MS)
    teacher.look("journal-over")
    waiting.wait_for_url(f"{given.base}/my", timeout=PATIENCE_MS)
    seen["home"] = waiting.url.removeprefix(given.base)


def others(given: Given) -> None:
    """Those who get no link while it runs."""
    seen = given.found.seen
    with given.someone("Своева parent-1", "/diary") as guardian:
        told = guardian.page.get_by_text("Дистанционный урок идёт")
        ways = guardian.page.get_by_role("link", name="Открыть окно")
        seen["guardian"] = [ways.count(), told.count()]
        guardian.look("diary-guardian")
    for what, who in (
        ("pupil of another group", "Своева pupil-3"),
        ("foreign teacher", "Чужакова chemist"),
    ):
        with given.someone(who, "/my") as other:
            answer = other.page.goto(given.base + OPEN)
            seen[what] = answer.status if answer is not None else None
    given.found.errors[:] = [each for each in given.found.errors if "404" not in each]


def main() -> None:
    """Visit ``--base`` at ``--width`` with the browser at ``--browser``."""
    with walking("--database") as (browser, found, asked):
        given = Given(browser, asked.base, asked.width, found, asked.pictures, asked.database)
        with (
            given.someone("Своева chemist", "/journal") as teacher,
            given.someone("Своева pupil-1", "/diary") as pupil,
        ):
            live(given, teacher, pupil)


if __name__ == "__main__":
    main()
