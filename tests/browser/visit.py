"""What a browser sees of the console, told as one JSON line; a process of its own.

Playwright's synchronous interface keeps an event loop running in its thread, which the
asynchronous tests cannot bear, so the tests start this module and read what it found.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Dialog, Page, Request, expect, sync_playwright

from tests.browser.accessible import inaccessible

PATHS = (
    "/",
    "/schools/school-12",
    "/schools/school-evil",
    "/schools/nameless",
    "/chats/class:9a",
    "/chats/class:evil-3",
    "/drift",
    "/drift?school=school-evil",
    "/quarantine",
)


@dataclass
class Found:
    """What went wrong, and what was seen by name."""

    wider_than_the_screen: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)
    inaccessible: list[str] = field(default_factory=list)
    seen: dict[str, object] = field(default_factory=dict)


@contextmanager
def opened(browser: Browser, width: int, found: Found, base: str) -> Iterator[Page]:
    """A page whose requests, errors and dialogs are judged."""
    with browser.new_context(
        viewport={"width": width, "height": 768}, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        page.on("console", lambda message: found.errors.append(message.text))
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("dialog", lambda dialog: _refuse(dialog, found))
        page.on("request", lambda request: _judge(request, base, found))
        yield page


def _refuse(dialog: Dialog, found: Found) -> None:
    found.dialogs.append(dialog.message)
    dialog.dismiss()


def _judge(request: Request, base: str, found: Found) -> None:
    if not request.url.startswith((base + "/", "data:")):
        found.foreign_requests.append(request.url)


CUT_OFF = """() => [...document.querySelectorAll('main *')]
    .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1)
    .concat([...document.querySelectorAll('.rc-nav > a, .rc-menu > summary')]
        .filter(e => e.offsetHeight > 44))  // a word of the menu broken into two lines
    .concat([...document.querySelectorAll('.btn')]
        .filter(e => e.getClientRects().length && e.scrollWidth > e.clientWidth + 2))
    .concat([...document.querySelectorAll('thead th')].filter(e => {
        const text = document.createRange();
        text.selectNodeContents(e);
        return new Set([...text.getClientRects()].map(line => Math.round(line.top))).size > 2;
    }))  // a short heading in many lines
    .concat([...document.querySelectorAll('main select')].filter(e => {
        const style = getComputedStyle(e), pen = document.createElement('canvas').getContext('2d');
        const room = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        pen.font = style.font;
        const said = e.selectedOptions[0]?.text ?? '';
        return !e.value && room > 0 && pen.measureText(said).width > room;
    }))  // «Выберите…» cut short
    .map(e => e.tagName + '.' + e.className)"""


def sign_in(page: Page, base: str) -> None:
    """Be an operator."""
    page.goto(base + "/sign-in")
    page.get_by_role("button", name="Оператор", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Обзор")


TOP = "selector => document.querySelector(selector).getBoundingClientRect().top"


def top_of(page: Page, selector: str) -> float:
    """How far down the first of these stands, in CSS pixels.

    Found and measured in one step: a list that reads itself anew in between is another list,
    and ``bounding_box`` has nothing to say of a row that is gone.
    """
    expect(page.locator(selector).first).to_be_visible()
    return float(page.evaluate(TOP, selector))


def look(page: Page, base: str, found: Found) -> None:
    """Every page, at this width."""
    for path in PATHS:
        page.goto(base + path)
        root = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        if root[0] > root[1]:
            found.wider_than_the_screen.append(path)
        found.cut_off += [f"{path}: {each}" for each in page.evaluate(CUT_OFF)]
        found.inaccessible += inaccessible(page, path)
        found.seen[path] = page.title()


def use(page: Page, base: str, found: Found) -> None:
    """Filters, pages of a list and the way back, as a person uses them."""
    rows = page.locator("#list tbody tr")
    page.goto(base + "/schools/school-12")
    page.get_by_label("Тип чата").select_option("Родители")
    expect(rows).to_have_count(1)
    found.seen["parents"] = rows.locator("a").all_inner_texts()
    found.seen["address"] = parse_qs(urlsplit(page.url).query)
    page.get_by_label("Тип чата").select_option("Все")
    page.get_by_label("Наименование чата").fill("химия")
    page.get_by_label("Число записей на странице").select_option("10")
    expect(rows).to_have_count(10)
    expect(page.get_by_text("1–10 из 30")).to_be_visible()
    page.get_by_role("link", name="Вперёд").click()
    expect(page.get_by_text("11–20 из 30")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("1–10 из 30")).to_be_visible()
    expect(page.get_by_label("Наименование чата")).to_have_value("химия")
    page.get_by_label("Состояние").select_option("Удержаны")
    expect(page.get_by_text("Ничего не нашлось")).to_be_visible()
    page.goto(base + "/drift")
    page.get_by_label("Вид изменений").select_option("Ждут решения")
    expect(rows).to_have_count(1)
    found.seen["proposals"] = rows.locator("a").all_inner_texts()
    page.goto(base + "/")
    with page.expect_response(base + "/state"):
        pass
    expect(page.locator("#state").get_by_text("Сошлись")).to_be_visible()
    page.get_by_role("link", name="Школа № 12").click()
    page.get_by_role("link", name="9а - Ученики").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("9а - Ученики")


def use_without_scripts(browser: Browser, base: str, found: Found) -> None:
    """The filters are forms, so they work where scripts do not."""
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, base)
        page.goto(base + "/schools/school-12")
        page.get_by_label("Наименование чата").fill("родители")
        page.get_by_role("button", name="Найти").click()
        found.seen["without scripts"] = page.locator("#list tbody a").all_inner_texts()


@contextmanager
def walking(*more: str) -> Iterator[tuple[Browser, Found, argparse.Namespace]]:
    """A browser as the command line says, and at the end one line of what was found.

    ``more``: further arguments that must be there.
    """
    parser = argparse.ArgumentParser()
    for name in ("--base", "--browser", *more):
        parser.add_argument(name, required=True)
    parser.add_argument("--width", required=True, type=int)
    parser.add_argument("--pictures", type=Path)
    given = parser.parse_args()
    found = Found()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.browser)
        yield browser, found, given
        browser.close()
    sys.stdout.write(json.dumps(asdict(found)) + "\n")


def main() -> None:
    """Visit ``--base`` at ``--width`` with the browser at ``--browser``."""
    with walking() as (browser, found, given):
        with opened(browser, given.width, found, given.base) as page:
            sign_in(page, given.base)
            look(page, given.base, found)
            use(page, given.base, found)
        use_without_scripts(browser, given.base, found)


if __name__ == "__main__":
    main()
