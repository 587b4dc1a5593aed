"""The growth as a picture: a small SVG of lines, both axes by powers of ten.

A line that is level grows as the region does; one that leans up grows faster. Written by hand,
since one picture is not worth a library.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.growth.report import QUESTION_MS, Size

_WIDTH, _HEIGHT = 720, 420
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 24, 250, 48

_LINES: Final[dict[str, tuple[str, Callable[[Size], float]]]] = {
    "reading, µs an event": ("#1f6fb2", lambda size: size.loaded.ingest.each_us),
    "deriving, µs a membership": ("#2a8a4a", lambda size: size.loaded.derive.each_us),
    "slowest question about one, ms": ("#b25a1f", lambda size: _slowest(size, whole=False)),
    "slowest about all, ms": ("#8a2a6f", lambda size: _slowest(size, whole=True)),
    "at rest, % of a core": ("#555555", lambda size: size.rest.percent),
}

OF_ALL: Final = ("survey of all chats", "view: chats of the region by state")
"""Questions that nobody can answer without looking at every chat."""


def draw(sizes: Sequence[Size], path: Path) -> None:
    """Write the picture of these sizes."""
    path.write_text(picture(sizes), encoding="utf-8")


def picture(sizes: Sequence[Size]) -> str:
    """The SVG; its background is white whatever the page's is."""
    lines = {name: [max(of(size), 0.01) for size in sizes] for name, (_, of) in _LINES.items()}
    values = [value for line in lines.values() for value in line]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    pupils = [math.log10(size.pupils) for size in sizes]
    first, span = pupils[0], (pupils[-1] - pupils[0]) or 1.0

    def x(place: float) -> float:
        return round(_LEFT + (place - first) / span * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(value: float) -> float:
        part = (math.log10(value) - low) / max(high - low, 1)
        return round(_HEIGHT - _BOTTOM - part * (_HEIGHT - _TOP - _BOTTOM), 1)

    drawn = [_grid(y(10.0**power), f"{10.0**power:g}") for power in range(low, high + 1)]
    drawn += [
        f'<text x="{x(place)}" y="{_HEIGHT - 24}" text-anchor="middle">{size.pupils:,}</text>'
        for place, size in zip(pupils, sizes, strict=True)
    ]
    drawn.append(f'<text x="{_LEFT}" y="{_HEIGHT - 6}">pupils</text>')
    ends: list[float] = []
    for name, line in lines.items():
        points = " ".join(
            f"{x(place)},{y(value)}" for place, value in zip(pupils, line, strict=True)
        )
        colour = _LINES[name][0]
        drawn.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        drawn += [
            f'<circle cx="{x(place)}" cy="{y(value)}" r="3" fill="{colour}"/>'
            for place, value in zip(pupils, line, strict=True)
        ]
        ends.append(_free(y(line[-1]), ends))
        drawn.append(
            f'<text x="{x(pupils[-1]) + 10}" y="{ends[-1] + 4}" fill="{colour}">{name}</text>'
        )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' font-family="sans-serif" font-size="12" role="img">'
        f"<title>Growth from {sizes[0].pupils:,} to {sizes[-1].pupils:,} pupils;"
        f" questions are asked for in {QUESTION_MS:.0f} ms</title>"
    )
    paper = f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>'
    return "\n".join([head, paper, *drawn, "</svg>\n"])


def _slowest(size: Size, *, whole: bool) -> float:
    found = [each.median_ms for each in size.answers if (each.question in OF_ALL) is whole]
    return max(found)


def _grid(height: float, label: str) -> str:
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{height}" y2="{height}" stroke="#dddddd"/>'
        f'<text x="{_LEFT - 8}" y="{height + 4}" text-anchor="end">{label}</text>'
    )


def _free(wanted: float, taken: Sequence[float]) -> float:
    """The nearest place for a name above or below where no other name stands."""
    for step in range(0, _HEIGHT, 2):
        for place in (wanted - step, wanted + step):
            if all(abs(place - other) >= 14 for other in taken):
                return place
    return wanted
