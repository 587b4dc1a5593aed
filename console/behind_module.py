"""The screens of a school's chats while the module «Чаты» is off there: the page that says so.

Guarantees: where the module is off, nothing of these addresses is shown or done, whatever the
method; whoever runs the installation keeps their own pages.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import wraps

from fastapi import Request, Response

from console.entrance.doors import Endpoint, Entry
from console.entrance.visit import visitor
from console.pages import known_form
from domain.ids import ChatId, SchoolId
from operations import module
from operations.installation import Installation
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
        visit, path = visitor(request), request.path_params
        if "chat_id" in path:
            chat_id = ChatId(known_form(path["chat_id"]))
            await module.require_on_in_chat(store, visit.actor, chat_id, installation)
        else:
            named = path.get("school_id") or request.query_params.get("school")
            school = SchoolId(named) if named else visit.school
            module.require_on_in(visit.actor, school, installation)
        return await inside(request=request, **given)

    return endpoint
