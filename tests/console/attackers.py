"""Every address of the console as one asks for it, made from the route table.

What an address needs (parameters of its path, fields of a form) is made up from its own
declaration; the ids are those of the foreign school. An address with a parameter or a field of
a name that is not known here fails the tests until it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount

from console.app import create_app
from console.entrance.doors import Door, GuardedRoute, Need
from console.entrance.forgery import FIELD, form_token
from projections.database import create_engine
from projections.reports.overview import Overview
from tests.console.running import Doorway, Running
from tests.staff.town import BETA

FOREIGN_THINGS = {
    "school_id": BETA.school,
    "chat_id": BETA.chat("class", "7a"),
}
"""What stands for the parameters of a path, by the parameter's name."""

FIELDS = {"school": BETA.school, "person": BETA.id("pupil-1"), "operator": "names", "next": "/"}
"""What stands in the fields of forms."""

PEOPLE_OF_NEED = {
    Need.SESSION: {"operator", "administrator", "leader", "chemist", "staff", "parent-1",
                   "pupil-1"},
    Need.PERSON: {"administrator", "leader", "chemist", "staff", "parent-1", "pupil-1"},
    Need.STAFF: {"operator", "administrator", "leader", "chemist", "staff"},
    Need.ADMINISTRATOR: {"operator", "administrator"},
    Need.OPERATOR: {"operator"},
}  # fmt: skip
"""Who may come in at which door, of the people of ``tests.staff.town``."""

EVERYBODY = sorted(PEOPLE_OF_NEED[Need.SESSION])


@dataclass(frozen=True)
class Address:
    """One address and method."""

    method: str
    path: str
    door: Door
    fields: tuple[str, ...]
    has_parameters: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_safe(self) -> bool:
        return self.method in {"GET", "HEAD"}

    async def ask(
        self, console: Running, *, token: str | None = None, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        """Ask for it; a form bears the token of the forms of the session ``token``."""
        form = {name: FIELDS[name] for name in self.fields}
        if token is not None:
            form[FIELD] = form_token(token)
        return await console.client.request(
            self.method,
            console.at.console + self.path,
            data=None if self.is_safe else form,
            headers=headers if headers is not None else own_page(console),
        )


def own_page(console: Running) -> dict[str, str]:
    """What a browser says of a request that a page of the console makes."""
    return {"Origin": console.at.console, "Sec-Fetch-Site": "same-origin"}


def application(doorway: Doorway) -> FastAPI:
    """The console's application, for its route table alone."""
    engine = create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    return create_app(Overview(engine), doorway.entrance(engine, "127.0.0.1", 80))


def routes(doorway: Doorway) -> list[BaseRoute]:
    """The route table."""
    return list(application(doorway).router.routes)


def addresses(doorway: Doorway) -> list[Address]:
    """Every address and method, but the static files."""
    return list(_addresses(doorway))


def _addresses(doorway: Doorway) -> Iterator[Address]:
    for route in routes(doorway):
        if isinstance(route, Mount):
            continue
        assert isinstance(route, GuardedRoute), f"{route} has no door"
        path = route.path
        for parameter in route.param_convertors:
            path = path.replace(f"{{{parameter}}}", FOREIGN_THINGS[parameter])
        fields = tuple(field.alias for field in route.dependant.body_params)
        for method in sorted(route.methods or ()):
            yield Address(method, path, route.door, fields, bool(route.param_convertors))
