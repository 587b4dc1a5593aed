"""``publish`` and ``synth``: events into Kafka, and events made up."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from rollcall import publish as publishing
from rollcall.addresses import Server
from rollcall.commands.session import remark, say, say_json, wiring_for
from rollcall.failures import CommandFailed
from rollcall.publish import Report
from rollcall.wiring import Wiring
from schemas.raw import RawRecord
from synth import write as write_region


def publish(files: list[str], *, data_dir: Path | None, as_json: bool) -> int:
    """Publish the lines of these files; 1 where a line was refused."""
    for name in files:
        if name != "-":
            _look_at(Path(name))
    wiring = wiring_for(data_dir, Server.KAFKA)
    total = Report()
    try:
        asyncio.run(_publish(wiring, files, total))
    finally:
        # Also where it failed or was stopped halfway: what is in Kafka stays there.
        if as_json:
            say_json({"published": total.published, "refused": len(total.refused)})
        else:
            say(f"{total.published} published, {len(total.refused)} refused")
    return 1 if total.refused else 0


def _look_at(file: Path) -> None:
    """Whether the file can be read, before anything is published of another."""
    try:
        if file.is_dir():
            message = f"{file} is a folder; name the files in it"
            raise CommandFailed(message)
        if file.is_file():  # a pipe is opened once only
            with file.open("rb"):
                return
        file.stat()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise CommandFailed(message) from error


async def _publish(wiring: Wiring, files: list[str], total: Report) -> None:
    await wiring.ensure_topics()
    for name in files:
        await _publish_file(wiring, name, total)


async def _publish_file(wiring: Wiring, name: str, total: Report) -> None:
    report = Report()
    try:
        await publishing.publish(wiring.kafka(), _records(wiring, name, report), report)
    finally:
        for line, reason in sorted(report.refused):
            remark(f"{'stdin' if name == '-' else name}:{line}: {reason}")
        total.published += report.published
        total.refused.extend(report.refused)


def _records(wiring: Wiring, name: str, report: Report) -> Iterator[RawRecord]:
    today, topics = publishing.local_today(), wiring.settings.kafka.topics
    try:
        if name == "-":
            yield from publishing.records(sys.stdin.buffer, today, topics, report)
        else:
            with Path(name).open("rb") as lines:
                yield from publishing.records(lines, today, topics, report)
    except OSError as error:
        message = f"{name} cannot be read: {error.strerror}"
        raise CommandFailed(message) from error


def synth(*, pupils: int, seed: int, output: Path | None) -> int:
    """Make up a region, to a file or to stdout."""
    today = publishing.local_today()
    try:
        if output is None:
            write_region(sys.stdout.buffer, pupils=pupils, seed=seed, today=today)
            sys.stdout.flush()
            return 0
        with output.open("wb") as file:
            write_region(file, pupils=pupils, seed=seed, today=today)
    except BrokenPipeError:
        raise  # whoever read has enough; typer ends quietly
    except OSError as error:
        message = f"{output or 'the output'} cannot be written: {error.strerror}"
        raise CommandFailed(message) from error
    return 0
