"""Linking a profile in a browser, with the whole stack behind it: what each screen says.

A process of its own, as ``tests.browser.visit_people``, whose tour it goes on with. What a person
does in MAX is asked of the simulator. Everything is done by keyboard, and nothing is reloaded
while somebody waits.
"""

import time
from dataclasses import dataclass
from typing import Any

import httpx2
from playwright.sync_api import expect

from tests.browser.visit import opened, walking
from tests.browser.visit_people import Tour

PATIENCE_MS = 40_000


@dataclass(frozen=True)
class Max:
    """The messenger, as its people use it."""

    http: httpx2.Client

    def confirm(self, link: str, account: int) -> None:
        """Open the link in MAX, and press «Подключить»."""
        path = f"/sim/profile-links/{link.rsplit('/', 1)[1]}/confirm"
        assert self.http.post(path, json={"user_id": account}).status_code == 200

    def chats_of(self, account: int) -> list[str]:
        """The titles of the chats in which the account is."""
        chats: list[dict[str, Any]] = self.http.get("/sim/chats").json()["chats"]
        return sorted(
            chat["title"]
            for chat in chats
            if account in {member["user_id"] for member in chat["members"]}
        )

    def until(self, account: int, wanted: list[str]) -> list[str]:
        """Wait until the account is in just these."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while (found := self.chats_of(account)) != wanted and time.monotonic() < deadline:
            time.sleep(0.05)
        return found


def heading(tour: Tour, text: str) -> None:
    """Wait, without a reload, for the screen with this heading."""
    expect(tour.page.get_by_role("heading", level=1)).to_have_text(text, timeout=PATIENCE_MS)


def come_in(tour: Tour, surname: str) -> None:
    """Sign in as the one with this surname, and be at one's chats."""
    tour.page.goto(tour.base + "/sign-in?next=/my")
    tour.press_until("surname")
    tour.page.keyboard.type(surname)
    tour.page.keyboard.press("Enter")
    expect(tour.page.get_by_label("Фамилия")).to_have_value(surname)
    tour.choose(surname)
    heading(tour, "Чаты")


def link(tour: Tour, messenger: Max, account: int) -> None:
    """From «Чаты» to the class's chat, and out of it again."""
    page, seen = tour.page, tour.found.seen
    come_in(tour, "Ёлкина")
    tour.look("chats-not-linked")
    tour.choose("Привязать учебный профиль Сферум")
    heading(tour, "Чтобы подключить Сферум, перейдите в приложение MAX")
    tour.look("connect")
    tour.choose("Перейти в MAX")
    heading(tour, "Как подключить Сферум в MAX")
    expect(page.locator(".rc-qr svg")).to_be_visible()
    tour.look("connect-ways")
    tour.press_until("Открыть в приложении MAX")
    ways = page.get_by_role("link", name="Открыть")
    links = {str(each.get_attribute("href")) for each in ways.all()}
    seen["links"] = len(links)
    messenger.confirm(links.pop(), account)
    heading(tour, "Учебный профиль Сферум привязан")
    seen["focus"] = page.evaluate("document.activeElement.tagName")
    tour.look("connected")
    seen["in"] = messenger.until(account, ["9г - Ученики"])
    tour.choose("К моим чатам")
    into = page.get_by_role("link", name="Перейти в чат Сферум: 9г - Ученики")
    seen["into"] = str(into.get_attribute("href")).split("/")[2]
    tour.look("chats-linked")
    tour.choose("Отменить привязку учебного профиля Сферум")
    heading(tour, "Отменить привязку учебного профиля Сферум?")
    tour.look("disconnect")
    tour.choose("Отменить привязку")
    expect(page.get_by_text("Привязка отменена")).to_be_visible(timeout=PATIENCE_MS)
    heading(tour, "Чтобы подключить Сферум, перейдите в приложение MAX")
    seen["out"] = messenger.until(account, [])
    tour.look("disconnected")


def as_a_parent(tour: Tour) -> None:
    """Whose child the messenger lets nobody add."""
    come_in(tour, "Закрытая")
    expect(tour.page.get_by_text("его аккаунт закрыт от приглашений")).to_be_visible()
    names = tour.page.get_by_role("link", name="Перейти в чат Сферум: 9г - Ученики")
    tour.found.seen["child's link"] = names.count()
    tour.look("chats-of-a-parent")


def as_an_administrator(tour: Tour) -> None:
    """The settings of the school."""
    page = tour.page
    come_in(tour, "Управляющая")
    tour.look("chats-of-an-administrator")
    tour.choose("Настройки школы")
    heading(tour, "Настройки коммуникативной среды")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tour.choose("Копировать")
    expect(page.get_by_text("Скопировано")).to_be_visible()
    tour.found.seen["copied"] = page.evaluate("navigator.clipboard.readText()")
    tour.look("school-settings")


def main() -> None:
    """Visit ``--base`` at ``--width`` with the browser at ``--browser``."""
    with (
        walking("--simulator", "--account") as (browser, found, given),
        httpx2.Client(base_url=given.simulator, trust_env=False) as http,
    ):
        for way in (
            lambda tour: link(tour, Max(http), int(given.account)),
            as_a_parent,
            as_an_administrator,
        ):
            with opened(browser, given.width, found, given.base) as page:
                way(Tour(page, given.base, found, given.pictures))


if __name__ == "__main__":
    main()
