"""``status``, ``replay``, ``reconcile`` and ``settings``: ask, or tell, a stack."""

import asyncio
from pathlib import Path

from domain.ids import ChatId
from domain.lanes import Lane
from projections.database import transaction
from projections.facts import offsets
from projections.queue import due as queue
from projections.reconcile import observed, setbacks
from rollcall import obstacle_words
from rollcall import settings as all_settings
from rollcall import status as stack_status
from rollcall.addresses import Server
from rollcall.commands.session import NOT_SETTLED, remark, say, say_json, wiring_for
from rollcall.failures import CommandFailed, explain
from rollcall.status import Report


def status(*, as_json: bool, wait: float | None, strict: bool, data_dir: Path | None) -> int:
    """How things stand; 1 where Kafka did not tell, 3 where it was to be settled and is not."""
    report = asyncio.run(_status(wait, data_dir))
    if as_json:
        say_json(report.as_json())
    else:
        for line in _lines(report):
            say(line)
    if report.failure is not None:
        remark(f"rollcall: {explain(report.failure)}")
        return 1
    awaited = wait is not None and not report.settled
    blocked = strict and (report.counts.held > 0 or report.gaps > 0)
    return NOT_SETTLED if awaited or blocked else 0


async def _status(wait: float | None, data_dir: Path | None) -> Report:
    wiring = wiring_for(data_dir, Server.POSTGRES, Server.KAFKA)
    async with wiring.engine(pool_size=1) as engine:
        return await stack_status.wait(
            engine, wiring.kafka(), wiring.settings.kafka.topics, wait or 0.0
        )


def _lines(report: Report) -> list[str]:
    shown = report.as_json()
    for apart in ("chats", "converged", "obstacles"):
        shown.pop(apart)
    if report.lag is None:
        shown["lag"] = "unknown"
    lines = [f"{name.replace('_', ' '):<12} {_word(value)}" for name, value in shown.items()]
    chats = ", ".join(f"{count} {state}" for state, count in sorted(report.chats.items()))
    lines.append(f"{'chats':<12} {chats or 'none'}")
    if report.obstacles:
        lines.append("what is held back:")
        lines += [f"  {obstacle_words.line(each)}" for each in report.obstacles]
    return lines


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        limits = ", ".join(f"{count} a second of {what}" for what, count in sorted(value.items()))
        return limits or "as set"
    return "no" if value is None else str(value)


def replay(topics: list[str] | None, data_dir: Path | None) -> int:
    """Read topics again from their beginning."""
    partitions = asyncio.run(_replay(topics, data_dir))
    say(f"{partitions} partitions are read again from their beginning")
    return 0


async def _replay(topics: list[str] | None, data_dir: Path | None) -> int:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    unknown = sorted(set(topics or ()) - set(wiring.settings.kafka.topics))
    if unknown:
        read = ", ".join(wiring.settings.kafka.topics)
        message = f"not a topic that is read: {', '.join(unknown)}; these are: {read}"
        raise CommandFailed(message)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await offsets.rewind(connection, topics)


def reconcile(chats: list[str], data_dir: Path | None) -> int:
    """Have these chats read and made to match, in the lane of staff."""
    asyncio.run(_reconcile([ChatId(chat) for chat in chats], data_dir))
    say(f"{len(chats)} chats are due; `status --wait 60` tells when they are done")
    return 0


async def _reconcile(chats: list[ChatId], data_dir: Path | None) -> None:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        unknown = await queue.unknown(connection, chats)
        if unknown:
            message = f"no such chat: {', '.join(unknown)}; the view dashboard.chats lists them"
            raise CommandFailed(message)
        await observed.forget(connection, chats)
        for chat in chats:
            await setbacks.forget(connection, chat)
        await queue.mark_due(connection, chats, Lane.STAFF)


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
