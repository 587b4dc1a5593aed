"""The API described as OpenAPI, made from the route table, so that it cannot tell otherwise."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from console.entrance.doors import Door, Entry, GuardedRoute, Need
from console.entrance.gate import FOR_PERSON
from console.pages import GREATEST_ACCOUNT, ID
from console.problems import MEDIA_TYPE
from console.rest.asked import AccountNamed
from console.rest.lists import BASE

VERSION: Final = "1.0"
PATH: Final = f"{BASE}/openapi.json"

_ABOUT: Final = (
    "Чаты школ для программ. Программа называет себя токеном (`rollcall accounts --add`), а "
    f"человека, за которого она спрашивает, заголовком `{FOR_PERSON}`: права всегда его. "
    "Перемена, у которой в описании есть `Idempotency-Key`, несёт каждый раз новый; остальные и "
    "при повторе происходят один раз. Отказ приходит как problem+json, и его `code` не меняется."
)


def entries() -> list[Entry]:
    """Open to all: it tells nothing of anybody."""
    return [Entry(PATH, document, Door(Need.NOTHING))]


async def document(request: Request) -> JSONResponse:
    """OpenAPI 3.1."""
    return JSONResponse(_made(request.app))


@cache
def _made(application: FastAPI) -> dict[str, Any]:
    routes = [
        route
        for route in application.routes
        if isinstance(route, GuardedRoute) and route.include_in_schema
    ]
    made = get_openapi(
        title="Rollcall", version=VERSION, description=_ABOUT, routes=_sorted(routes)
    )
    made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    # FastAPI makes doubles of bounds, and no double is this one: the nearest lets 193 more in.
    account = made["components"]["schemas"][AccountNamed.__name__]["properties"]["account"]
    account["maximum"] = GREATEST_ACCOUNT
    for path in made["paths"].values():
        for operation in path.values():
            _describe(operation)
    return made


def _sorted(routes: Sequence[GuardedRoute]) -> list[GuardedRoute]:
    return sorted(routes, key=lambda route: (route.path, sorted(route.methods or ())))


def _describe(operation: dict[str, Any]) -> None:
    """What holds for each address alike: who asks, for whom, and how it is refused."""
    operation["security"] = [{"token": []}]
    operation.setdefault("parameters", []).append(
        {
            "name": FOR_PERSON,
            "in": "header",
            "required": True,
            "schema": {"type": "string", "pattern": f"^{ID}$"},
            "description": "Of the register: for whom the program asks.",
        }
    )
    refusal = operation["responses"]["default"]
    refusal["content"] = {MEDIA_TYPE: refusal["content"].pop("application/json")}
