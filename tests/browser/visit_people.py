"""What people see of the console in a browser: signing in, their chats, and out again.

A process of its own, as ``tests.browser.visit``, whose judgement of requests, errors and widths
it shares. Everything is done by keyboard. With ``--pictures`` each screen is kept there.
"""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.accessible import in_the_dark, inaccessible
from tests.browser.visit import CUT_OFF, Found, opened, walking

_FOCUSED = """() => (document.activeElement.innerText || document.activeElement.name
    || '').trim()"""


@dataclass(frozen=True)
class Tour:
    """One browser's way through the screens."""

    page: Page
    base: str
    found: Found
    pictures: Path | None

    def look(self, name: str) -> None:
        """Judge the screen that is there, and keep its picture."""
        root = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        if root[0] > root[1]:
            self.found.wider_than_the_screen.append(name)
        self.found.cut_off += [f"{name}: {each}" for each in self.page.evaluate(CUT_OFF)]
        self.found.inaccessible += inaccessible(self.page, name)
        if self.pictures is not None:
            width = (self.page.viewport_size or {"width": 0})["width"]
            self.page.screenshot(path=self.pictures / f"{name}-{width}.png", full_page=True)
            with in_the_dark(self.page):
                dark = self.pictures / f"{name}-{width}-dark.png"
                self.page.screenshot(path=dark, full_page=True)

    def press_until(self, name: str) -> None:
        """Go on by Tab until the element of this name has the focus."""
        for _ in range(200):
            self.page.keyboard.press("Tab")
            text = self.page.evaluate(_FOCUSED)
            if text.startswith(name):
                return
        raise AssertionError(f"{name} cannot be reached by Tab")

    def choose(self, name: str) -> None:
        """Press the button or link of this name, by keyboard alone."""
        self.press_until(name)
        self.page.keyboard.press("Enter")

    def heading(self, text: str) -> None:
        """Wait for the screen with this heading."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(text)


def as_a_pupil(tour: Tour) -> None:
    """From a link to one's chats, by the sign-in, and out."""
    page, found = tour.page, tour.found
    page.goto(tour.base + "/my")
    tour.heading("Вход")
    tour.look("sign-in")
    page.keyboard.press("Tab")
    found.seen["skip link"] = page.evaluate("document.activeElement.innerText")
    tour.choose("Своева pupil-1")
    tour.heading("Чаты")
    found.seen["address"] = page.url.removeprefix(tour.base)
    found.seen["chats"] = page.locator("main h3").all_inner_texts()
    found.seen["menu"] = page.get_by_role("navigation", name="Разделы").inner_text()
    tour.look("own-chats")
    tour.choose("Выйти")
    tour.heading("Вы вышли")
    tour.look("signed-out")
    page.go_back()
    page.reload()
    tour.heading("Вход")


def as_a_searcher(tour: Tour) -> None:
    """By a surname, and nobody found."""
    page = tour.page
    page.goto(tour.base + "/sign-in")
    tour.press_until("surname")
    page.keyboard.type("чужак")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Чужакова leader").first).to_be_visible()
    tour.look("sign-in-found")
    page.get_by_label("Фамилия").fill("никто")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Никто не нашёлся")).to_be_visible()
    tour.look("sign-in-nobody")


def as_somebody_of_two_schools(tour: Tour) -> None:
    """The switch between schools."""
    page, found = tour.page, tour.found
    page.goto(tour.base + "/sign-in?next=/my")
    tour.choose("Своева both")
    tour.heading("Чаты")
    found.seen["no chats"] = page.get_by_text("Чатов пока нет").is_visible()
    tour.look("two-schools")
    page.get_by_label("Школа").select_option("Чужакова школа")
    tour.choose("Выбрать")
    expect(page.get_by_label("Школа")).to_have_value("beta")
    found.seen["too low"] = page.goto(tour.base + "/quarantine").url.removeprefix(tour.base)  # type: ignore[union-attr] # there is an answer
    tour.choose("Выйти")
    tour.heading("Вы вышли")


def as_an_operator(tour: Tour) -> None:
    """A page that htmx asks for bears the form's token; a forged one is an error page."""
    page, found = tour.page, tour.found
    page.goto(tour.base + "/sign-in")
    tour.choose("Оператор")
    tour.heading("Обзор")
    with page.expect_request(tour.base + "/state") as asked:
        pass
    headers = asked.value.all_headers()
    found.seen["htmx"] = sorted(
        name for name in headers if name in {"x-csrf-token", "x-rollcall-passive"}
    )
    page.evaluate("document.querySelector('input[name=csrf]').value = 'x'")
    tour.choose("Выйти")
    tour.heading("Запрос пришёл не с нашей страницы")
    tour.look("forged")
    found.errors[:] = [each for each in found.errors if "403" not in each]
    # The session ends while a page refreshes itself.
    page.goto(tour.base + "/")
    page.context.clear_cookies()
    expect(page.get_by_role("link", name="Войти")).to_be_visible(timeout=15_000)
    tour.look("session-over")
    found.errors[:] = [each for each in found.errors if "401" not in each]


def main() -> None:
    """Visit ``--base`` at ``--width`` with the browser at ``--browser``."""
    with walking() as (browser, found, given):
        for way in (as_a_pupil, as_a_searcher, as_somebody_of_two_schools, as_an_operator):
            with opened(browser, given.width, found, given.base) as page:
                way(Tour(page, given.base, found, given.pictures))


if __name__ == "__main__":
    main()
