"""«Управление чатами» in a browser: by keyboard, with scripts and without, on any width.

A process of its own, as ``tests.browser.visit``. With ``--pictures`` each screen is kept there.
"""

from playwright.sync_api import Browser, Page, expect

from tests.browser.visit import Found, opened, walking
from tests.browser.visit_people import Tour

_ROWS = "#list tbody tr"
_ID_OF_FOCUS = "document.activeElement.id"


def sign_in(page: Page, base: str, who: str = "administrator") -> None:
    """As the administrator of the school, or somebody else there, and to the list by the menu."""
    page.goto(f"{base}/sign-in?next=/my")
    page.get_by_role("button", name=f"Своева {who}").first.click()
    page.locator("summary", has_text="Управление").click()
    page.get_by_role("navigation", name="Разделы").get_by_role("link", name="Чаты").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Управление чатами")


def press_until(page: Page, name: str) -> None:
    """Go on by Tab until the element of this id has the focus."""
    for _ in range(100):
        page.keyboard.press("Tab")
        if page.evaluate(_ID_OF_FOCUS) == name:
            return
    raise AssertionError(f"{name} cannot be reached by Tab")


def look_through(tour: Tour, width: int) -> None:
    """Filters, order and pages, by keyboard alone; the way back keeps them."""
    page, found = tour.page, tour.found
    rows = page.locator(_ROWS)
    tour.look("school-chats")
    if width < 768:
        expect(page.get_by_label("Наименование чата")).to_be_hidden()
        press_until(page, "filters-open")
        page.keyboard.press("Space")
        tour.look("school-chats-filters")
    page.get_by_label("Фамилия участников чата").focus()
    page.keyboard.type("еж")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    found.seen["focus after filters"] = page.evaluate(_ID_OF_FOCUS)
    found.seen["address"] = page.url.removeprefix(tour.base)
    page.get_by_role("link", name="Сбросить фильтры").click()
    expect(page.get_by_text("Найдено 30 чатов")).to_be_visible()
    page.get_by_label("Число записей на странице").select_option("10")
    expect(rows).to_have_count(10)
    if width >= 768:
        press_until(page, "sort-title")
        page.keyboard.press("Enter")
        expect(page.locator("th[aria-sort=descending]")).to_contain_text("Наименование чата")
        expect(page.locator("#sort-title")).to_be_focused()
        found.seen["first by title, descending"] = rows.first.locator("a").first.inner_text()
    else:
        page.get_by_label("Порядок").select_option("Кол-во участников")
        page.get_by_label("с конца").check()
        expect(rows.first).to_contain_text("Учительская")
    tour.press_until("Вперёд")
    page.keyboard.press("Enter")
    expect(page.get_by_text("11–20 из 30")).to_be_visible()
    found.seen["focus after a page"] = page.evaluate(_ID_OF_FOCUS)
    page.reload()
    expect(page.get_by_text("11–20 из 30")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("1–10 из 30")).to_be_visible()


def decide(tour: Tour) -> None:
    """From the row to the decision, and what the row says then."""
    page, found = tour.page, tour.found
    page.goto(tour.base + "/chats?state=held")
    expect(page.locator(_ROWS)).to_have_count(1)
    tour.choose("Посмотреть, кого убирают")
    tour.heading("Кого убрать из чата")
    found.seen["who leaves"] = page.locator(".rc-names li").all_inner_texts()
    tour.look("removals")
    tour.choose("Разрешить")
    expect(page.get_by_text("Разрешено")).to_be_visible()
    tour.choose("← Управление чатами")
    tour.heading("Управление чатами")


def delete(tour: Tour, width: int) -> None:
    """A row is chosen, by a click on it or by keyboard; the word is typed, wrongly first."""
    page, found = tour.page, tour.found
    page.goto(tour.base + "/chats?q=phys")
    if width >= 768:
        page.get_by_role("cell", name="Предметы").click()
    else:
        page.get_by_role("radio").focus()
        page.keyboard.press("Space")
    expect(page.get_by_role("radio")).to_be_checked()
    page.get_by_role("button", name="Удалить", exact=True).focus()
    page.keyboard.press("Enter")
    tour.heading("Удалить чат")
    tour.look("deletion")
    page.get_by_label("Чтобы удалить чат").fill("удалит")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Чат не удалён")).to_be_visible()
    found.errors[:] = [each for each in found.errors if "422" not in each]
    found.seen["focus after a mistake"] = page.evaluate(_ID_OF_FOCUS)
    tour.look("deletion-mistyped")
    page.keyboard.type("удалить")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Удаление записано")
    row = page.locator(_ROWS).filter(has_text="alpha phys")
    found.seen["deleted"] = row.locator(".rc-state").inner_text()


def without_scripts(browser: Browser, base: str, width: int, found: Found) -> None:
    """Everything is a form or a link."""
    with browser.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 768}
    ) as context:
        page = context.new_page()
        sign_in(page, base)
        if width < 768:
            page.get_by_text("Фильтры", exact=True).click()
        page.get_by_label("Фамилия участников чата").fill("ёж")
        page.get_by_role("button", name="Загрузить").click()
        titles = page.locator("#list .rc-title bdi")
        expect(titles).to_have_count(2)
        if width >= 768:
            page.get_by_role("link", name="Наименование чата").click()
        expect(titles).to_have_count(2)
        found.seen["without scripts"] = titles.all_inner_texts()


def main() -> None:
    """Visit ``--base`` at ``--width`` with the browser at ``--browser``."""
    with walking() as (browser, found, given):
        without_scripts(browser, given.base, given.width, found)
        with opened(browser, given.width, found, given.base) as page:
            tour = Tour(page, given.base, found, given.pictures)
            sign_in(page, given.base)
            look_through(tour, given.width)
            decide(tour)
            delete(tour, given.width)
            page.context.clear_cookies()
            sign_in(page, given.base, "leader")
            tour.look("school-chats-of-a-teacher")


if __name__ == "__main__":
    main()
