"""The pictures of the staff's guide, made anew from the example school: ``./run pictures``.

Nobody in that school exists, so the pictures bear no one's name. Each is what the screen shows
without scrolling, in few colours, so that the documentation stays small. A process of its own,
as ``tests.browser.visit``; ``--base`` names a console that runs already.
"""

import argparse
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.browsers import CHROMIUM, LACKING

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"
LARGEST: Final = 60_000
_COLOURS: Final = 128
_CONSOLE: Final = re.compile(r"(http://\S+)/sign-in")
_MARGIN: Final = 24
LAPTOP, PHONE = (1366, 768), (390, 780)


@dataclass(frozen=True, slots=True)
class Picture:
    """One file, of the screen to which ``go`` leads from the list «Управление чатами»."""

    name: str
    go: Callable[[Page], None]
    who: str = "Администраторы ОО"
    size: tuple[int, int] = LAPTOP
    dark: bool = False


def _by_menu(link: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.get_by_role("navigation", name="Разделы").get_by_role("link", name=link).first.click()

    return go


def _list(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Управление чатами")


def _class_chats(page: Page) -> None:
    page.goto(page.url + "?kind=class")
    expect(page.get_by_text("Найдено").first).to_be_visible()


def _chat(page: Page) -> None:
    _class_chats(page)
    page.locator("#list .rc-title a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Редактировать чат")


def _candidates(page: Page) -> None:
    _chat(page)
    page.get_by_role("link", name="Добавить участников").click()


def _new_chat(page: Page) -> None:
    page.get_by_role("link", name="Добавить новый чат").click()
    page.get_by_label("Тип чата").select_option("Класс")
    page.get_by_label("Класс", exact=True).select_option("5б")
    expect(page.get_by_label("Только выбранные участники")).to_be_checked()


def _initialisation(page: Page) -> None:
    page.get_by_role("link", name="Инициализировать список чатов").click()
    expect(page.get_by_role("button", name="Продолжить")).to_be_visible()


def _deletion(page: Page) -> None:
    _class_chats(page)
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Удалить", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Удалить чат")


def _summary(page: Page) -> None:
    page.locator("summary", has_text="Управление").click()
    page.get_by_role("link", name="Сводка школы").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Сводка школы")


PICTURES: Final = (
    Picture("own-chats", _by_menu("Чаты"), "Классные руководители"),
    Picture("own-chats-phone", _by_menu("Чаты"), "Классные руководители", PHONE),
    Picture("school-chats", _class_chats),
    Picture("school-chats-phone", _class_chats, size=PHONE),
    Picture("school-chats-dark", _list, dark=True),
    Picture("chat", _chat),
    Picture("candidates", _candidates),
    Picture("new-chat", _new_chat),
    Picture("initialisation", _initialisation),
    Picture("deletion", _deletion),
    Picture("summary", _summary),
    Picture("settings", _by_menu("Настройки школы")),
)


def small(screen: bytes) -> bytes:
    """The same picture in few colours."""
    into = BytesIO()
    with Image.open(BytesIO(screen)) as image:
        image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(
            into, "PNG", optimize=True
        )
    return into.getvalue()


@contextmanager
def example_school() -> Iterator[str]:
    """The console of the example school, once its chats have converged."""
    with tempfile.TemporaryDirectory(prefix="rollcall-pictures-") as folder:
        command = [str(Path(sys.executable).parent / "rollcall"), "demo", "--data-dir", folder]
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
        try:
            assert demo.stdout is not None
            found = next((at for line in demo.stdout if (at := _CONSOLE.search(line))), None)
            if found is None:
                sys.exit("pictures: the example school did not converge (see above)")
            yield found.group(1)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.communicate()


def take(page: Page, base: str, picture: Picture) -> bytes:
    """What the first of those whom the sign-in lists under ``who`` sees there."""
    page.goto(f"{base}/sign-in?next=/chats")
    people = page.locator("section", has=page.get_by_role("heading", name=picture.who))
    people.get_by_role("button").first.click()
    _list(page)
    picture.go(page)
    page.wait_for_load_state("networkidle")
    width, height = picture.size
    content = page.locator("main > .container-xl").bounding_box()
    if content is not None:
        height = min(height, round(content["y"] + content["height"]) + _MARGIN)
    return small(page.screenshot(clip={"x": 0, "y": 0, "width": width, "height": height}))


def main() -> None:
    """Write every picture; ``--base`` takes a console that runs instead of a new one."""
    parser = argparse.ArgumentParser(prog="./run pictures", description=__doc__)
    parser.add_argument("--base", help="a console that runs, instead of one that is started")
    given = parser.parse_args()
    if CHROMIUM is None:
        sys.exit(f"pictures: {LACKING}")
    FOLDER.mkdir(exist_ok=True)
    if given.base:
        _write_all(given.base, CHROMIUM)
        return
    with example_school() as base:
        _write_all(base, CHROMIUM)


def _write_all(base: str, browser_path: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path)
        for picture in PICTURES:
            width, height = picture.size
            with browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if picture.dark else "light",
                reduced_motion="reduce",
            ) as context:
                content = take(context.new_page(), base, picture)
            (FOLDER / f"{picture.name}.png").write_bytes(content)
            sys.stdout.write(f"{picture.name}.png {len(content)} bytes\n")
        browser.close()


if __name__ == "__main__":
    main()
