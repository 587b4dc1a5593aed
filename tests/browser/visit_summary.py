"""«Сводка школы» and the school's settings in a browser: by keyboard, any width, and on paper.

A process of its own, as ``tests.browser.visit``. With ``--pictures`` each screen is kept there.
"""

from playwright.sync_api import Page, expect

from tests.browser.accessible import in_the_dark
from tests.browser.visit import opened, top_of, walking
from tests.browser.visit_people import Tour
from tests.browser.visit_school_chats import press_until

_ROWS = "#list tbody tr"
_COLOURS = """() => [...document.querySelectorAll('body, body *')].map(element => {
    const style = getComputedStyle(element);
    return [element.tagName, style.color, style.backgroundColor, style.borderTopColor];
})"""


def sign_in(tour: Tour) -> None:
    """As the administrator of the school, and to the summary by the menu."""
    page = tour.page
    page.goto(f"{tour.base}/sign-in?next=/my")
    page.get_by_role("button", name="Своева administrator").click()
    page.locator("summary", has_text="Управление").click()
    page.get_by_role("link", name="Сводка школы").click()
    tour.heading("Сводка школы")


def look_through(tour: Tour, width: int) -> None:
    """The school, a class, and whom the filter shows of it."""
    page, found = tour.page, tour.found
    found.seen["classes"] = page.locator(f"{_ROWS} th").all_inner_texts()
    tour.look("summary")
    found.seen["dark on paper"] = in_light_and_dark(page)
    found.seen["first row"] = top_of(page, f"{_ROWS} a")
    tour.choose("alpha 7а")
    found.seen["heading"] = page.get_by_role("heading", level=1, name="alpha 7а").inner_text()
    tour.look("summary-class")
    if width < 768:
        press_until(page, "filters-open")
        page.keyboard.press("Space")
    page.get_by_label("Кого показать").select_option("Не в чатах")
    tour.press_until("Загрузить")
    page.keyboard.press("Enter")
    expect(page.locator(_ROWS)).to_have_count(2)
    found.seen["focus after filters"] = page.evaluate("document.activeElement.innerText")
    found.seen["address"] = page.url.removeprefix(tour.base)
    tour.look("summary-class-filtered")


def on_paper(page: Page) -> list[list[str]]:
    """The colours of every element, as they would be printed."""
    page.emulate_media(media="print")
    colours: list[list[str]] = page.evaluate(_COLOURS)
    page.emulate_media(media="screen")
    return colours


def in_light_and_dark(page: Page) -> list[str]:
    """Which elements a device that is dark would print in other colours."""
    light = on_paper(page)
    with in_the_dark(page):
        dark = on_paper(page)
    return [f"{one} {other}" for one, other in zip(light, dark, strict=True) if one != other]


def print_it(tour: Tour) -> None:
    """What is on paper: the sheets alone, each on a page of its own."""
    page, found = tour.page, tour.found
    page.get_by_role("link", name="Распечатать листки").click()
    tour.heading("Листки для тех, кого ещё нет в чатах")
    expect(page.get_by_role("button", name="Распечатать")).to_be_visible()
    tour.look("summary-print")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_hidden()
    expect(page.locator(".rc-sheet .rc-qr svg").first).to_be_visible()
    found.seen["on paper"] = page.locator("header, .rc-sheet").evaluate_all(
        "all => all.filter(e => e.offsetParent).map(e => e.className)"
    )
    if tour.pictures is not None:
        page.pdf(path=tour.pictures / "summary-print.pdf", format="A4")
    page.emulate_media(media="screen")
    with in_the_dark(page):
        page.reload()
        found.seen["theme from the start"] = page.locator("html").get_attribute("data-bs-theme")
        found.seen["sheet in the dark"] = page.locator(".rc-sheet").first.evaluate(
            "sheet => getComputedStyle(sheet).backgroundColor"
        )


def switch_a_kind(tour: Tour) -> None:
    """Of the school's settings: which chats make themselves, off and on again by keyboard."""
    page, found = tour.page, tour.found
    page.goto(tour.base + "/settings")
    row = page.locator("#kind-parents")
    for button, state in (("Выключить", "Не создаются"), ("Включить", "Создаются")):
        row.get_by_role("button", name=button).focus()
        page.keyboard.press("Enter")
        expect(row.locator(".rc-state")).to_contain_text(state)
        tour.look(f"settings-{button}")
    found.seen["switched"] = row.get_by_role("status").inner_text()


def main() -> None:
    """Visit ``--base`` at ``--width`` with the browser at ``--browser``."""
    with walking() as (browser, found, given), opened(browser, given.width, found, given.base) as p:
        tour = Tour(p, given.base, found, given.pictures)
        sign_in(tour)
        look_through(tour, given.width)
        print_it(tour)
        switch_a_kind(tour)


if __name__ == "__main__":
    main()
