"""Lets requests in: by a session's cookie, or by a program's token.

Guarantees: who somebody is and what they may is asked of PostgreSQL at each request, so a
session that was revoked, a role that ended and a program's token that was taken back act at the
next one; of two proofs of identity the program's counts, so a browser's cookie lends it nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import Request

from console.entrance import forgery
from console.entrance.doors import Door, Need
from console.entrance.site import Site
from console.entrance.visit import Visit, leave
from console.errors import ForNobody, NotAllowed, NotSignedIn
from console.pages import ID
from domain.access import may
from domain.actors import Actor, OperatorRole
from domain.ids import PersonId
from domain.rights import Right
from domain.things import TheInstallation, TheSchool
from projections.staff.sessions import Identified, Lifetimes
from projections.staff.store import StaffStore

PASSIVE = "X-Rollcall-Passive"
"""Of requests that a page makes by itself: they do not keep anybody signed in."""

FOR_PERSON = "X-Rollcall-Person"
"""Of a program's requests: the person for whom it asks, by their id of the register."""


@dataclass(frozen=True, slots=True)
class Operators:
    """Operators by the settings: by person id or by the provider's name for them."""

    roles: Mapping[str, OperatorRole] = field(default_factory=dict)

    def role(self, who: Identified) -> OperatorRole | None:
        """By the settings, or as the sign-in told; the one that sees more."""
        given = {self.roles.get(who.subject), who.operator}
        if who.person_id is not None:
            given.add(self.roles.get(who.person_id))
        for role in (OperatorRole.NAMES, OperatorRole.IDS):
            if role in given:
                return role
        return None


@dataclass(frozen=True, slots=True)
class SessionGate:
    """The ``Gate`` of the console."""

    store: StaffStore
    site: Site
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    operators: Operators = field(default_factory=Operators)

    async def admit(self, request: Request, door: Door) -> None:
        """Let the request in, or raise ``RequestRefused``."""
        if not forgery.is_safe(request) and _bearer(request) is None:
            forgery.check_origin(request, self.site)
        if door.need is Need.NOTHING:
            return
        token = _bearer(request)
        if token is not None:
            leave(request, await self._program(request, token, door))
            return
        leave(request, await self._person(request, door))

    async def _program(self, request: Request, token: str, door: Door) -> Visit:
        program = await self.store.program(token)
        if program is None:
            raise NotSignedIn
        if door.scope is None or door.scope not in program.scopes:
            raise NotAllowed
        if door.need is Need.OPERATOR:
            return Visit(program=program)
        # By the register alone: no program is lent an operator's rights.
        named = request.headers.get(FOR_PERSON, "")
        actor = await self.store.person(PersonId(named)) if re.fullmatch(ID, named) else None
        if actor is None:
            raise ForNobody
        if not _lets_in(door.need, actor):
            raise NotAllowed
        return Visit(actor, program=program)

    async def _person(self, request: Request, door: Door) -> Visit:
        token = self.site.session.read(request.cookies)
        found = None
        if token is not None:
            found = await self.store.signed_in(
                token, self.lifetimes, self.operators.role, used=_used(request)
            )
        if token is None or found is None:
            raise NotSignedIn
        if not forgery.is_safe(request):
            await forgery.check_token(request, token)
        if not _lets_in(door.need, found.actor):
            raise NotAllowed(door.elsewhere)
        name, schools = await self.store.introduction(found.actor)
        return Visit(
            found.actor,
            found.session,
            form_token=forgery.form_token(token),
            name=name,
            schools=dict(sorted(schools.items(), key=lambda each: (each[1], each[0]))),
        )


def _lets_in(need: Need, actor: Actor) -> bool:
    match need:
        case Need.NOTHING | Need.SESSION:
            return True
        case Need.PERSON:
            return may(actor, Right.SEE_OWN_CHATS, TheInstallation())
        case Need.STAFF:
            return actor.operator is not None or any(
                may(actor, Right.SEE_CHATS, TheSchool(school)) for school in actor.works_in
            )
        case Need.ADMINISTRATOR:
            return actor.operator is not None or any(
                may(actor, Right.CHANGE_SETTINGS, TheSchool(school)) for school in actor.works_in
            )
        case Need.OPERATOR:
            return may(actor, Right.OPERATE, TheInstallation())


def _used(request: Request) -> bool:
    return PASSIVE not in request.headers


def _bearer(request: Request) -> str | None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None
