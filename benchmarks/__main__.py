"""All benchmarks that fit into ten minutes, and one table of what they say.

``./run bench [--only NAME] [--others] [--json]`` runs each as a process of its own, one after the
other, with a size that fits (``benchmarks.table`` lists them), and takes the figures from the
object that each prints as its last line. ``--only`` names those to run; ``--others`` also runs
the comparisons with other people's programs, of those that are installed. The sizes of the
figures in docs/performance.md are larger: each benchmark by its own name has them. 1 is the exit
code where something that is asked for is missed, or a benchmark came to no result, and which
those are is told.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.table import ALL, Benchmark, Row, others, show

_END_SECONDS = 20.0
_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Failed:
    """A benchmark that came to no result, and what it said last."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Result:
    """The table, and who is not in it."""

    rows: list[Row]
    failed: list[Failed]
    seconds: float

    @property
    def meets_target(self) -> bool:
        """Whether all have run and nothing is missed."""
        return not self.failed and all(row.met is not False for row in self.rows)


def measure(chosen: Sequence[Benchmark]) -> Result:
    """Run these, one after the other."""
    rows: list[Row] = []
    failed: list[Failed] = []
    began = time.monotonic()
    for each in chosen:
        own = time.monotonic()
        told = _run(each)
        if isinstance(told, Failed):
            failed.append(told)
        else:
            rows += told
        seconds = time.monotonic() - own
        print(f"{each.name}: {seconds:.0f} s", file=sys.stderr, flush=True)
    return Result(rows, failed, round(time.monotonic() - began, 1))


def _run(each: Benchmark) -> list[Row] | Failed:
    """The rows of one benchmark; its exit code may say that something is missed."""
    words = [sys.executable, "-m", f"benchmarks.{each.module}", *each.words, "--json"]
    with subprocess.Popen(  # noqa: S603 - our own module
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            out, err = process.communicate(timeout=each.patience)
        except subprocess.TimeoutExpired:
            return Failed(each.name, f"no result in {each.patience:.0f} s")
        finally:
            _end(process)
    try:
        found: Any = json.loads(_last(out))
        return each.rows(found)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        said = _last(err) or _last(out) or f"exit code {process.returncode}"
        return Failed(each.name, f"{type(error).__name__}: {said}")


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def _end(process: "subprocess.Popen[str]") -> None:
    """The benchmark and what it started, should it be there still."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)


def main() -> int:
    """Run, and print the table; 1 where something is missed or failed."""
    parser = argparse.ArgumentParser(
        prog="./run bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    names = [each.name for each in ALL]
    parser.add_argument("--only", action="append", choices=names, help="repeatable")
    parser.add_argument("--others", action="store_true", help="peers and engines, if installed")
    parser.add_argument("--json", action="store_true", help="the last line is one object")
    given = parser.parse_args()
    chosen = [each for each in ALL if not given.only or each.name in given.only]
    try:
        result = measure([*chosen, *(others() if given.others else [])])
    except KeyboardInterrupt:
        return _INTERRUPTED
    show(result.rows)
    for each in result.failed:
        print(f"failed to run: {each.name}: {each.why}")
    if given.json:
        print(json.dumps({**asdict(result), "meets_target": result.meets_target}))
    return 0 if result.meets_target else 1


if __name__ == "__main__":
    sys.exit(main())
