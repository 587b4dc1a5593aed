"""Which benchmarks the one table has: with what sizes, and which of their figures.

Guarantees: a row shows the figure that its benchmark measured beside one of the same run, and
«met» is what the benchmark itself says of it, or follows from what is asked for in the row; where
nothing is asked for there is no verdict. The sizes fit ten minutes on two cores together.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.peers import environments

Found = Any  # the object that a benchmark printed

PEERS: Final = ("faust", "quix", "bytewax")
ENGINES: Final = ("flink", "pathway")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; ``beside`` is a peer's or a yardstick's, of the same run."""

    what: str
    ours: float
    unit: str
    beside: float | None
    beside_what: str
    asked: str
    met: bool | None

    @property
    def ratio(self) -> float | None:
        """Ours in units of the other."""
        return round(self.ours / self.beside, 2) if self.beside else None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark's module, its arguments, how long it may take, and its rows of the table."""

    name: str
    module: str
    words: tuple[str, ...]
    rows: Callable[[Found], list[Row]]
    patience: float = 300.0


def _decode(found: Found) -> list[Row]:
    mix = found["microseconds"]["mix"]
    dearest = max(each for kind, each in found["microseconds"].items() if kind != "mix")
    return [Row("decoding an event of the mix", mix, "µs", dearest, "dearest type", "", None)]


def _ingest(found: Found) -> list[Row]:
    ours, raw = found["events_per_second"], found["raw_events_per_second"]
    met = found["meets_target"]
    return [Row("ingest", ours, "events/s", raw, "raw reading", "30,000 or more", met)]


def _yardstick(found: Found) -> list[Row]:
    ours, sql = found["derive_seconds"], found["yardstick_seconds"]
    unlike = sum(found["differences"].values())
    return [
        Row("deriving a region", ours, "s", sql, "one SQL statement", "3 × or less",
            found["ratio"] <= 3),
        Row("… memberships that differ", unlike, "", None, "one SQL statement", "0", not unlike),
    ]  # fmt: skip


def _fence(found: Found) -> list[Row]:
    """All questions of all people together; who somebody is has no owner's question."""
    both = [each for rows in found.values() for each in rows.values() if each[1]]
    fenced, owned = (round(sum(column), 1) for column in zip(*both, strict=True))
    return [Row("all questions of staff, fenced", fenced, "ms", owned, "as the owner", "", None)]


def _fairness(found: Found) -> list[Row]:
    alone = found["alone_median_s"]
    what = "a live change beside a resync"
    return [
        Row(f"{what}, {name}", found[key], "s", alone, "alone, median", f"under {most}",
            found[key] < most)
        for name, key, most in (("median", "median_s", 2), ("p99", "p99_s", 5))
    ]  # fmt: skip


def _budget(found: Found) -> list[Row]:
    most = max(found["most_grants_in_a_second"], found["most_uses_in_a_second"])
    rate, refused = found["calls_per_second"], found["refused_with_429"]
    return [
        Row("calls under pressure", rate, "calls/s", 30, "messenger's limit", "27.9 or more",
            rate >= 27.9),
        Row("… most in any second", most, "calls", 30, "messenger's limit", "30 or less",
            most <= 30),
        Row("… refused with 429", refused, "calls", None, "", "1 or less", refused <= 1),
    ]  # fmt: skip


def _latency(found: Found) -> list[Row]:
    median, p99 = (40, 200) if found["background"] else (300, 2000)
    beside = f" beside {found['background']:g}/s" if found["background"] else ""
    rows = []
    for name in ("first", "last"):
        for kind, most in (("median", median), ("p99", p99)):
            ours, floor = found[f"{name}_chat"][kind], found["floor"][kind]
            what = f"order to {name} call{beside}, {kind}"
            rows.append(Row(what, ours, "ms", floor, "bare record + call", f"under {most}",
                            ours < most))  # fmt: skip
    return rows


def _console(found: Found) -> list[Row]:
    bare, *pages = found["rows"]
    slowest = max(pages, key=lambda each: each["p95"])
    what = f"the slowest page, p95: {slowest['page']}"
    return [Row(what, slowest["p95"], "ms", bare["p95"], bare["page"], "under 150",
                found["meets_target"])]  # fmt: skip


def _peers(found: Found) -> list[Row]:
    ours, *theirs = found["figures"]
    return [
        Row("the fold of the orders", ours["events_per_second"], "events/s",
            each["events_per_second"], each["peer"], "2 × or more, equal placements",
            each["same"] and ours["events_per_second"] >= 2 * each["events_per_second"])
        for each in theirs
    ]  # fmt: skip


def _engines(found: Found) -> list[Row]:
    ours, *theirs = found["figures"]
    figures = (
        ("whole_seconds", "the whole derivation", "s"),
        ("change_median_ms", "one change in it, median", "ms"),
        ("peak_mib", "memory for it", "MiB"),
    )
    return [
        Row(what, ours[key], unit, each[key], each["engine"], "no more, equal results",
            not each["differences"] and ours[key] <= each[key])
        for each in theirs
        for key, what, unit in figures
    ]  # fmt: skip


ALL: Final = (
    Benchmark("decode", "decode", (), _decode),
    Benchmark("ingest", "ingest", ("--events", "100000", "--rounds", "2"), _ingest),
    Benchmark("yardstick", "yardstick", ("--pupils", "10000"), _yardstick),
    Benchmark("fence", "fence", ("--pupils", "3000", "--repeats", "10"), _fence),
    Benchmark("console", "console", ("--schools", "20", "--seconds", "30"), _console),
    Benchmark("fairness", "fairness", ("--samples", "15"), _fairness),
    Benchmark("budget", "budget", ("--calls", "1500", "--minutes", "3"), _budget),
    Benchmark("latency", "latency", ("--samples", "20"), _latency),
    Benchmark(
        "latency beside events",
        "latency",
        ("--samples", "20", "--pupils", "3000", "--background", "500"),
        _latency,
    ),
)


def others() -> list[Benchmark]:
    """The comparisons with other people's programs, of those that are installed."""
    peers, engines = _installed(PEERS), _installed(ENGINES)
    found = []
    if peers:
        words = ("--events", "100000", *_only(peers))
        found.append(Benchmark("peers", "peers", words, _peers, patience=900.0))
    if engines:
        words = ("--pupils", "3000", "--samples", "20", *_only(engines))
        found.append(Benchmark("engines", "engines", words, _engines, patience=900.0))
    return found


def _installed(names: Iterable[str]) -> list[str]:
    return [name for name in names if environments.python(name) is not None]


def _only(names: Iterable[str]) -> list[str]:
    return [word for name in names for word in ("--only", name)]


_HEAD: Final = ("what", "ours", "beside", "ratio", "asked for", "met")
_VERDICTS: Final = {True: "yes", False: "NO", None: ""}


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    cells = [_HEAD, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        print("  ".join(map(str.ljust, line, widths)).rstrip())


def _cells(row: Row) -> tuple[str, ...]:
    beside = "" if row.beside is None else f"{row.beside:,g} {row.unit}, "
    return (
        row.what,
        f"{row.ours:,g} {row.unit}".rstrip(),
        f"{beside}{row.beside_what}".removesuffix(", "),
        "" if row.ratio is None else f"{row.ratio:g} ×",
        row.asked,
        _VERDICTS[row.met],
    )
