"""The benchmarks of growth and of several processes, over a region of a few classes."""

import math
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import scale
from benchmarks.growth import chart
from benchmarks.growth.__main__ import Asked, measure_at
from benchmarks.growth.loading import Loaded, Step, servers
from benchmarks.growth.questions import VIEWS, Answer
from benchmarks.growth.report import Size, missed
from benchmarks.growth.rest import Rest

STEP = Step(seconds=1, each_us=10, processor_us=10, mib=100, postgres_mib=50)
SIZE = Size(
    pupils=1000,
    events=1000,
    loaded=Loaded(STEP, STEP, memberships=100, checksum=""),
    answers=(Answer("explain", 5, 50), Answer(chart.OF_ALL[0], 50, 60)),
    rest=Rest(30, 1, 0.5, 10, 10, mib=100, postgres_mib=50),
)


def larger(each_us: float) -> Size:
    loaded = replace(SIZE.loaded, ingest=replace(STEP, each_us=each_us))
    return replace(SIZE, pupils=10_000, loaded=loaded)


@pytest.mark.servers
@pytest.mark.takes(30)
@pytest.mark.timeout(300)
async def test_a_region_is_loaded_asked_about_left_to_rest_and_the_same_by_two_processes(
    tmp_path: Path,
) -> None:
    async with servers(tmp_path, 120, 1) as place:
        size = await measure_at(place, 120, Asked(repeats=2, idle_seconds=1, still_seconds=0))
        by_two = await scale.start(place, 2)
    assert size.events > 500
    assert size.loaded.memberships > 500
    steps = (size.loaded.ingest, size.loaded.derive)
    assert all(step.each_us > 0 and step.processor_us > 0 for step in steps)
    assert all(mib > 10 for mib in size.processes.values())
    views = {f"view: {name}" for name in VIEWS}
    assert views < {each.question for each in size.answers}
    assert all(math.isfinite(each.max_ms) for each in size.answers)
    assert all(each.max_ms >= each.median_ms > 0 for each in size.answers)
    assert size.rest.ours_percent >= 0
    assert (by_two.memberships, by_two.checksum) == (
        size.loaded.memberships,
        size.loaded.checksum,
    )
    assert by_two.whole_seconds >= by_two.read_seconds > 0


def test_what_is_asked_for_is_met_or_named() -> None:
    assert missed([SIZE, larger(14)]) == []
    assert missed([SIZE, larger(16)]) == ["time per event grew 1.6×, at most 1.5× is asked for"]
    assert missed([larger(16), SIZE, larger(14)]) == []
    busy = replace(SIZE.rest, ours_percent=1.6, full_reads={"chats": 3.0}, mib=301)
    slow = replace(SIZE, answers=(Answer("explain", 5, 100),), rest=busy)
    assert missed([slow]) == [
        "1,000 pupils: explain: 100 ms",
        "1,000 pupils: all loops, at rest: 301 MiB",
        "1,000 pupils: at rest 2.1 % of a core",
        "1,000 pupils: at rest chats was read 3 times over",
    ]


def test_the_chart_is_a_picture_with_a_line_for_each_figure(tmp_path: Path) -> None:
    chart.draw([SIZE, larger(14)], tmp_path / "growth.svg")
    drawn = ET.parse(tmp_path / "growth.svg").getroot()  # noqa: S314 - our own
    lines = drawn.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 5
    assert all(len(line.attrib["points"].split()) == 2 for line in lines)
    assert "10,000" in {each.text for each in drawn.findall("{http://www.w3.org/2000/svg}text")}
