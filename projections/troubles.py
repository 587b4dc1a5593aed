"""What PostgreSQL's troubles mean: the one table of its codes, and of asyncpg's own errors.

Three things must never be taken for each other: what is wrong with this data (the same again
would fail again), what passes by itself (nothing is known to be wrong), and what is wrong with
the installation (a person must mend it). Whatever is none of them is a bug of ours. The table
stands in docs/runbook.md too, and a test compares the two.
"""

import ssl
from dataclasses import dataclass
from enum import Enum
from typing import Final

import asyncpg
from asyncpg.pgproto import pgproto


class Trouble(Enum):
    """What to make of an error; the value is the word in the runbook."""

    REFUSED = "refused"
    """PostgreSQL refuses this data: without it the rest goes on."""
    PASSING = "passing"
    """It passes by itself: the same is tried again, with growing pauses."""
    INSTALLATION = "installation"
    """Somebody must mend it: the process says what, and ends."""
    BUG = "bug"
    """Our statement is wrong, whatever the data: the process ends, with the place."""


@dataclass(frozen=True, slots=True)
class Row:
    """Codes that begin like this. Of several rows the longest beginning counts."""

    code: str
    trouble: Trouble
    what: str


TABLE: Final = (
    Row("08", Trouble.PASSING, "the connection was lost, or not made"),
    Row("0A", Trouble.BUG, "a feature that PostgreSQL does not have"),
    Row("21", Trouble.REFUSED, "two rows where one must be"),
    Row("22", Trouble.REFUSED, "a value that its type does not take"),
    Row("23", Trouble.REFUSED, "a constraint"),
    Row("25", Trouble.BUG, "a statement at the wrong point of a transaction"),
    Row("25006", Trouble.PASSING, "the server is read-only: a standby, or a full disk's guard"),
    Row("25P03", Trouble.PASSING, "a transaction stood idle for too long"),
    Row("25P04", Trouble.PASSING, "a transaction took too long"),
    Row("26", Trouble.INSTALLATION, "a pooler that loses prepared statements"),
    Row("28", Trouble.INSTALLATION, "it does not let us in"),
    Row("3D", Trouble.INSTALLATION, "there is no such database"),
    Row("3F", Trouble.INSTALLATION, "there is no such schema"),
    Row("40", Trouble.PASSING, "a deadlock, or a conflict with another transaction"),
    Row("42", Trouble.BUG, "a statement that is not right"),
    Row("42501", Trouble.INSTALLATION, "our user may not do this"),
    Row("42703", Trouble.INSTALLATION, "a column is missing: somebody changed the schema"),
    Row("42704", Trouble.INSTALLATION, "an object is missing: somebody changed the schema"),
    Row("42883", Trouble.INSTALLATION, "a function is missing: somebody changed the schema"),
    Row("42P01", Trouble.INSTALLATION, "a table is missing: somebody changed the schema"),
    Row("42P05", Trouble.INSTALLATION, "a pooler that mixes prepared statements up"),
    Row("44", Trouble.REFUSED, "a view's check"),
    Row("53", Trouble.PASSING, "no disk, memory or connections left"),
    Row("54", Trouble.REFUSED, "too large or too complex for PostgreSQL"),
    Row("55", Trouble.PASSING, "a lock, or an object that is not ready"),
    Row("57", Trouble.PASSING, "cancelled, shutting down or starting"),
    Row("57P04", Trouble.INSTALLATION, "the database was dropped"),
    Row("58", Trouble.PASSING, "an error of the system around it"),
    Row("72", Trouble.PASSING, "a snapshot that is too old"),
    Row("F0", Trouble.INSTALLATION, "its configuration file is wrong"),
    Row("XX", Trouble.REFUSED, "an internal error over this data"),
    Row("XX001", Trouble.INSTALLATION, "damaged data on its disk"),
    Row("XX002", Trouble.INSTALLATION, "a damaged index"),
)
"""By SQLSTATE, as in appendix A of PostgreSQL's manual; a code of no row is a bug."""

NOTIFY_SOURCE: Final = "async.c"
"""Where PostgreSQL's complaints about NOTIFY come from: its full queue is 54000 and passes."""

_POOLER: Final = "unsupported startup parameter"
"""A pooler's refusal of a session setting, which has no code of its own."""


def row_of(code: str) -> Row | None:
    """The row that decides on a code."""
    found = [row for row in TABLE if code.startswith(row.code)]
    return max(found, key=lambda row: len(row.code), default=None)


def trouble_of(error: BaseException) -> Trouble:
    """What an error of asyncpg means, by its class where it comes with no code."""
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return Trouble.PASSING  # the schema has outdated a plan; it is made anew
    code = str(getattr(error, "sqlstate", None) or "")
    if not code:
        return _without_code(error)
    if getattr(error, "server_source_filename", None) == NOTIFY_SOURCE:
        return Trouble.PASSING
    if str(error).startswith(_POOLER):
        return Trouble.INSTALLATION
    row = row_of(code)
    return Trouble.BUG if row is None else row.trouble


def _without_code(error: BaseException) -> Trouble:
    """Of asyncpg itself: about the data before it is sent, the settings, or the connection."""
    match error:
        case asyncpg.DataError() | pgproto.BufferError():
            return Trouble.REFUSED
        case (
            asyncpg.ClientConfigurationError()
            | asyncpg.UnsupportedServerFeatureError()
            | asyncpg.UnsupportedClientFeatureError()
            | asyncpg.TargetServerAttributeNotMatched()
            | ssl.SSLCertVerificationError()
        ):
            return Trouble.INSTALLATION
        case asyncpg.InterfaceError():
            return _of_interface(str(error))
        case asyncpg.InternalClientError() | OSError():
            return Trouble.PASSING
        case _:
            return Trouble.BUG


def _of_interface(said: str) -> Trouble:
    """One class of asyncpg for a lost connection, a refused login and a senseless query."""
    for words, trouble in _INTERFACE.items():
        if words in said:
            return trouble
    return Trouble.REFUSED


_INTERFACE: Final = {
    "uthentication": Trouble.INSTALLATION,
    "signature": Trouble.INSTALLATION,
    "another operation": Trouble.PASSING,
    "clos": Trouble.PASSING,
    "connect": Trouble.PASSING,
}
"""In this order; what is left is a query that asyncpg will not send."""
