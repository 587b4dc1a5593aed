"""Signing in and out: the pages, and the way to the identity provider and back.

Guarantees: the person comes back only to a page of ours, in the browser that left, within ten
minutes; each sign-in is a new session; nobody is left guessing why it came to nothing.
"""

from dataclasses import dataclass
from typing import Annotated, Final

import structlog
from fastapi import Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from console.entrance.doors import Door, Entry, Need
from console.entrance.gate import SessionGate
from console.entrance.visit import visitor
from console.errors import NotAllowed
from console.identity.errors import IdentityError, ProviderUnavailable, Refusal, SignInRefused
from console.identity.port import Departure, IdentityProvider
from console.render import Renderer
from domain.ids import SchoolId
from projections.staff.sessions import Identified

log = structlog.get_logger()

CALLBACK: Final = "/sign-in/callback"
_AWAY_SECONDS: Final = 600
_PATH_LIMIT: Final = 2000

Then = Annotated[str, Query(alias="next", max_length=_PATH_LIMIT)]
FormThen = Annotated[str, Form(alias="next", max_length=_PATH_LIMIT)]


def local_path(given: str) -> str:
    """A path of ours to go on to; the first page where it may lead anywhere else.

    Browsers read a backslash as a slash and drop control characters, so neither may stand in it.
    """
    plain = given.isprintable() and given.isascii() and "\\" not in given
    ours = given.startswith("/") and not given.startswith("//")
    return given if plain and ours and len(given) <= _PATH_LIMIT else "/"


@dataclass(frozen=True, slots=True)
class SignIn:
    """The addresses of signing in. ``provider`` is None where none is set."""

    gate: SessionGate
    renderer: Renderer
    provider: IdentityProvider | None

    def entries(self) -> list[Entry]:
        """The addresses."""
        anybody, anybody_in = Door(Need.NOTHING), Door(Need.SESSION)
        found = [
            Entry("/signed-out", self.signed_out, anybody),
            Entry("/sign-out", self.sign_out, anybody_in, "POST"),
            Entry("/school", self.choose_school, Door(Need.STAFF), "POST"),
        ]
        if self.provider is not None:
            found.append(Entry("/sign-in/openid", self.depart, anybody))
            found.append(Entry(CALLBACK, self.arrive, anybody))
        return found

    async def depart(self, then: Then = "/") -> Response:
        """To the identity provider."""
        url, departure = await self._provider().depart(self._callback(), local_path(then))
        answer = RedirectResponse(url, 303)
        self.gate.site.departure.give(answer, departure.as_text(), seconds=_AWAY_SECONDS)
        return answer

    async def arrive(self, request: Request) -> Response:
        """Back from there."""
        departure = Departure.from_text(self.gate.site.departure.read(request.cookies) or "")
        try:
            if departure is None:
                raise SignInRefused(Refusal.STALE, "no departure")
            now = await self.gate.store.now()
            query = dict(request.query_params)
            who = await self._provider().arrive(self._callback(), query, departure, now)
            answer = await self.let_in(request, who, departure.then)
        except IdentityError as error:
            answer = self.refused(request, error)
        self.gate.site.departure.take(answer)
        return answer

    async def let_in(self, request: Request, who: Identified, then: str) -> Response:
        """Begin a session in place of the one that the browser had.

        Raises:
            SignInRefused: they are neither a person of the register nor an operator.
        """
        if who.person_id is None and self.gate.operators.role(who) is None:
            raise SignInRefused(Refusal.NOBODY)
        before = self.gate.site.session.read(request.cookies)
        token = await self.gate.store.begin(who, self.gate.lifetimes, instead_of=before)
        if token is None:
            raise SignInRefused(Refusal.NOBODY, "removed from the register")
        answer = RedirectResponse(local_path(then), 303)
        self.gate.site.session.give(answer, token)
        return answer

    def refused(self, request: Request, error: IdentityError) -> Response:
        """Why nobody was signed in, and what to do."""
        log.warning("sign_in.refused", reason=str(error))
        status = 503 if isinstance(error, ProviderUnavailable) else 403
        refusal = error.refusal if isinstance(error, SignInRefused) else None
        values = {"refusal": refusal, "then": "/"}
        return self.renderer.answer(request, "not_signed_in", values, status=status)

    async def sign_out(self, request: Request) -> Response:
        """End the session; the browser is told to forget it."""
        token = self.gate.site.session.read(request.cookies)
        if token is not None:
            await self.gate.store.end(token)
        answer = RedirectResponse("/signed-out", 303)
        self.gate.site.session.take(answer)
        return answer

    async def signed_out(self, request: Request) -> Response:
        """You are out; on to the provider's own sign-out, where it has one.

        By a page and not by a redirect: what a form leads to must be of this site (form-action).
        """
        onward = await self._farewell()
        answer = self.renderer.answer(request, "signed_out", {"onward": onward})
        if onward is not None:
            answer.headers["Refresh"] = f"0; url={onward}"
        return answer

    async def _farewell(self) -> str | None:
        if self.provider is None:
            return None
        try:
            return await self.provider.farewell(f"{self.gate.site.origin}/sign-in")
        except IdentityError as error:
            log.warning("sign_out.provider_unavailable", reason=str(error))
            return None

    async def choose_school(
        self, request: Request, school: Annotated[str, Form(max_length=64)], then: FormThen = "/"
    ) -> Response:
        """Look at another of the schools in which one works."""
        if school not in visitor(request).schools:
            raise NotAllowed
        token = self.gate.site.session.read(request.cookies)
        if token is not None:
            await self.gate.store.choose_school(token, SchoolId(school))
        return RedirectResponse(local_path(then), 303)

    def _callback(self) -> str:
        return self.gate.site.origin + CALLBACK

    def _provider(self) -> IdentityProvider:
        if self.provider is None:
            raise TypeError("there is no such address without a provider")
        return self.provider
