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
        yield replace(entry, endpoint=_asked_first(store, installation, entry.endpoint))


def _asked_first(store: StaffStore, installation: Installation, inside: Endpoint) -> Endpoint:
    @wraps(inside)  # so that the parameters are still those of the address
    async def endpoint(request: Request, **given: object) -> Response:
        visit = visitor(request)
        if "chat_id" in request.path_params:
            chat_id = ChatId(known_form(request.path_params["chat_id"]))
            await module.require_on_in_chat(store, visit.actor, chat_id, installation)
        else:
            school = SchoolId(request.query_params.get("school", "")) or visit.school
            module.require_on_in(visit.actor, school, installation)
        return await inside(request=request, **given)

    return endpoint
