"""What follows from an error of the messenger: the one place that turns errors into outcomes.

An error whose effect is not known is an outcome like any other here; that the chat is read
before it is changed again follows from its open intent.
"""

from dataclasses import dataclass

from domain.work import ChatWait, Outcome, Refused, RetryAfter, Waiting
from gateway import errors


@dataclass(frozen=True, slots=True)
class Halted:
    """The token is not valid: no call of anybody can work until it is mended."""

    reason: str


def outcome_of(  # noqa: PLR0911 - one arm for each kind of error
    error: errors.GatewayError,
) -> Outcome | Halted:
    """What follows from an error of the messenger."""
    match error:
        case errors.Unauthorized():
            return Halted(str(error))
        case errors.BotLost():
            return Waiting(ChatWait.PARKED)
        case errors.TooManyRequests(retry_after=seconds):
            return RetryAfter("429", seconds)
        case errors.Unavailable(retry_after=seconds):
            return RetryAfter(str(error), seconds)
        case errors.NotFound():
            return RetryAfter(f"{error}: the chat is read first")
        case errors.Gone():
            return Waiting(ChatWait.GONE)
        case errors.Answered() | errors.AddingUnavailable():
            return Refused(str(error))
        case _:
            return RetryAfter(str(error))


__all__ = ["Halted", "outcome_of"]
