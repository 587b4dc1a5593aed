"""``status`` and ``settings``: how a stack stands, and how it can be set."""

from pathlib import Path

from operations import status as standing
from operations.report import Report
from rollcall import obstacle_words
from rollcall import settings as all_settings
from rollcall.addresses import Server
from rollcall.commands.session import NOT_SETTLED, RunningStack, operate, remark, say, say_json
from rollcall.failures import explain


def status(*, as_json: bool, wait: float | None, strict: bool, data_dir: Path | None) -> int:
    """How things stand; 1 where Kafka did not tell, 3 where it was to be settled and is not."""

    async def look(stack: RunningStack) -> Report:
        topics = stack.settings.kafka.topics
        return await standing.wait(stack.engine, stack.wiring.kafka(), topics, wait or 0.0)

    report = operate(data_dir, look, Server.KAFKA)
    if as_json:
        say_json(report.as_json())
    else:
        for line in _lines(report):
            say(line)
    if report.failure is not None:
        remark(f"rollcall: {explain(report.failure)}")
        return 1
    awaited = wait is not None and not report.settled
    blocked = strict and (report.counts.held > 0 or bool(report.standing.gaps))
    return NOT_SETTLED if awaited or blocked else 0


def _lines(report: Report) -> list[str]:
    shown = report.as_json()
    for apart in ("chats", "converged", "obstacles"):
        shown.pop(apart)
    if report.counts.minutes_left is None:
        shown.pop("minutes_left")
    if report.lag is None:
        shown["lag"] = "unknown"
    lines = [f"{name.replace('_', ' '):<12} {_word(value)}" for name, value in shown.items()]
    chats = ", ".join(f"{count} {state}" for state, count in sorted(report.chats.items()))
    lines.append(f"{'chats':<12} {chats or 'none'}")
    if report.standing.obstacles:
        lines.append("what is held back:")
        lines += [f"  {obstacle_words.line(each)}" for each in report.standing.obstacles]
    return lines


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        limits = ", ".join(f"{count} a second of {what}" for what, count in sorted(value.items()))
        return limits or "as set"
    return "no" if value is None else str(value)


def settings(*, as_json: bool) -> int:
    """Every setting with its default and what it is for, by section."""
    if as_json:
        for variable, default, description in all_settings.listing():
            say_json({"variable": variable, "default": default, "description": description})
        return 0
    groups = [("", "", all_settings.general()), *all_settings.sections()]
    for section, purpose, rows in groups:
        if section:
            say(f"\n{section}: {purpose}")
        for variable, default, description in rows:
            say(f"  {variable}={default}")
            say(f"      {description}")
    return 0
