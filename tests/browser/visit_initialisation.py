"""«Инициализировать список чатов» in a browser: by keyboard, with scripts and without.

A process of its own, as ``tests.browser.visit``. With ``--pictures`` each screen is kept there.
"""

from playwright.sync_api import Browser, expect

from tests.browser.visit import Found, opened, walking
from tests.browser.visit_people import Tour
from tests.browser.visit_school_chats import sign_in

_HEADING = "Настройки создания/синхронизации чатов"


def colleague(browser: Browser, tour: Tour) -> None:
    """Somebody else of the school looks at the list; by that the test knows where we are."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{tour.base}/sign-in?next=/chats")
        page.get_by_role("button", name="Своева leader").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Управление чатами")
        expect(page.get_by_text("Инициализировать список чатов")).to_have_count(0)


def initialise(browser: Browser, tour: Tour) -> None:
    """From the list by the choice and what it comes to, and on to what became of it."""
    page, found = tour.page, tour.found
    tour.choose("Инициализировать список чатов")
    tour.heading(_HEADING)
    tour.look("initialisation")
    for kind in ("Учительская", "Предметы"):
        page.get_by_role("checkbox", name=kind).focus()
        page.keyboard.press("Space")
    page.get_by_role("radio", name="Оставить в чатах").focus()
    page.keyboard.press("ArrowDown")
    tour.choose("Продолжить")
    expect(page.get_by_role("heading", name="Что получится")).to_be_visible()
    found.seen["address"] = page.url.removeprefix(tour.base)
    tour.choose("Кто уйдёт")
    found.seen["who leaves"] = page.locator(".rc-names li").first.inner_text()
    tour.look("initialisation-plan")
    tour.choose("Начать")
    expect(page.get_by_role("heading", name="Инициализация идёт")).to_be_visible()
    expect(page.get_by_role("status").last).to_have_text("Готово 0 из 4.")
    tour.look("initialisation-progress")
    # Leaving the page and coming back; then it goes on by itself.
    tour.choose("← Управление чатами")
    tour.heading("Управление чатами")
    tour.choose("Идёт инициализация списка чатов")
    tour.heading(_HEADING)
    tour.press_until("Проверить ещё раз")
    with page.expect_response("**/initialisation/*"):
        pass
    found.seen["focus while it goes on"] = page.evaluate("document.activeElement.innerText")
    colleague(browser, tour)
    expect(page.get_by_role("heading", name="Последняя инициализация")).to_be_visible(
        timeout=60_000
    )
    tour.look("initialisation-result")
    found.seen["result"] = page.get_by_role("status").inner_text()


def without_scripts(browser: Browser, base: str, width: int, found: Found) -> None:
    """Everything is a form or a link; a choice of nothing is said."""
    with browser.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 768}
    ) as context:
        page = context.new_page()
        sign_in(page, base)
        page.get_by_role("link", name="Инициализировать список чатов").click()
        for box in page.get_by_role("checkbox").all():
            box.uncheck()
        page.get_by_role("button", name="Продолжить").click()
        expect(page.get_by_role("alert")).to_have_text("Выберите хотя бы один тип чата.")
        page.get_by_role("checkbox", name="Родители").check()
        page.get_by_role("button", name="Продолжить").click()
        page.get_by_role("button", name="Начать").click()
        found.seen["without scripts"] = page.get_by_role("heading", level=2).inner_text()


def main() -> None:
    """Visit ``--base`` at ``--width`` with the browser at ``--browser``."""
    with walking() as (browser, found, given):
        with opened(browser, given.width, found, given.base) as page:
            sign_in(page, given.base)
            initialise(browser, Tour(page, given.base, found, given.pictures))
        without_scripts(browser, given.base, given.width, found)


if __name__ == "__main__":
    main()
