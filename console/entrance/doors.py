"""The table of addresses: each with who may come in, looked at before anything of it is read.

Guarantees: a route without a door cannot be made into the application; the door is asked before
a body is parsed or a parameter checked, so whoever may not come in learns nothing by asking.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from console.problems import Problem
from domain.rights import Scope

BODY_LIMIT: Final = 256 * 1024
"""Bytes of a form. Thousands who are chosen are told by their filter, not by their ids."""


Endpoint = Callable[..., Awaitable[Response]]


class Need(Enum):
    """Who may come in at an address; what they may see and do there is asked there."""

    NOTHING = "nothing"
    SESSION = "session"  # whoever is signed in
    PERSON = "person"  # a person of the register
    STAFF = "staff"  # who works in a school, and operators
    ADMINISTRATOR = "administrator"  # who looks after a school's settings, and operators
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Door:
    """Who may come in at one address.

    ``scope``: programs with it may too, at the operators' doors for themselves and at others for
    a person. ``elsewhere``: where those are led who may not, but are signed in.
    """

    need: Need
    scope: Scope | None = None
    elsewhere: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One address of the console; ``answer`` is what programs are told that it answers with."""

    path: str
    endpoint: Endpoint
    door: Door
    method: str = "GET"
    answer: type[BaseModel] | None = None


class Gate(Protocol):
    """Lets requests in, or raises ``RequestRefused``."""

    async def admit(self, request: Request, door: Door) -> None:
        """Look at who it is, and leave on the request what was found."""


class GuardedRoute(APIRoute):
    """A route behind a door."""

    door: Door


def add_entries(app: FastAPI, gate: Gate, entries: Iterable[Entry]) -> None:
    """Make the addresses."""
    for entry in entries:
        app.router.add_api_route(
            entry.path,
            entry.endpoint,
            methods=[entry.method],
            route_class_override=_behind(entry.door, gate),
            max_body_size=BODY_LIMIT,
            response_model=None,
            include_in_schema=entry.answer is not None,
            responses=_told(entry.answer),
        )


def _told(answer: type[BaseModel] | None) -> dict[int | str, dict[str, Any]]:
    if answer is None:
        return {}
    return {
        200: {"model": answer},
        "default": {"model": Problem, "description": "Why there is no answer"},
    }


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def _behind(door_of_route: Door, gate: Gate) -> type[GuardedRoute]:
    class Route(GuardedRoute):
        door = door_of_route

        def get_route_handler(self) -> Handler:
            inside = super().get_route_handler()

            async def handle(request: Request) -> Response:
                await gate.admit(request, door_of_route)
                return await inside(request)

            return handle

    return Route
