"""``drift`` and ``keep``: what people changed in MAX by themselves, and what a person decides."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from domain.ids import ChatId, MaxUserId
from operations import drift
from operations.drift import DriftEntry, Keeping, KeptAccount
from rollcall.commands.session import (
    NOT_SETTLED,
    RunningStack,
    login,
    operate,
    remark,
    say,
    say_all,
)


def listed(*, everything: bool, as_json: bool, limit: int, data_dir: Path | None) -> int:
    """What is open, or everything, newest first."""
    found = operate(
        data_dir, lambda stack: drift.entries(stack.engine, limit, everything=everything)
    )
    nothing = "nobody has changed anything that is still open"
    say_all(found, _row, _entry, nothing, as_json=as_json)
    return 0


def _entry(entry: DriftEntry) -> list[str]:
    row = _row(entry)
    until = f", until {row['due_at']}" if entry.due_at else ""
    who = f" {entry.max_user_id}" if entry.max_user_id else ""
    what = "proposal to keep" if entry.is_proposal else entry.resolution or "open"
    return [f"{row['seen_at']}  {entry.chat_id}  {entry.kind}{who}: {what}{until}"]


def listed_kept(*, as_json: bool, limit: int, data_dir: Path | None) -> int:
    """The accounts that somebody keeps, newest first."""
    found = operate(data_dir, lambda stack: drift.kept_accounts(stack.engine, limit))
    say_all(found, _row, _kept, "nobody is kept anywhere", as_json=as_json)
    return 0


def _kept(kept: KeptAccount) -> list[str]:
    gone = "" if kept.present else ", not in the chat now"
    state = "" if kept.state == "kept" else f", {kept.state}: leaves all the same"
    who = f"{kept.max_user_id} ({kept.person_id or 'nobody known'})"
    return [f"{_row(kept)['at']}  {kept.chat_id}  {who} by {kept.author}{gone}{state}"]


def _row(found: DriftEntry | KeptAccount) -> dict[str, object]:
    """Its members, instants to the second."""
    return {
        name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in asdict(found).items()
    }


def keep(chat: str, account: int, by: str | None, *, kept_on: bool, data_dir: Path | None) -> int:
    """Keep an account in a chat in which nobody expects it, or keep it no longer."""
    chat_id, user = ChatId(chat), MaxUserId(account)

    async def decide(stack: RunningStack) -> Keeping:
        author = by or login()
        if kept_on:
            return await drift.keep(stack.engine, chat_id, user, author)
        released = await drift.release(stack.engine, chat_id, user, author)
        return Keeping.KEPT if released else Keeping.ALREADY

    done = operate(data_dir, decide)
    if done is Keeping.NOT_THERE:
        remark(f"rollcall: {account} is not in {chat}, and nobody is let in before they come")
        return NOT_SETTLED
    if done is Keeping.ALREADY:
        remark("rollcall: it is so already")
        return NOT_SETTLED
    say(f"{account} is kept in {chat}" if kept_on else f"{account} is not kept in {chat} any more")
    return 0
