"""Every address of the console as one asks for it, made from the route table.

What an address needs (parameters of its path, fields of a form) is made up from its own
declaration; the ids are those of the foreign school. An address with a parameter or a field of
a name that is not known here fails the tests until it is.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import httpx2
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.routing import BaseRoute, Mount

from console.app import create_app
from console.entrance.doors import Door, GuardedRoute, Need
from console.entrance.forgery import FIELD, HEADER, form_token
from console.rest.lists import BASE
from projections.database import create_engine
from projections.reports.overview import Overview
from tests.console.running import Doorway, Running
from tests.staff.town import ALPHA, BETA, NAMES, SchoolIds

BY_NAME = Doorway()
"""People come in by choosing who they are, as on a machine of one's own."""

ACT_ID = "6e1f0d5a-0000-4000-8000-000000000001"
"""An act that nobody did."""

_LEFT_OUT = (
    "q", "show", "choose", "rows", "of_q", "of_show", "without", "was", "seen", "sex", "class_id",
    "of_sex", "of_class", "down", "sort", "order",
)  # fmt: skip


@dataclass(frozen=True)
class Things:
    """What stands for the parameters of a path and in the fields of forms, by their names."""

    parameters: dict[str, str]
    fields: dict[str, str]
    members: dict[str, object]
    """Of a body in JSON those that it must have; the others are as they are by themselves."""


def _things(ids: SchoolIds) -> Things:
    chat = ids.chat("class", "7a")
    return Things(
        {
            "school_id": ids.school,
            "chat_id": chat,
            "act": "remove",
            "class_id": ids.id("7a"),
            "lesson_id": ids.id("lesson"),
            "kind": "class",
        },
        {
            "school": ids.school,
            "person": ids.id("pupil-1"),
            "operator": "names",
            "next": "/",
            "surname": NAMES[ids.school],
            "plan": hashlib.md5(chat.encode(), usedforsecurity=False).hexdigest(),
            "choice": "allow",
            "created": "off",
            "confirmation": "удалить",
            # The lists of a chat's screens: somebody is chosen, and an account is named too.
            **dict.fromkeys(_LEFT_OUT, ""),
            **dict.fromkeys(("act_id", "undo", "told"), ACT_ID),
            **dict.fromkeys(("keep", "out"), "78"),
            **dict.fromkeys(("part", "of_part"), "pupil"),
            **dict.fromkeys(("page", "at", "everybody"), "1"),
            **dict.fromkeys(("position", "beat"), "0"),
            "size": "10",
            # «Добавить новый чат».
            "kind": "class",
            "class_of": ids.id("7a"),
            "group": ids.id("chem"),
            "filling": "chosen",
            "shown_for": f"{ids.school} class {ids.id('7a')} -",
            "known": chat,
            "preset": "",
            "also": ids.id("pupil-1"),
            "pick": ids.id("pupil-2"),
            "title": "Чужое название",
            "by": "surname",
            "hand": "keep",
            "insists": "1",
        },
        {
            "person_ids": [ids.id("pupil-1")],
            "version": 0,
            "title": "Чужое название",
            "act_id": ACT_ID,
            "hash": hashlib.md5(chat.encode(), usedforsecurity=False).hexdigest(),
            "choice": "allow",
            "kind": "class",
            "filling": "rule",
            "account": 78,
            "kinds": ["class"],
            "drops_by_hand": False,
            "created": "off",
        },
    )


FOREIGN_THINGS, OWN_THINGS = _things(BETA), _things(ALPHA)

_WHO_MANAGE = {"administrator", "leader"}
_WHO_MAKE = {"administrator", "leader", "chemist"}
_WHO_GIVE = {"chemist"}

PEOPLE_OF_RIGHT = {
    "/chats/{chat_id}/members/{act}": _WHO_MANAGE,
    "/chats/{chat_id}/outsiders": _WHO_MANAGE,
    "/chats/{chat_id}/people": _WHO_MANAGE,
    "/chats/{chat_id}/people/add": _WHO_MANAGE,
    "/chats/new": _WHO_MAKE,
    "/chats/new/add": _WHO_MAKE,
    "/chats/{chat_id}/timeline": _WHO_MANAGE,
    "/chats/{chat_id}/title": _WHO_MANAGE,
    "/chats/{chat_id}/undo": _WHO_MANAGE,
    "/chats/{chat_id}/removals": {"operator", "administrator"},
    "/chats/{chat_id}/deletion": {"administrator"},
    "/summary": {"operator", "administrator", "leader"},
    "/summary.csv": {"operator", "administrator", "leader"},
    "/summary/print": {"operator", "administrator", "leader"},
    "/summary/classes/{class_id}": {"operator", "administrator", "leader"},
    "/summary/staff": {"operator", "administrator"},
    "/lessons/{lesson_id}/settings": _WHO_GIVE,
    "/lessons/{lesson_id}/deletion": _WHO_GIVE,
    "/lessons/{lesson_id}/open": {"chemist", "pupil-1"},
    **{
        f"{BASE}/chats/{{chat_id}}/{each}": _WHO_MANAGE
        for each in ("members/add", "members/remove", "members/promote", "members/demote", "title",
                     "undo", "history", "candidates/search", "outsiders/keep", "outsiders/remove")
    },
    f"{BASE}/schools/{{school_id}}/summary": {"operator", "administrator", "leader"},
    f"{BASE}/schools/{{school_id}}/summary/staff": {"operator", "administrator"},
    f"{BASE}/schools/{{school_id}}/summary/classes/{{class_id}}": {"operator", "administrator",
                                                                   "leader"},
    f"{BASE}/chats/{{chat_id}}/removals": {"operator", "administrator"},
    f"DELETE {BASE}/chats/{{chat_id}}": {"administrator"},
}  # fmt: skip
"""Of addresses of a thing that is one's own: whose right it is, of those whom the door lets in."""

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
    fields: dict[str, str]
    route: str
    members: dict[str, object] | None = None
    query: tuple[str, ...] = ()
    """The names of what may be asked for behind the path."""

    @property
    def has_parameters(self) -> bool:
        return "{" in self.route

    @property
    def people(self) -> set[str]:
        """Who may do it, where the thing is of their own school."""
        at_the_door = PEOPLE_OF_NEED[self.door.need]
        return at_the_door & PEOPLE_OF_RIGHT.get(self.right, at_the_door)

    @property
    def right(self) -> str:
        """What it is called in ``PEOPLE_OF_RIGHT``: with its method, where others have another."""
        named = f"{self.method} {self.route}"
        return named if named in PEOPLE_OF_RIGHT else self.route

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_safe(self) -> bool:
        return self.method in {"GET", "HEAD"}

    async def ask(
        self, console: Running, *, token: str | None = None, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        """Ask for it; a form bears the token of the forms of the session ``token``."""
        told = headers if headers is not None else own_page(console)
        url = console.at.console + self.path
        if self.is_safe:
            return await console.client.request(self.method, url, headers=told)
        if self.members is not None:
            told = told | {"Idempotency-Key": ACT_ID}
            if token is not None:
                told |= {HEADER: form_token(token)}
            return await console.client.request(self.method, url, json=self.members, headers=told)
        form = dict(self.fields)
        if token is not None:
            form[FIELD] = form_token(token)
        return await console.client.request(self.method, url, data=form, headers=told)


def own_page(console: Running) -> dict[str, str]:
    """What a browser says of a request that a page of the console makes."""
    return {"Origin": console.at.console, "Sec-Fetch-Site": "same-origin"}


def application(doorway: Doorway) -> FastAPI:
    """The console's application, for its route table alone."""
    engine = create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    return create_app(Overview(engine), doorway.entrance(engine, "127.0.0.1", 80))


@cache
def routes(doorway: Doorway) -> tuple[BaseRoute, ...]:
    """The route table."""
    return tuple(application(doorway).router.routes)


def addresses(doorway: Doorway, things: Things = FOREIGN_THINGS) -> list[Address]:
    """Every address and method, but the static files."""
    return list(_addresses(doorway, things))


def _addresses(doorway: Doorway, things: Things) -> Iterator[Address]:
    for route in routes(doorway):
        if isinstance(route, Mount):
            continue
        assert isinstance(route, GuardedRoute), f"{route} has no door"
        path = route.path
        for parameter in route.param_convertors:
            path = path.replace(f"{{{parameter}}}", things.parameters[parameter])
        in_json = path.startswith(BASE)
        fields = {} if in_json else {name: things.fields[name] for name in _fields(route)}
        members = {name: things.members[name] for name in _required(route)} if in_json else None
        for method in sorted(route.methods or ()):
            query = tuple(_names(route, of_form=False))
            yield Address(method, path, route.door, fields, route.path, members, query)


def _required(route: GuardedRoute) -> Iterator[str]:
    """The members that its body in JSON must have."""
    for field in route.dependant.body_params:
        whole = field.field_info.annotation
        assert isinstance(whole, type), route
        assert issubclass(whole, BaseModel), route
        yield from (name for name, each in whole.model_fields.items() if each.is_required())


def _fields(route: GuardedRoute) -> Iterator[str]:
    """The fields of its form, one by one or as the members of a model."""
    return _names(route, of_form=True)


def _names(route: GuardedRoute, *, of_form: bool) -> Iterator[str]:
    asked = route.dependant
    for field in asked.body_params if of_form else asked.query_params:
        whole = field.field_info.annotation
        if isinstance(whole, type) and issubclass(whole, BaseModel):
            yield from (each.alias or name for name, each in whole.model_fields.items())
        else:
            yield field.alias
