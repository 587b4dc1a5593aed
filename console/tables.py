"""Tables for spreadsheets: CSV that Excel opens by a click, in Russian, and that runs nothing.

Guarantees: no cell begins a formula, whatever the register calls somebody; what would turn the
direction of writing or has no width is marked, as on the pages; a cell is one line.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from console.render import plain

_BOM: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
# What spreadsheets take for a formula, also after spaces, and as wide characters.
_FORMULA: Final = re.compile(
    r"\s*[=+\-@|%\N{MINUS SIGN}\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    r"\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}]"
)


def as_csv(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a byte order mark, semicolons between, every cell in quotes."""
    written = StringIO(newline="")
    table = csv.writer(written, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    table.writerow(heading)
    table.writerows([_cell(each) for each in row] for row in rows)
    return (_BOM + written.getvalue()).encode("utf-8", errors="replace")


def _cell(value: str) -> str:
    shown = plain(value)
    return f"'{shown}" if _FORMULA.match(shown) else shown
