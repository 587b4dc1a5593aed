"""What a class teacher sees and does in «Редактировать чат» and «Выбрать участников чата».

A process of its own, as ``tests.browser.visit``. With ``--pictures`` each screen is kept there.
"""

import re

from playwright.sync_api import Page, expect

from tests.browser.visit import Found, opened, top_of, walking
from tests.browser.visit_people import Tour
from tests.staff.town import ALPHA

CHAT = f"/chats/{ALPHA.chat('class', '7a')}"


def be(page: Page, base: str, who: str) -> None:
    """Sign in as this person of the own school."""
    page.goto(base + "/sign-in")
    page.locator(f'button[value="{ALPHA.id(who)}"]').first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Чаты")


def names(page: Page) -> list[str]:
    """Who is on the page of the list."""
    return page.locator("#list td.rc-name bdi:first-child").all_inner_texts()


def chosen(page: Page, count: int) -> None:
    """Wait until so many are said to be chosen."""
    expect(page.locator("#chosen")).to_have_text(f"Выбрано участников ({count})")


def open_the_general(page: Page) -> None:
    """On a phone it is behind a button."""
    if page.get_by_label("Наименование чата").is_hidden():
        page.locator("#general-open").focus()
        page.keyboard.press("Space")


def as_a_class_teacher(tour: Tour) -> None:
    """Choose over the pages, take out, undo; add from the window."""
    page, found = tour.page, tour.found
    be(page, tour.base, "leader")
    page.goto(tour.base + CHAT)
    tour.heading("Редактировать чат")
    tour.look("chat-edit")
    found.seen["first row"] = top_of(page, "#list tbody tr")
    page.get_by_label("Кого показать").select_option("В чате без основания")
    expect(page.get_by_text("добавлен администратором чата").first).to_be_visible()
    tour.look("chat-edit-outsiders")
    page.get_by_label("Кого показать").select_option("Все")
    page.get_by_role("button", name="Выбрать участников на всех страницах").click()
    chosen(page, 33)
    page.get_by_label("Выбрать: O'Нил").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("Выбрать: O'Нил")).not_to_be_checked()
    expect(page.get_by_label("Выбрать: O'Нил")).to_be_focused()
    chosen(page, 32)
    page.get_by_role("button", name="Вперёд").click()
    expect(page.get_by_text("Страница 2 из")).to_be_visible()
    page.get_by_role("button", name="Назад").click()
    expect(page.get_by_label("Выбрать: O'Нил")).not_to_be_checked()
    page.get_by_role("button", name="Снять выбор").click()
    chosen(page, 0)
    page.get_by_label("Фамилия участников чата").fill("елкин")
    page.keyboard.press("Enter")
    expect(page.locator("#list tbody tr")).to_have_count(2)
    found.seen["found"] = names(page)
    found.seen["address"] = page.url.removeprefix(tour.base)
    page.get_by_role("button", name="Отметить страницу").click()
    chosen(page, 2)
    tour.choose("Удалить")
    expect(page.get_by_text("Удалено из чата: 2.")).to_be_visible()
    found.seen["focus"] = page.evaluate("document.activeElement.id")
    tour.look("chat-edit-removed")
    # The page looks by itself whether it has come about; and then it is taken back.
    expect(page.get_by_text("Никто не нашёлся")).to_be_visible(timeout=30_000)
    tour.choose("Отменить")
    expect(page.get_by_text("Отменено.")).to_be_visible()
    expect(page.locator("#list tbody tr")).to_have_count(2, timeout=30_000)
    add_from_the_window(tour)


def add_from_the_window(tour: Tour) -> None:
    """«Добавить участников»: a search, a choice over the pages, and back to the chat."""
    page, found = tour.page, tour.found
    tour.choose("Добавить участников")
    tour.heading("Выбрать участников чата")
    tour.look("candidates")
    page.get_by_text("Роли, пол и класс").click()
    page.get_by_label("Сотрудники").check()
    page.get_by_role("button", name="Поиск").click()
    expect(page.get_by_text("Уже является участником").first).to_be_visible()
    order = page.get_by_label("Порядок")
    if order.is_visible():
        order.select_option("Имя ↑")
    else:
        page.get_by_role("button", name=re.compile("^Имя")).click()
    expect(page.locator("th[aria-sort]")).to_contain_text("Имя ↑")
    page.get_by_role("button", name="Выбрать участников на всех страницах").click()
    chosen(page, 6)
    page.get_by_label(re.compile("Выбрать: Своева chemist")).uncheck()
    tour.look("candidates-chosen")
    chosen(page, 5)
    tour.choose("Добавить")
    tour.heading("Редактировать чат")
    expect(page.get_by_text("Добавлено в чат: 5.")).to_be_visible()
    found.seen["focus after adding"] = page.evaluate("document.activeElement.id")
    page.get_by_label("Фамилия участников чата").fill("своева administrator")
    page.keyboard.press("Enter")
    expect(page.get_by_text("добавлен вручную: Своева leader")).to_be_visible(timeout=30_000)
    open_the_general(page)
    page.get_by_role("link", name="История чата").click()
    tour.heading("История чата")
    tour.look("timeline")
    page.get_by_role("link", name="Редактировать чат").click()
    open_the_general(page)
    page.get_by_label("Наименование чата").fill("7а - наш класс")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Наименование сохранено.")).to_be_visible()
    page.get_by_role("button", name="Отменить").click()
    expect(page.get_by_text("Отменено.")).to_be_visible()


def without_scripts(base: str, page: Page, found: Found) -> None:
    """The same forms where scripts do not run."""
    be(page, base, "leader")
    page.goto(base + CHAT)
    page.get_by_role("button", name="Выбрать участников на всех страницах").click()
    found.seen["all without scripts"] = page.locator("#chosen").inner_text()
    page.get_by_label("Выбрать: O'Нил").uncheck()
    page.get_by_role("button", name="Вперёд").click()
    expect(page.get_by_text("Страница 2 из")).to_be_visible()
    found.seen["turned without scripts"] = page.locator("#chosen").inner_text()


def main() -> None:
    """Visit ``--base`` at ``--width`` with the browser at ``--browser``."""
    with walking() as (browser, found, given):
        with browser.new_context(java_script_enabled=False) as context:
            without_scripts(given.base, context.new_page(), found)
        with opened(browser, given.width, found, given.base) as page:
            as_a_class_teacher(Tour(page, given.base, found, given.pictures))


if __name__ == "__main__":
    main()
