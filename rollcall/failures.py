"""The failures that a person can do something about, as one line each.

Whatever is not listed here is a bug of ours. Of a bug the kinds of error and the lines of
code are shown, and never an error's own text: that may quote a record, and so a name.
"""

import traceback
from collections.abc import Iterator

from console.errors import ConsoleError
from consumers.errors import ConsumersError, KafkaRefused, KafkaUnavailable
from gateway.errors import GatewayError
from operations.errors import AuthorIsNoId, NoSuchChat, NotQuarantined, OperationError
from projections.errors import SchemaMismatch, StoreError, StoreUnavailable, StoreUnusable
from rollcall.addresses import NoAddress
from rollcall.embedded import EmbeddedError
from rollcall.publish import PublishError
from rollcall.settings import SettingsError


class CommandFailed(Exception):
    """A command could not do what it was asked; the message says why and what next."""


FAILURES = (
    CommandFailed,
    ConsoleError,
    ConsumersError,
    EmbeddedError,
    GatewayError,
    NoAddress,
    OperationError,
    PublishError,
    SettingsError,
    StoreError,
)


_POSTGRES = {
    "08P01": "a pooler in between refuses us: see its log",
    "26": "a pooler in between loses prepared statements: set its pool_mode to session",
    "42P05": "a pooler in between mixes prepared statements up: set its pool_mode to session",
    "28": "it does not let us in: check user and password in ROLLCALL_POSTGRES__URL",
    "3D": "there is no such database: create it, or correct ROLLCALL_POSTGRES__URL",
    "42P01": "it has no tables of Rollcall: `run` or `up` makes them when it starts",
    "42501": "our user may not do this: it must own the database's tables",
    "RC001": (
        "somebody who may make roles must do this once: "
        "CREATE ROLE rollcall_staff NOLOGIN; GRANT rollcall_staff TO the user of "
        "ROLLCALL_POSTGRES__URL"
    ),
}
"""What to do by the beginning of PostgreSQL's own code."""


def explain(failure: BaseException) -> str:
    """What went wrong and what to do next, in one line."""
    return _refused(failure) if isinstance(failure, OperationError) else _failed(failure)


def _refused(refusal: OperationError) -> str:
    match refusal:
        case NoSuchChat():
            return f"{refusal}; the view dashboard.chats lists them"
        case NotQuarantined():
            return f"{refusal}; `rollcall quarantine` lists what is"
        case AuthorIsNoId():
            return f"--by {refusal}"
        case _:
            return str(refusal)


def _failed(failure: BaseException) -> str:
    match failure:
        case SchemaMismatch():
            return f"{failure}; use the Rollcall that made it, or another database"
        case StoreUnavailable():
            return f"PostgreSQL does not answer ({failure}); is it running, is its address right?"
        case StoreError() if not isinstance(failure, StoreUnusable):
            code = str(failure).rpartition(" ")[2]
            advice = [words for start, words in _POSTGRES.items() if code.startswith(start)]
            return f"PostgreSQL refuses ({failure}); {advice[0] if advice else 'see its log'}"
        case KafkaUnavailable():
            return (
                f"Kafka does not answer ({failure}); is it running, are its address and "
                "ROLLCALL_KAFKA__SECURITY_PROTOCOL right?"
            )
        case KafkaRefused():
            return f"Kafka refuses ({failure}); check our rights and the ROLLCALL_KAFKA__ settings"
        case _:
            return " ".join(str(failure).split())


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The failures in a group of groups, each kind of message once."""
    found: dict[tuple[type, str], BaseException] = {}
    for each in group.exceptions:
        inner = leaves(each) if isinstance(each, BaseExceptionGroup) else [each]
        found |= {(type(failure), str(failure)): failure for failure in inner}
    return list(found.values())


def trace(bug: BaseException) -> Iterator[str]:
    """Where a bug showed, line by line: kinds of error and places in the code, no texts."""
    if bug.__cause__ is not None:
        yield from trace(bug.__cause__)
        yield "which led to"
    yield f"{type(bug).__module__}.{type(bug).__qualname__}"
    for frame in traceback.extract_tb(bug.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    if isinstance(bug, BaseExceptionGroup):
        for each in bug.exceptions:
            yield "of it"
            yield from trace(each)
