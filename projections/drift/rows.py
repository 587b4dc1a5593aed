"""What PostgreSQL knows of a chat before a read, from JSON into the words of the domain."""

from typing import Any

from domain.drift import OurHand
from domain.expected import Role
from domain.hints import Hint, HintKind
from domain.ids import MaxUserId


def roles(rows: list[Any] | None) -> dict[MaxUserId, Role]:
    """The accounts that are in, with roles."""
    return {
        MaxUserId(user): Role.ADMINISTRATOR if is_admin else Role.MEMBER
        for user, is_admin in rows or ()
    }


def wanted(rows: list[Any] | None) -> dict[MaxUserId, Role]:
    """The expected accounts; of the people behind one the administrator's role counts."""
    wanted: dict[MaxUserId, Role] = {}
    for user, role in rows or ():
        if wanted.get(MaxUserId(user)) is not Role.ADMINISTRATOR:
            wanted[MaxUserId(user)] = Role(role)
    return wanted


def hints(rows: list[Any] | None) -> list[Hint]:
    """The updates since the last read, in their order."""
    return [
        Hint(
            HintKind(kind),
            None if user is None else MaxUserId(user),
            None if by is None else MaxUserId(by),
        )
        for kind, user, by in rows or ()
    ]


def our_hand(rows: list[Any] | None) -> OurHand:
    """What calls of ours explain, and of whom a read may still show what was before."""
    touched: dict[str, set[MaxUserId]] = {}
    lagging: set[MaxUserId] = set()
    titles: set[str] = set()
    titles_lag = False
    for action, body, lags in rows or ():
        users = {MaxUserId(user) for user in (*body.get("user_ids", ()), *body.get("members", ()))}
        if "user_id" in body:
            users.add(MaxUserId(body["user_id"]))
        touched.setdefault(action, set()).update(users)
        lagging |= users if lags else set()
        if action in {"rename", "create"}:
            titles.add(body.get("title", ""))
            titles_lag = titles_lag or lags
    return OurHand(
        entering=touched.get("add", set()) | touched.get("create", set()),
        leaving=touched.get("remove", set()),
        promoted=touched.get("promote", set()),
        demoted=touched.get("demote", set()),
        titles=titles,
        lagging=lagging,
        titles_lag=titles_lag,
    )
