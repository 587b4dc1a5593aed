"""The list of what the log says is whole, and nothing that it would say is dropped on the way."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rollcall.logs import ALLOWED

ROOT = Path(__file__).parents[2]
ROOMS = ("consumers", "projections", "gateway", "operations", "console", "rollcall")
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
ROW = re.compile(r"^\| `([^`]+)` \| (\w+) \| (.+) \| (.+) \|$")


@dataclass(frozen=True, slots=True)
class Said:
    """One call of a logger."""

    event: str
    level: str
    fields: frozenset[str]


def said() -> Iterator[Said]:
    """All calls of loggers in the product."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and _is_a_loggers(node.func):
                    yield _said(path, node)


def _is_a_loggers(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and called.attr in LEVELS
        and ast.unparse(called.value) in {"log", "_log", "structlog.get_logger()"}
    )


def _said(path: Path, call: ast.Call) -> Said:
    assert isinstance(call.func, ast.Attribute)
    event = call.args[0]
    assert isinstance(event, ast.Constant), f"{path}:{call.lineno} says what is on no list"
    fields = frozenset(each.arg for each in call.keywords if each.arg is not None)
    return Said(str(event.value), call.func.attr, fields)


@pytest.fixture(scope="module")
def listed() -> dict[str, str]:
    """The levels of the listed events, by event."""
    lines = (ROOT / "docs/logs.md").read_text("utf-8").splitlines()
    rows = [found for line in lines if (found := ROW.match(line))]
    names = [row[1] for row in rows]
    assert names == sorted(set(names)), "once each, by name"
    assert all(row[3].strip() and row[4].strip() for row in rows)
    return {row[1]: row[2] for row in rows}


def test_every_event_is_listed_at_its_level_and_no_other_is(listed: dict[str, str]) -> None:
    levels = defaultdict(set)
    for each in said():
        levels[each.event].add(each.level)
    assert {event: {level} for event, level in listed.items()} == levels


def test_no_field_of_an_event_is_dropped() -> None:
    lost = {(each.event, field) for each in said() for field in each.fields - ALLOWED}
    assert lost == set()


def test_events_are_called_by_what_they_are_about() -> None:
    plain = {each.event for each in said() if not re.fullmatch(r"[a-z_]+\.[a-z_]+", each.event)}
    assert plain == {"stopping"}
