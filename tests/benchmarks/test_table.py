"""Each benchmark runs, at a size that says nothing about speed, and its figures reach the table."""

import json
import math
from dataclasses import replace

import pytest

from benchmarks.__main__ import Failed, Result, measure
from benchmarks.table import ALL, Benchmark, Row, others, show

TINY = {
    "decode": ("--events", "500"),
    "ingest": ("--events", "12000", "--rounds", "1"),
    "fence": ("--pupils", "120", "--repeats", "1"),
    "fairness": ("--samples", "1", "--chats", "10"),
    "budget": ("--calls", "24", "--minutes", "1"),
    "latency beside events": ("--samples", "2", "--pupils", "60", "--background", "20"),
}
"""Those that no other test runs."""

NAMED = {each.name: each for each in ALL}


def line(unit: str = "ms", *, beside: float | None = 2.0, met: bool | None = True) -> Row:
    return Row("what", 5.0, unit, beside, "a peer", "under 6", met)


@pytest.mark.servers
@pytest.mark.takes(10)
@pytest.mark.parametrize("name", TINY)
def test_a_benchmark_runs_and_has_its_rows(name: str) -> None:
    result = measure([replace(NAMED[name], words=TINY[name], patience=280)])
    assert result.failed == []
    assert result.rows != []
    assert all(math.isfinite(row.ours) and row.ours >= 0 for row in result.rows)
    assert all(row.ratio is None or row.ratio > 0 for row in result.rows)
    assert any(row.ours > 0 for row in result.rows)


def test_the_other_benchmarks_objects_have_their_rows() -> None:
    pages = [{"page": "SELECT 1", "p95": 10.0}, {"page": "a", "p95": 40.0}, {"page": "b", "p95": 9}]
    (slowest,) = NAMED["console"].rows({"rows": pages, "meets_target": True})
    assert (slowest.ours, slowest.ratio, slowest.met) == (40.0, 4.0, True)
    found = {"derive_seconds": 8.0, "yardstick_seconds": 2.0, "ratio": 4.0, "differences": {}}
    assert [row.met for row in NAMED["yardstick"].rows(found)] == [False, True]


def test_a_benchmark_without_a_result_is_named() -> None:
    result = measure([Benchmark("missing", "no_such_benchmark", (), lambda _: [])])
    assert [each.name for each in result.failed] == ["missing"]
    assert "no_such_benchmark" in result.failed[0].why
    assert not result.meets_target


def test_what_is_missed_or_failed_misses_the_target() -> None:
    assert Result([line(), line(met=None)], [], 1.0).meets_target
    assert not Result([line(), line(met=False)], [], 1.0).meets_target
    assert not Result([line()], [Failed("a", "b")], 1.0).meets_target


def test_the_table_has_a_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    show([line(), line("events/s", beside=None, met=False)])
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["what", "ours", "beside", "ratio", "asked", "for", "met"]
    assert first.split() == ["what", "5", "ms", "2", "ms,", "a", "peer", "2.5", "×", "under", "6",
                             "yes"]  # fmt: skip
    assert second.endswith("NO")


def test_other_peoples_programs_are_run_with_those_that_are_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("benchmarks.table.environments.python", lambda name: name == "quix" or None)
    (peers,) = others()
    assert peers.name == "peers"
    assert peers.words[-2:] == ("--only", "quix")
    body = '{"figures": [{"events_per_second": 30, "peer": "rollcall", "same": true}, '
    body += '{"events_per_second": 10, "peer": "quix", "same": true}]}'
    assert [row.met for row in peers.rows(json.loads(body))] == [True]
