"""``sessions`` and ``accounts``: who is signed in to the console, and which programs may ask it."""

from dataclasses import asdict
from pathlib import Path

from domain.rights import Scope
from operations import access
from operations.access import ListedAccount, ListedSession
from rollcall.commands.session import NOT_SETTLED, login, operate, remark, say, say_all


def list_sessions(limit: int, *, as_json: bool, data_dir: Path | None) -> int:
    """Who is signed in, the latest used first."""
    found = operate(data_dir, lambda stack: access.list_sessions(stack.engine, limit))
    say_all(found, asdict, _session, "nobody is signed in", as_json=as_json)
    return 0


def _session(each: ListedSession) -> list[str]:
    role = "" if each.operator is None else f", operator ({each.operator})"
    return [
        f"{each.person_id or 'no person'}{role}, by {each.way} as {each.subject}",
        f"    since {each.created_at:%d.%m.%Y %H:%M}, used {each.last_seen_at:%H:%M} UTC",
    ]


def end_sessions(whose: str | None, data_dir: Path | None) -> int:
    """Sign a person out everywhere, or everybody."""
    ended = operate(data_dir, lambda stack: access.end_sessions(stack.engine, whose))
    if not ended:
        remark("rollcall: nobody by that id is signed in; `sessions` lists who is")
        return NOT_SETTLED
    say(f"{ended} sessions are ended")
    return 0


def list_accounts(*, as_json: bool, data_dir: Path | None) -> int:
    """The service accounts."""
    found = operate(data_dir, lambda stack: access.list_accounts(stack.engine))
    say_all(found, asdict, _account, "no program has an account", as_json=as_json)
    return 0


def _account(each: ListedAccount) -> list[str]:
    ended = "" if each.revoked_at is None else f", revoked {each.revoked_at.isoformat()}"
    return [f"{each.name}: {', '.join(each.scopes)} (made by {each.created_by}{ended})"]


def add_account(name: str, scopes: list[Scope], by: str | None, data_dir: Path | None) -> int:
    """Make a service account; its token is the one line of stdout."""
    author = by or login()
    token = operate(data_dir, lambda stack: access.add_account(stack.engine, name, scopes, author))
    if token is None:
        remark(f"rollcall: there is, or was, an account {name}; choose another name")
        return NOT_SETTLED
    remark("rollcall: this is the only time that the token is shown")
    say(token)
    return 0


def revoke_account(name: str, data_dir: Path | None) -> int:
    """End a service account; 3 where there is none that holds."""
    if not operate(data_dir, lambda stack: access.revoke_account(stack.engine, name)):
        remark(f"rollcall: no account {name} holds; `accounts` lists them")
        return NOT_SETTLED
    say(f"{name} may ask nothing any more")
    return 0
