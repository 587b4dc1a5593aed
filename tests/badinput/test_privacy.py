"""Names and birth dates stay in PostgreSQL and in the topics they came by.

The corpus and the example school go through the whole engine at log level ``debug``, and
whatever it says on the way is searched for what was published about people. Each way in
which a name might get out is then tried on purpose, so that this search is known to find.
"""

import io
import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import date

import pytest
import structlog

from rollcall import logs
from rollcall.failures import explain, trace
from synth.example import example_records
from tests.badinput.corpus import (
    ODD_NAMES,
    REFUSED,
    SECRET,
    Header,
    as_json,
    event,
    person,
)
from tests.badinput.engine import Engine

TODAY = date(2026, 11, 24)
PRIVATE = ("surname", "given_name", "patronymic", "birth_date")
UNTELLING = 4
"""Shorter words stand in other words too; a birth date or a surname is longer."""

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_WORDS = re.compile(r"[А-Яа-яЁё-]+|\b\d{4}-\d{2}-\d{2}\b")


@pytest.fixture
def debug_logs(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Logs as the engine sets them up, with everything it has to say, on the captured stderr."""
    del capsys  # it is asked for so that stderr is captured before the logs take hold of it
    before = structlog.get_config(), logging.root.level, list(logging.root.handlers)
    logs.configure("debug", "json")
    try:
        yield
    finally:
        structlog.configure(**before[0])
        logging.root.setLevel(before[1])
        logging.root.handlers[:] = before[2]


def private(values: Iterable[bytes | None]) -> set[str]:
    """What these records say about people."""
    found: set[str] = {SECRET}
    for value in values:
        try:
            data = json.loads(value or b"")["data"]
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if isinstance(data, dict) and "surname" in data:
            found |= {text for name in PRIVATE if isinstance(text := data.get(name), str)}
    return {text for text in found if len(text) > UNTELLING}


def leaked(output: str, names: Iterable[str]) -> set[str]:
    """Those of the names that stand in the output, escaped or not.

    Words and dates are looked up among the output's own, since there are thousands of both.
    """
    output += "\n" + _ESCAPE.sub(lambda found: chr(int(found[1], 16)), output)
    words = set(_WORDS.findall(output))
    return {name for name in names if (name in words if _WORDS.fullmatch(name) else name in output)}


@pytest.mark.usefixtures("debug_logs")
async def test_no_name_leaves_the_engine(
    running: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = [
        as_json(event("person.changed", person(f"p-{n}", surname=name), f"e-{n}"))
        for n, name in enumerate(ODD_NAMES.values())
    ]
    records: list[tuple[tuple[Header, ...], bytes | None, bytes | None]] = [
        ((), each.key, each.value) for each in example_records(TODAY)
    ]
    records += [(each.headers, b"key", each.value) for each in REFUSED]
    records += [((), b"key", value) for value in odd]
    await running.send(records)
    await running.settle()

    names = private(value for _, _, value in records)
    assert len(names) > 1000
    said = capsys.readouterr()
    assert "quarantined" in said.err
    assert leaked(said.out + said.err, names) == set()
    for query in (
        "SELECT value::text AS said FROM outbox",
        "SELECT reason AS said FROM quarantine",
        "SELECT to_jsonb(intents)::text AS said FROM intents",
        "SELECT to_jsonb(chat_sync)::text AS said FROM chat_sync",
        "SELECT to_jsonb(each)::text AS said FROM expected_members AS each",
    ):
        rows = await running.rows(query)
        assert leaked("\n".join(row.said for row in rows), names) == set(), query
    messenger = json.dumps(await running.chats(), ensure_ascii=False)
    assert leaked(messenger, names) == set()


@pytest.mark.usefixtures("debug_logs")
def test_a_field_that_is_not_allowed_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().warning("test.said", surname=SECRET, records=1)
    said = capsys.readouterr().err
    assert leaked(said, {SECRET}) == set()
    assert json.loads(said)["dropped"] == ["surname"]


def failing(error: Exception) -> None:
    """Something that fails with an error that quotes a record."""
    raise error


@pytest.mark.usefixtures("debug_logs")
def test_what_a_library_says_is_told_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("some.library")
    try:
        failing(ValueError(SECRET))
    except ValueError:
        library.exception("refused %s", SECRET)
    library.log(logging.WARNING + 5, "a level of its own: %s", SECRET)
    said = capsys.readouterr().err
    assert leaked(said, {SECRET}) == set()
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["error"] for line in lines] == ["ERROR", "Level 35"]


def test_a_bug_is_told_without_the_words_of_its_error() -> None:
    def read() -> None:
        try:
            failing(KeyError(SECRET))
        except KeyError as error:
            raise ExceptionGroup(SECRET, [ValueError(SECRET)]) from error

    with pytest.raises(ExceptionGroup) as raised:
        read()
    told = "\n".join(trace(raised.value))
    assert leaked(told, {SECRET}) == set()
    assert "KeyError" in told
    assert "ValueError" in told
    assert __file__.rpartition("/")[2] in told


def test_a_log_that_cannot_be_written_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, debug_logs: None
) -> None:
    """A library's log call must not raise: it might be made in the task that we wait for."""
    del debug_logs
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    logging.getLogger("some.library").error("lost")
    structlog.get_logger().error("test.lost")


@pytest.mark.usefixtures("debug_logs")
def test_the_search_finds_a_name_that_got_out(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().warning(f"for {SECRET}")
    structlog.get_logger().warning("test.said", reason=SECRET)
    sys.stderr.write(json.dumps({"name": SECRET}))
    for line in capsys.readouterr().err.splitlines():
        assert leaked(line, {SECRET}) == {SECRET}
    assert leaked(explain(ValueError(SECRET)), {SECRET}) == {SECRET}
