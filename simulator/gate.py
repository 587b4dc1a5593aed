"""The way of one API call: token, limit, fault, handler, statistics.

The order is MAX's as far as one can see it from outside: a wrong token is told before a limit
is, a refused request costs nothing of the limit, and only what was admitted can have an
effect, or a fault.
"""

import asyncio
from dataclasses import replace

from simulator.config import Era, SimulatorConfig
from simulator.errors import (
    AbsentError,
    AccessDeniedError,
    ChatDeletedError,
    ChatFullError,
    ChatNotFoundError,
    ConflictError,
    JournalNotWrittenError,
    RefusedError,
)
from simulator.faults import Fault, FaultKind, Faults
from simulator.limits import RateLimit
from simulator.operations import (
    CHANGING,
    Call,
    CallKind,
    Match,
    NoMatch,
    Operation,
    Operations,
)
from simulator.spoiling import INSTEAD, after
from simulator.statistics import UNKNOWN, Statistics
from simulator.wire import INVALID, Answer, ApiError, Drop, Request, error_answer
from simulator.world import World


def refused(error: RefusedError) -> ApiError:
    """The HTTP answer that a refusal is."""
    match error:
        case ChatNotFoundError():
            status, code = 404, "chat.not.found"
        case ChatDeletedError():
            status, code = 410, "chat.deleted"
        case AccessDeniedError():
            status, code = 403, "chat.denied"
        case AbsentError():
            status, code = 404, "not.found"
        case ConflictError():
            status, code = 409, "conflict"
        case ChatFullError():
            status, code = 400, "chat.full"
        case _:
            status, code = 400, INVALID
    return ApiError(status, code, str(error))


async def handled(operation: Operation, call: Call) -> Answer:
    """Run a handler; its errors become answers."""
    try:
        return await operation.handler(call)
    except ApiError as error:
        return error_answer(error)
    except RefusedError as error:
        return error_answer(refused(error))
    except JournalNotWrittenError as error:
        return error_answer(ApiError(503, "service.unavailable", str(error)))


def not_found(match: NoMatch) -> ApiError:
    """404 for a path that does not exist, 405 for a method that the path has not."""
    if not match.allowed:
        return ApiError(404, "not.found", "no such method of the API")
    allow = {"Allow": ", ".join(match.allowed)}
    return ApiError(405, "method.not.allowed", "the method is not allowed here", allow)


class Gate:
    """Lets calls in to the API."""

    def __init__(
        self,
        config: SimulatorConfig,
        world: World,
        operations: Operations,
        faults: Faults,
        statistics: Statistics,
    ) -> None:
        self._token = config.token
        self._world = world
        self._operations = operations
        self._faults = faults
        self._statistics = statistics
        self._era = config.era
        self._limit = RateLimit(config.requests_per_second, config.monotonic)
        self._limits = {
            CallKind(kind): RateLimit(limit, config.monotonic)
            for kind, limit in config.kind_limits.items()
        }

    async def answer(self, request: Request) -> Answer | Drop:
        """Answer a request, and count it."""
        self._statistics.arrived()
        match = self._operations.find(request.method, request.path)
        answer = await self._admitted(request, match)
        template = match.operation.template if isinstance(match, Match) else UNKNOWN
        status = None if isinstance(answer, Drop) else answer.status
        self._statistics.answered(request.method, template, status)
        return answer

    async def _admitted(self, request: Request, match: Match | NoMatch) -> Answer | Drop:
        if not self._world.token_valid or request.headers.get("authorization") != self._token:
            return error_answer(ApiError(401, "verify.token", "Invalid access_token"))
        kind = match.operation.kind if isinstance(match, Match) else CallKind.OTHER
        for limit in (self._limits.get(kind), self._limit):
            if limit is not None and not limit.admit():
                return self._too_many(limit)
        if isinstance(match, NoMatch):
            return error_answer(not_found(match))
        operation = match.operation
        self._statistics.admitted(operation.kind)
        call = Call(request, match.params)
        fault = self._faults.strike(operation, call)
        if fault is None:
            return await self._run(operation, call)
        return await self._run_with(fault, operation, call)

    def _too_many(self, limit: RateLimit) -> Answer:
        """429: once with ``Retry-After``, now with the number in the message alone."""
        if self._era is Era.SUMMER_2026:
            late = {"Retry-After": "1"}
            return error_answer(ApiError(429, "too.many.requests", "too many requests", late))
        words = f"Too many requests. Limit is: {limit.per_second} calls per second."
        return error_answer(ApiError(429, "too.many.requests", words))

    async def _run(self, operation: Operation, call: Call) -> Answer:
        answer = await handled(operation, call)
        if operation.kind in CHANGING and not answer.changed and answer.status in (200, 404, 410):
            self._statistics.without_effect(operation.kind)
        return answer

    async def _run_with(self, fault: Fault, operation: Operation, call: Call) -> Answer | Drop:
        kind = fault.kind
        if kind in INSTEAD:
            return after(fault, Answer(None))
        if kind is FaultKind.IGNORED and operation.kind in CHANGING:
            if operation.kind is not CallKind.RENAME:
                return Answer({"success": True})
            call = replace(call, ignored=True)
        if kind is FaultKind.SLOW:
            await asyncio.sleep(fault.seconds)
        answer = await self._run(
            operation,
            replace(call, partial=kind is FaultKind.PARTIAL, stale=kind is FaultKind.STALE_READ),
        )
        if kind is FaultKind.SLOW_AFTER_EFFECT:
            await asyncio.sleep(fault.seconds)
        return after(fault, answer)
