"""The screens of a school's chats while the module «Чаты» is off there: the page that says so.

Guarantees: where the module is off, nothing of these addresses is shown or done, whatever the
method; whoever runs the installation keeps their own pages.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import wraps

from fastapi import Request, Response
from pydantic import BaseModel

from console.entrance.doors import Endpoint, Entry
from console.entrance.visit import visitor
from console.pages import known_form
from domain.ids import SchoolId
from operations import module
from operations.installation import Installation
from operations.module import Named
from operations.store import StaffStore


def behind_module(
    store: StaffStore, installation: Installation, entries: Iterable[Entry]
) -> Iterator[Entry]:
    """These addresses, each asked about the module first."""
    for entry in entries:
        if installation.has_kinds_off and not _is_ones_own(entry):
            inside = _asked_first(store, installation, entry.endpoint)
            yield replace(entry, endpoint=inside)
        else:
            yield entry


def _is_ones_own(entry: Entry) -> bool:
    """Of the API what names neither a chat nor a school: ``operations.own_chats`` asks itself."""
    return entry.path.startswith("/api/") and "{" not in entry.path


def _asked_first(store: StaffStore, installation: Installation, inside: Endpoint) -> Endpoint:
    @wraps(inside)  # so that the parameters are still those of the address
    async def endpoint(request: Request, **given: object) -> Response:
        await _require_on(store, installation, request, given)
        return await inside(request=request, **given)

    return endpoint


async def _require_on(
    store: StaffStore, installation: Installation, request: Request, given: Mapping[str, object]
) -> None:
    """The school is that of what the address names; where it names nothing, the one looked at."""
    visit = visitor(request)
    named = {**given, **request.path_params}
    for what in Named:
        # A class that is named beside a school is asked about as that school's.
        if named.get(what.value) and not (what is Named.CLASS and "school_id" in named):
            its_id = known_form(str(named[what.value]))
            await module.require_on_at(store, visit.actor, what, its_id, installation)
            return
    school = str(named.get("school_id") or _school_of(given))
    module.require_on_in(visit.actor, SchoolId(school) if school else visit.school, installation)


def _school_of(given: Mapping[str, object]) -> object:
    """The school that a parameter names, or a member of the form, or of what is asked for."""
    models = (each for each in given.values() if isinstance(each, BaseModel))
    members = (getattr(each, "school", "") for each in models)
    return given.get("school") or next(filter(None, members), "")
