"""``plan``, ``approve``, ``reject`` and ``explain``: what waits for a person, and why.

``plan`` plans with no client that could write; approving names a plan by its hash.
"""

import asyncio
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from domain.actions import Action, Demote, Remove
from domain.guard import GuardScope, Held
from domain.ids import ChatId, PersonId
from projections.database import transaction
from projections.guard import held_plans, plan_decisions
from projections.guard.held_plans import HeldPlan
from projections.guard.plan_decisions import Decided, NotDecided
from projections.reconcile.preview import Preview, ReadFirst, preview
from projections.reports.explanation import Explanation
from projections.reports.explanation import explain as explanation_of
from rollcall.addresses import Server
from rollcall.commands.session import NOT_SETTLED, login, remark, say, say_json, wiring_for
from rollcall.failures import CommandFailed


def plan(chat: str | None, *, as_json: bool, data_dir: Path | None) -> int:
    """All plans that wait for a person, or what would be done to one chat now."""
    if chat is not None:
        return _plan_of(ChatId(chat), as_json=as_json, data_dir=data_dir)
    waiting = asyncio.run(_listing(data_dir))
    for each in waiting:
        if as_json:
            say_json(_jsonable(asdict(each)))
        else:
            for line in _lines(each):
                say(line)
    if not waiting and not as_json:
        say("no plan waits for a person")
    return 0


async def _listing(data_dir: Path | None) -> list[HeldPlan]:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await held_plans.listing(connection)


def _lines(held: HeldPlan) -> list[str]:
    lines = [
        f"{held.hash}  {held.state}",
        f"  chat {held.chat_id} of school {held.school_id}: {_takes(held)}",
        f"  {_limit(held)}",
        f"  held since {held.held_at:%Y-%m-%d %H:%M} UTC",
    ]
    if held.decided_by is not None:
        until = "" if held.expires_at is None else f", until {held.expires_at:%Y-%m-%d %H:%M} UTC"
        lines.append(f"  {held.state} by {held.decided_by}{until}")
    if held.scope == "strangers" and held.removal_limit == 0:
        lines.append("  after a restore nobody of them is removed before a person has looked")
    lines += [
        f"    {each['max_user_id']} ({each['person_id'] or 'nobody known'}): {each['cause']}"
        for each in held.people
    ]
    if held.school_hash is not None:
        lines.append(f"  all that waits in this school together: {held.school_hash}")
    return lines


def _takes(held: HeldPlan) -> str:
    removes = sum(call["action"] == "remove" for call in held.actions)
    demotes = len(held.actions) - removes
    taken = [f"removes {removes}"] if removes else []
    return ", ".join([*taken, f"demotes {demotes}"] if demotes else taken)


def _limit(held: HeldPlan) -> str:
    """The limit that it would pass, in words."""
    would_be, limit = held.would_be, held.removal_limit
    match GuardScope(held.scope):
        case GuardScope.CHAT:
            whose = f"chat {held.chat_id}"
        case GuardScope.SCHOOL:
            whose = f"school {held.school_id}"
        case GuardScope.TOTAL:
            whose = "all schools together"
        case GuardScope.STRANGERS:
            whose = "people who were never ours in this chat"
        case GuardScope.UNLINK_SCHOOL:
            where = f"in school {held.school_id}"
            return f"{would_be} people unlinked within an hour {where}, {limit} are allowed"
        case GuardScope.UNLINK_TOTAL:
            return f"{would_be} people unlinked within half an hour in all, {limit} are allowed"
        case GuardScope.FLAPPING:
            return f"taken out for the {would_be}. time within an hour, {limit} are allowed"
    return f"{whose}: would be {would_be} removals, {limit} are allowed"


def _plan_of(chat_id: ChatId, *, as_json: bool, data_dir: Path | None) -> int:
    found = asyncio.run(_preview(chat_id, data_dir))
    if found is None:
        raise _no_chat(chat_id)
    if isinstance(found, ReadFirst):
        if as_json:
            say_json({"chat_id": chat_id, "state": "unknown"})
        else:
            say("what the messenger has is not known; the chat is read before anything is planned")
        return 0
    if as_json:
        say_json(_preview_json(found))
        return 0
    say(f"{found.hash}  {_state(found)}")
    for action, call in zip(found.actions, held_plans.shown(found.actions), strict=True):
        say(f"  {json.dumps(call, ensure_ascii=False)}{_waits(found, action)}")
    return 0


def _waits(found: Preview, action: Action) -> str:
    if found.admission.lets(action) or not isinstance(action, Remove | Demote):
        return ""
    held = isinstance(found.admission.waits[action.user_id], Held)
    return "  (waits for a decision)" if held else "  (rejected)"


async def _preview(chat_id: ChatId, data_dir: Path | None) -> Preview | ReadFirst | None:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    policy, rules = wiring.settings.guard.policy(), wiring.settings.drift.rules()
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await preview(connection, chat_id, policy, rules)


def _preview_json(found: Preview) -> dict[str, object]:
    held = found.held
    return {
        "chat_id": found.chat_id,
        "hash": found.hash,
        "state": _state(found),
        "scope": held and held.scope.value,
        "removal_limit": held and held.limit,
        "would_be": held and held.would_be,
        "actions": held_plans.shown(found.actions),
        "waiting": [
            {"max_user_id": account, "state": "held" if isinstance(why, Held) else "rejected"}
            for account, why in sorted(found.admission.waits.items())
        ],
    }


def _state(found: Preview) -> str:
    """What becomes of the plan: of one that waits in part, what it waits for."""
    if not found.actions:
        return "converged"
    waiting = found.admission.waiting
    if waiting is not None:
        return waiting.value
    return "approved" if found.approved else "passes"


def approve(name: str, by: str | None, data_dir: Path | None) -> int:
    """Let what this hash names be carried out."""
    return _told(asyncio.run(_approve(name, by or login(), data_dir)), "approved")


async def _approve(name: str, by: str, data_dir: Path | None) -> Decided | NotDecided:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    hours = wiring.settings.guard.approval_hours
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await plan_decisions.approve(connection, name, by, hours, ran_by=login())


def reject(name: str, by: str | None, data_dir: Path | None) -> int:
    """Leave undone what this hash names."""
    return _told(asyncio.run(_reject(name, by or login(), data_dir)), "rejected")


async def _reject(name: str, by: str, data_dir: Path | None) -> Decided | NotDecided:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    days = wiring.settings.guard.rejection_days
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await plan_decisions.reject(connection, name, by, days, ran_by=login())


def _told(outcome: Decided | NotDecided, what: str) -> int:
    if isinstance(outcome, NotDecided):
        remark(f"rollcall: {outcome.reason}")
        return NOT_SETTLED
    until = f"{outcome.expires_at:%Y-%m-%d %H:%M} UTC"
    say(f"{what} until {until}: {outcome.removals} removals in {', '.join(outcome.chat_ids)}")
    return 0


def explain(chat: str, person: str, *, as_json: bool, data_dir: Path | None) -> int:
    """Why the person is, or is not, in the chat."""
    found = asyncio.run(_explain(ChatId(chat), PersonId(person), data_dir))
    if found is None:
        raise _no_chat(ChatId(chat))
    if as_json:
        say_json({"chat_id": chat, "person_id": person, **_jsonable(asdict(found))})
        return 0
    for line in _explained(found):
        say(line)
    return 0


async def _explain(
    chat_id: ChatId, person_id: PersonId, data_dir: Path | None
) -> Explanation | None:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await explanation_of(connection, chat_id, person_id)


def _explained(found: Explanation) -> list[str]:
    expected = "not expected" if found.role is None else f"expected as {found.role}"
    lines = [f"{'expected':<10} {expected}"]
    lines += [f"{'':<10} because of {_reason(each)}" for each in found.reasons]
    account = "" if found.max_user_id is None else f" to {found.max_user_id}"
    lines.append(f"{'profile':<10} {found.profile}{account}")
    lines.append(f"{'messenger':<10} {_presence(found)}")
    if found.removed:
        lines.append(f"{'register':<10} the person was removed")
    if found.refused_because is not None:
        again = f"tried again {found.retry_at:%Y-%m-%d %H:%M} UTC"
        lines.append(f"{'refused':<10} {found.refused_because}, {again}")
    waiting = "" if found.waiting is None else f", waits: {found.waiting}"
    lines.append(f"{'chat':<10} {found.chat_state}{waiting}")
    for decision in found.decisions:
        lines.append(
            f"{'decision':<10} {decision.at:%Y-%m-%d %H:%M} "
            f"{decision.subject} {decision.choice} by {decision.author}"
        )
    for row in found.history:
        became = "left" if row.role is None else row.role
        reasons = ", ".join(_reason(each) for each in row.reasons)
        lines.append(
            f"{'history':<10} {row.valid_from:%Y-%m-%d %H:%M} {became} "
            f"(known {row.known_from:%Y-%m-%d %H:%M}; {reasons})"
        )
    return lines


def _reason(reason: dict[str, object]) -> str:
    return f"{reason['kind']} {reason['ref']}"


def _presence(found: Explanation) -> str:
    if found.observed_at is None:
        return "not known, the chat was not read"
    if not found.present:
        return "not in the chat"
    return "in the chat as administrator" if found.is_administrator else "in the chat"


def _jsonable(row: dict[str, object]) -> dict[str, object]:
    """The row with its dates as text."""
    plain: dict[str, object] = json.loads(json.dumps(row, default=_text))
    return plain


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _no_chat(chat_id: ChatId) -> CommandFailed:
    return CommandFailed(f"no such chat: {chat_id}; the view dashboard.chats lists them")
