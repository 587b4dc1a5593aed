"""The way of one API call: token, limit, fault, handler, statistics.

The order is MAX's as far as one can see it from outside: a wrong token is told before a limit
is, a refused request costs nothing of the limit, and only what was admitted can have an
effect, or a fault.
"""

import asyncio
from dataclasses import replace

from starlette.responses import Response

from simulator.config import Era, SimulatorConfig
from simulator.errors import (
    AbsentError,
    AccessDeniedError,
    ChatDeletedError,
    ChatFullError,
    ChatNotFoundError,
    ConflictError,
    JournalNotWrittenError,
    NotPossibleError,
    RefusedError,
)
from simulator.faults import FaultKind, Faults, FaultSpec
from simulator.limits import RateLimit
from simulator.operations import CHANGING, Call, CallKind, Operation
from simulator.spoiling import INSTEAD, Drop, after
from simulator.statistics import UNKNOWN, Statistics
from simulator.wire import INVALID, Answer, ApiError, error_answer
from simulator.world import World

_REFUSALS = {
    ChatNotFoundError: (404, "chat.not.found"),
    ChatDeletedError: (410, "chat.deleted"),
    AccessDeniedError: (403, "chat.denied"),
    AbsentError: (404, "not.found"),
    ConflictError: (409, "conflict"),
    ChatFullError: (400, "chat.full"),
    NotPossibleError: (400, INVALID),
}


async def handled(operation: Operation, call: Call) -> Response:
    """Run a handler; its errors become answers."""
    try:
        result = await operation.handler(call)
    except ApiError as error:
        return error_answer(error)
    except RefusedError as error:
        return error_answer(ApiError(*_REFUSALS[type(error)], str(error)))
    except JournalNotWrittenError as error:
        return error_answer(ApiError(503, "service.unavailable", str(error)))
    return result if isinstance(result, Response) else Answer(result)


class Gate:
    """Lets calls in to the API."""

    def __init__(
        self, config: SimulatorConfig, world: World, faults: Faults, statistics: Statistics
    ) -> None:
        self._token = config.token
        self._world = world
        self._faults = faults
        self._statistics = statistics
        self._era = config.era
        self._limit = RateLimit(config.requests_per_second, config.monotonic)
        self._limits = {
            CallKind(kind): RateLimit(limit, config.monotonic)
            for kind, limit in config.kind_limits.items()
        }

    async def answer(self, call: Call, found: Operation | ApiError) -> Response:
        """Answer a call, whatever was found for it, and count it."""
        self._statistics.arrived()
        answer = await self._admitted(call, found)
        template = found.template if isinstance(found, Operation) else UNKNOWN
        status = None if isinstance(answer, Drop) else answer.status_code
        self._statistics.answered(call.request.method, template, status)
        return answer

    async def _admitted(self, call: Call, found: Operation | ApiError) -> Response:
        token = call.request.headers.get("authorization")
        if not self._world.token_valid or token != self._token:
            return error_answer(ApiError(401, "verify.token", "Invalid access_token"))
        kind = found.kind if isinstance(found, Operation) else CallKind.OTHER
        for limit in (self._limits.get(kind), self._limit):
            if limit is not None and not limit.admit():
                return self._too_many(limit)
        if isinstance(found, ApiError):
            return error_answer(found)
        self._statistics.admitted(found.kind)
        fault = self._faults.strike(found, call)
        if fault is None:
            return await self._run(found, call)
        return await self._run_with(fault, found, call)

    def _too_many(self, limit: RateLimit) -> Answer:
        """429: once with ``Retry-After``, now with the number in the message alone."""
        if self._era is Era.SUMMER_2026:
            late = {"Retry-After": "1"}
            return error_answer(ApiError(429, "too.many.requests", "too many requests", late))
        words = f"Too many requests. Limit is: {limit.per_second} calls per second."
        return error_answer(ApiError(429, "too.many.requests", words))

    async def _run(self, operation: Operation, call: Call) -> Response:
        """Run a handler, and count where it changed nothing (one that changes never waits)."""
        before = self._world.changes
        answer = await handled(operation, call)
        idle = self._world.changes == before and answer.status_code in (200, 404, 410)
        if idle and operation.kind in CHANGING:
            self._statistics.without_effect(operation.kind)
        return answer

    async def _run_with(self, fault: FaultSpec, operation: Operation, call: Call) -> Response:
        kind = fault.kind
        if kind in INSTEAD:
            return after(fault, Response())
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
