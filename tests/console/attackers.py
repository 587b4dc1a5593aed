"""Every address of the console as one asks for it, made from the route table.

What an address needs (parameters of its path, fields of a form) is made up from its own
declaration; the ids are those of the foreign school. An address with a parameter or a field of
a name that is not known here fails the tests until it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.routing import BaseRoute, Mount

from console.app import create_app
from console.entrance.doors import Door, GuardedRoute, Need
from console.entrance.forgery import FIELD, form_token
from projections.database import create_engine
from projections.reports.overview import Overview
from tests.console.running import Doorway, Running
from tests.staff.town import ALPHA, BETA

FOREIGN_THINGS = {
    "school_id": BETA.school,
    "chat_id": BETA.chat("class", "7a"),
    "act": "remove",
}
"""What stands for the parameters of a path, by the parameter's name."""

OWN_THINGS = FOREIGN_THINGS | {"school_id": ALPHA.school, "chat_id": ALPHA.chat("class", "7a")}
"""The same of one's own school."""

ACT_ID = "6e1f0d5a-0000-4000-8000-000000000001"

FIELDS = {
    "school": BETA.school, "person": BETA.id("pupil-1"), "operator": "names", "next": "/",
    # The lists of a chat's screens: somebody is chosen, and an account is named too.
    "q": "", "show": "", "size": "10", "page": "1", "at": "1", "choose": "", "rows": "",
    "everybody": "1", "of_q": "", "of_show": "", "also": BETA.id("pupil-1"), "without": "",
    "was": "", "pick": ALPHA.id("pupil-1"), "act_id": ACT_ID, "position": "0", "seen": "",
    "undo": ACT_ID, "keep": "78", "out": "78", "title": "Чужое название",
    "part": "pupil", "sex": "", "class_id": "", "of_part": "pupil", "of_sex": "",
    "of_class": "", "by": "surname", "down": "", "sort": "", "order": "",
    "told": ACT_ID, "beat": "0",
}  # fmt: skip
"""What stands in the fields of forms."""

PEOPLE_OF_NEED = {
    Need.SESSION: {"operator", "administrator", "leader", "chemist", "staff", "parent-1",
                   "pupil-1"},
    Need.PERSON: {"administrator", "leader", "chemist", "staff", "parent-1", "pupil-1"},
    Need.STAFF: {"operator", "administrator", "leader", "chemist", "staff"},
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
    own_path: str

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
        path, own = route.path, route.path
        for parameter in route.param_convertors:
            path = path.replace(f"{{{parameter}}}", FOREIGN_THINGS[parameter])
            own = own.replace(f"{{{parameter}}}", OWN_THINGS[parameter])
        fields = tuple(_fields(route))
        for method in sorted(route.methods or ()):
            has_parameters = bool(route.param_convertors)
            yield Address(method, path, route.door, fields, has_parameters, own)


def _fields(route: GuardedRoute) -> Iterator[str]:
    """The fields of its form, one by one or as the members of a model."""
    for field in route.dependant.body_params:
        whole = field.field_info.annotation
        if isinstance(whole, type) and issubclass(whole, BaseModel):
            yield from whole.model_fields
        else:
            yield field.alias
