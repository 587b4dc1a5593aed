"""``publish`` and ``synth``: events into Kafka, and events made up."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from rollcall import publish as publishing
from rollcall.commands.session import remark, say, say_json, wiring_for
from rollcall.failures import CommandFailed
from rollcall.publish import RawRecord, Report
from rollcall.synth import write as write_region
from rollcall.wiring import Wiring


def publish(files: list[str], *, data_dir: Path | None, as_json: bool) -> int:
    """Publish the lines of these files; 1 where a line was refused."""
    for name in files:
        if name != "-" and not Path(name).is_file():
            message = f"{name}: no such file"
            raise CommandFailed(message)
    return asyncio.run(_publish(files, data_dir=data_dir, as_json=as_json))


async def _publish(files: list[str], *, data_dir: Path | None, as_json: bool) -> int:
    wiring = wiring_for(data_dir)
    await wiring.ensure_topics()
    total = Report()
    for name in files:
        total.published += await _publish_file(wiring, name, total)
    if as_json:
        say_json({"published": total.published, "refused": len(total.refused)})
    else:
        say(f"{total.published} published, {len(total.refused)} refused")
    return 1 if total.refused else 0


async def _publish_file(wiring: Wiring, name: str, total: Report) -> int:
    report = Report()
    stream = _records(name, report)
    await publishing.publish(wiring.kafka(), stream, report)
    for line, reason in report.refused:
        remark(f"{'stdin' if name == '-' else name}:{line}: {reason}")
    total.refused.extend(report.refused)
    return report.published


def _records(name: str, report: Report) -> Iterator[RawRecord]:
    today = publishing.local_today()
    if name == "-":
        yield from publishing.records(sys.stdin.buffer, today, report)
        return
    with Path(name).open("rb") as lines:
        yield from publishing.records(lines, today, report)


def synth(*, pupils: int, seed: int, output: Path | None) -> int:
    """Make up a region, to a file or to stdout."""
    today = publishing.local_today()
    if output is None:
        write_region(sys.stdout.buffer, pupils=pupils, seed=seed, today=today)
        return 0
    try:
        with output.open("wb") as file:
            write_region(file, pupils=pupils, seed=seed, today=today)
    except OSError as error:
        message = f"{output} cannot be written: {error.strerror}"
        raise CommandFailed(message) from error
    return 0
