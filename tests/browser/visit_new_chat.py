"""What a class teacher and a subject teacher see and do in «Добавить новый чат».

A process of its own, as ``tests.browser.visit``. With ``--pictures`` each screen is kept there.
"""

import re

from playwright.sync_api import Page, expect

from tests.browser.visit import Found, opened, walking
from tests.browser.visit_chat import be, chosen
from tests.browser.visit_people import Tour


def with_chosen_people(tour: Tour) -> None:
    """From the list to a second chat of the class, with people chosen over the pages."""
    page, found = tour.page, tour.found
    be(page, tour.base, "leader")
    page.goto(tour.base + "/chats")
    tour.choose("Добавить")
    tour.heading("Добавить новый чат")
    tour.look("new-chat")
    page.get_by_label("Тип чата").focus()
    page.get_by_label("Тип чата").select_option("Класс")
    expect(page.get_by_label("Только выбранные участники")).to_be_checked()
    found.seen["focus"] = page.evaluate("document.activeElement.id")
    expect(page.get_by_label("Наименование чата")).to_have_value("alpha 7а класс")
    expect(page.get_by_text("У класса alpha 7а уже есть чат")).to_be_visible()
    page.get_by_label("По фамилии").fill("елкин")
    page.keyboard.press("Enter")
    expect(page.locator("#list tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Отметить страницу").click()
    chosen(page, 2)
    page.get_by_label("По фамилии").fill("")
    page.get_by_role("button", name="Поиск").click()
    page.get_by_role("button", name="Вперёд").click()
    expect(page.get_by_text("Страница 2 из")).to_be_visible()
    page.get_by_role("button", name="Отметить страницу").click()
    chosen(page, 10)  # the two of before are of this page
    found.seen["address"] = page.url.removeprefix(tour.base)
    title = page.get_by_label("Наименование чата")
    title.fill("Поход 7а")
    tour.look("new-chat-chosen")
    # Whoever has not said that they want one more is told of the first once again.
    tour.choose("Добавить")
    expect(page.get_by_text("Чат не добавлен.")).to_be_visible()
    found.seen["focus after refusal"] = page.evaluate("document.activeElement.id")
    found.errors[:] = [each for each in found.errors if "409" not in each]
    chosen(page, 10)
    tour.look("new-chat-twin")
    page.get_by_label("Нужен ещё один чат").focus()
    page.keyboard.press("Space")
    tour.choose("Добавить")
    tour.heading("Редактировать чат")
    expect(page.get_by_text("Чат добавлен.")).to_be_visible()
    found.seen["focus after adding"] = page.evaluate("document.activeElement.id")
    found.seen["made"] = page.url.removeprefix(tour.base)
    expect(page.get_by_text("1–10 из 11")).to_be_visible(timeout=30_000)
    tour.look("new-chat-made")


def deleted_by_its_maker(tour: Tour) -> None:
    """The row of the list is chosen, the word typed."""
    page = tour.page
    page.goto(tour.base + "/chats")
    expect(page.get_by_text("Создан вручную")).to_be_visible()
    tour.look("new-chat-listed")
    page.get_by_role("radio").check()
    page.get_by_role("button", name="Удалить").click()
    tour.heading("Удалить чат")
    page.get_by_label("Чтобы удалить чат").fill("удалить")
    tour.choose("Удалить чат")
    expect(page.get_by_text("Удаление записано")).to_be_visible()


def without_scripts(base: str, page: Page, found: Found) -> None:
    """The same forms where scripts do not run."""
    be(page, base, "leader")
    page.goto(base + "/chats/new")
    page.get_by_label("Тип чата").select_option("Родители")
    page.get_by_role("button", name="Показать").first.click()
    expect(page.get_by_label("Только выбранные участники")).to_be_checked()
    page.get_by_label("Все, кому положено").check()
    page.get_by_role("button", name="Показать").first.click()
    found.seen["rule without scripts"] = page.get_by_text(re.compile("^В чате будут")).inner_text()
    page.get_by_label("Нужен ещё один чат").check()
    page.get_by_role("button", name="Добавить", exact=True).click()
    expect(page.get_by_text("Чат добавлен.")).to_be_visible()


def main() -> None:
    """Visit ``--base`` at ``--width`` with the browser at ``--browser``."""
    with walking() as (browser, found, given):
        with opened(browser, given.width, found, given.base) as page:
            tour = Tour(page, given.base, found, given.pictures)
            with_chosen_people(tour)
            deleted_by_its_maker(tour)
        with browser.new_context(java_script_enabled=False) as context:
            without_scripts(given.base, context.new_page(), found)


if __name__ == "__main__":
    main()
