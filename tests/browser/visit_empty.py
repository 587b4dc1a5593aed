"""What the screens say where there is nothing to show, judged as the others are.

A process of its own, as ``tests.browser.visit_people``, whose tour it goes on with.
"""

from typing import Final

from playwright.sync_api import expect

from tests.browser.visit import opened, walking
from tests.browser.visit_people import Tour

_SCREENS: Final = {
    "Пустова administrator": (
        ("/chats", "Чатов пока нет"),
        ("/summary", "Учеников пока нет"),
        ("/summary/print", "Все в чатах"),
        ("/journal", "У вас пока нет уроков"),
        ("/diary", "В этот день уроков нет"),
        ("/chats?school=switched-off", "Модуль «Чаты» не подключён"),
    ),
    "Своева chemist": (
        ("/journal?class=alpha-7a&subject=Химия&on=2001-01-01", "Уроков нет"),
        ("/chats?q=такого-нет", "Ничего не нашлось"),
        ("/summary", "Здесь нужны другие права"),
        ("/nothing", "Такой страницы нет"),
    ),
    "Оператор": (
        ("/schools/empty", "Чатов пока нет"),
        ("/drift?school=empty", "Таких изменений нет"),
        ("/quarantine", "Карантин пуст"),
        ("/journal", "Журнал показывает уроки тому, кто их ведёт"),
        ("/?page=0", "Не получилось понять запрос"),
    ),
}  # fmt: skip


def main() -> None:
    """Visit ``--base`` at ``--width`` with the browser at ``--browser``."""
    with walking() as (browser, found, given):
        for who, screens in _SCREENS.items():
            with opened(browser, given.width, found, given.base) as page:
                tour = Tour(page, given.base, found, given.pictures)
                surname, _, called = who.rpartition(" ")
                page.goto(f"{given.base}/sign-in?surname={surname}")
                page.get_by_role("button", name=who).first.click()
                for place, (path, says) in enumerate(screens):
                    page.goto(given.base + path)
                    expect(page.get_by_text(says).first).to_be_visible()
                    tour.look(f"empty-{called}-{place}")
                    headings = page.get_by_role("heading", level=1).all_inner_texts()
                    if len(headings) != 1:
                        found.seen[path] = headings
        refused = ("403", "404", "422")
        found.errors[:] = [each for each in found.errors if not any(map(each.count, refused))]


if __name__ == "__main__":
    main()
