"""``plan``, ``approve`` and ``reject``: what waits for a person, why, and the decision.

``plan`` plans with no client that could write; approving names a plan by its hash.
"""

import json
from dataclasses import asdict
from pathlib import Path

from domain.actions import Action, Demote, Remove
from domain.guard import GuardScope, Held
from domain.ids import ChatId
from operations import plans
from operations.plans import Decided, HeldPlan, NotDecided, Preview, ReadFirst
from rollcall.commands.session import (
    NOT_SETTLED,
    RunningStack,
    login,
    operate,
    remark,
    say,
    say_all,
    say_json,
)


def plan(chat: str | None, *, as_json: bool, data_dir: Path | None) -> int:
    """All plans that wait for a person, or what would be done to one chat now."""
    if chat is not None:
        return _plan_of(ChatId(chat), as_json=as_json, data_dir=data_dir)
    waiting = operate(data_dir, lambda stack: plans.waiting(stack.engine))
    say_all(waiting, asdict, _lines, "no plan waits for a person", as_json=as_json)
    return 0


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
    async def ask(stack: RunningStack) -> Preview | ReadFirst:
        policy, rules = stack.settings.guard.policy(), stack.settings.drift.rules()
        return await plans.plan_of(stack.engine, chat_id, policy, rules)

    found = operate(data_dir, ask)
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
    for action, call in zip(found.actions, plans.shown(found.actions), strict=True):
        say(f"  {json.dumps(call, ensure_ascii=False)}{_waits(found, action)}")
    return 0


def _waits(found: Preview, action: Action) -> str:
    if found.admission.lets(action) or not isinstance(action, Remove | Demote):
        return ""
    held = isinstance(found.admission.waits[action.user_id], Held)
    return "  (waits for a decision)" if held else "  (rejected)"


def _preview_json(found: Preview) -> dict[str, object]:
    held = found.held
    return {
        "chat_id": found.chat_id,
        "hash": found.hash,
        "state": _state(found),
        "scope": held and held.scope.value,
        "removal_limit": held and held.limit,
        "would_be": held and held.would_be,
        "actions": plans.shown(found.actions),
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

    async def decide(stack: RunningStack) -> Decided | NotDecided:
        hours = stack.settings.guard.approval_hours
        return await plans.approve(stack.engine, name, by or login(), hours, ran_by=login())

    return _told(operate(data_dir, decide), "approved")


def reject(name: str, by: str | None, data_dir: Path | None) -> int:
    """Leave undone what this hash names."""

    async def decide(stack: RunningStack) -> Decided | NotDecided:
        days = stack.settings.guard.rejection_days
        return await plans.reject(stack.engine, name, by or login(), days, ran_by=login())

    return _told(operate(data_dir, decide), "rejected")


def _told(outcome: Decided | NotDecided, what: str) -> int:
    if isinstance(outcome, NotDecided):
        remark(f"rollcall: {outcome.reason}")
        return NOT_SETTLED
    until = f"{outcome.expires_at:%Y-%m-%d %H:%M} UTC"
    say(f"{what} until {until}: {outcome.removals} removals in {', '.join(outcome.chat_ids)}")
    return 0
