"""The failures that a person can do something about, as one line each.

Whatever is not listed here is a bug of ours and keeps its traceback.
"""

from consumers.errors import ConsumersError
from gateway.errors import GatewayError
from projections.errors import SchemaMismatch, StoreError, StoreUnavailable
from rollcall.addresses import NoAddress
from rollcall.embedded import EmbeddedError
from rollcall.publish import PublishError
from rollcall.settings import SettingsError


class CommandFailed(Exception):
    """A command could not do what it was asked; the message says why and what next."""


FAILURES = (
    CommandFailed,
    ConsumersError,
    EmbeddedError,
    GatewayError,
    NoAddress,
    PublishError,
    SettingsError,
    StoreError,
)


def explain(failure: BaseException) -> str:
    """What went wrong and what to do next, in one line."""
    match failure:
        case SchemaMismatch():
            return f"{failure}; use the Rollcall that made it, or another database"
        case StoreUnavailable():
            return f"PostgreSQL does not answer ({failure}); is it running, is its address right?"
        case _:
            return " ".join(str(failure).split())


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The failures in a group of groups, each kind of message once."""
    found: dict[str, BaseException] = {}
    for each in group.exceptions:
        inner = leaves(each) if isinstance(each, BaseExceptionGroup) else [each]
        found |= {str(failure): failure for failure in inner}
    return list(found.values())
