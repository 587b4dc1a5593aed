"""Templates into answers: a whole page, or only the part that htmx asked for, where there is one.

Guarantees: every value is escaped, an undefined one is an error, and an answer is never kept
by a cache, since the same address answers with a page or with its part.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console import my_words, sign_in_words, words
from console.entrance.visit import visit_of
from console.pictures import qr
from operations.listing import PAGE_SIZES
from projections.staff.names import PersonName

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_TEMPLATES = Path(__file__).parent / "templates"
# Direction marks, embeddings, overrides and isolates; zero widths; control characters.
_DECEIVING = re.compile(
    r"[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f"
    r"\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_MOSCOW = ZoneInfo("Europe/Moscow")


def wants_part(request: Request) -> bool:
    """Whether htmx will put the answer into a part of a page that is already there."""
    return request.headers.get("hx-request-type") == "partial"


def address(path: str, **query: object) -> str:
    """A path with its query; what is empty is left out."""
    given = {name: value for name, value in query.items() if value not in {"", None}}
    return f"{path}?{urlencode(given)}" if given else path


def moment(value: datetime | None) -> str:
    """A time as an operator reads it, in Moscow time."""
    return "—" if value is None else f"{value.astimezone(_MOSCOW):%d.%m.%Y %H:%M} МСК"


def number(value: int) -> str:
    """Thousands apart by a space that does not break."""
    return f"{value:,}".replace(",", "\N{NO-BREAK SPACE}")


def plain(value: str) -> str:
    """A text of the register without what would show it as something else.

    Characters that turn the direction of writing or have no width are marked.
    """
    return _DECEIVING.sub("\N{REPLACEMENT CHARACTER}", value).strip()


def visible(value: str) -> str:
    """``plain``, and a text of nothing but spaces is said to be one."""
    return plain(value) or "Без названия"


def full_name(name: PersonName) -> str:
    """«Иванова Анна Петровна»."""
    return visible(
        " ".join(part for part in (name.surname, name.given_name, name.patronymic) if part)
    )


def shown(answer: "DataclassInstance") -> dict[str, object]:
    """The members of an operation's answer, for a template."""
    return {field.name: getattr(answer, field.name) for field in fields(answer)}


class Renderer:
    """The templates; reading them waits for the first use."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            # Files that an update lays under a running process are for the code that comes with
            # them; nor are they asked about at every page.
            auto_reload=False,
        )
        self._templates.globals.update(
            words=words,
            my=my_words,
            sign_in_words=sign_in_words,
            address=address,
            page_sizes=PAGE_SIZES,
        )
        self._templates.filters.update(
            moment=moment, number=number, visible=visible, full_name=full_name, qr=qr
        )

    def answer(
        self,
        request: Request,
        name: str,
        values: Mapping[str, object],
        *,
        status: int = 200,
    ) -> HTMLResponse:
        """``name.html``, or where a part is wanted and there is one ``parts/name.html``."""
        templates = [f"parts/{name}.html"] if wants_part(request) else []
        asked = {"visit": visit_of(request), "here": request.url.path}
        text = self._templates.select_template([*templates, f"{name}.html"]).render(
            asked | dict(values)
        )
        return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})
