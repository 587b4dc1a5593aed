"""What axe says of the screen that is there, in light and in dark.

Guarantees: the browser prefers light again afterwards, and nothing of the page is changed. What
axe judges by colour is judged in both; the rest does not depend on it and is judged once.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

_ALL: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "resultTypes": ["violations"],
}
_OF_COLOUR: Final = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
_SERIOUS: Final = ("serious", "critical")


@contextmanager
def in_the_dark(page: Page) -> Iterator[None]:
    """The device is switched to dark while the page is open, and back."""
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    try:
        yield
    finally:
        page.emulate_media(color_scheme="light")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def inaccessible(page: Page, name: str) -> list[str]:
    """Each serious or critical finding on the screen of this name."""
    found = _violations(page, _ALL, name)
    with in_the_dark(page):
        return found + _violations(page, _OF_COLOUR, f"{name} in the dark")


def _violations(page: Page, rules: Mapping[str, object], name: str) -> list[str]:
    return [
        f"{name}: {each['id']} {[node['html'][:120] for node in each['nodes']]}"
        for each in Axe().run(page, options=dict(rules)).response["violations"]
        if each["impact"] in _SERIOUS
    ]
