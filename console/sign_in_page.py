"""The page on which somebody begins to sign in; and the development sign-in, by choosing a person.

The development sign-in asks for no password and shows names to whoever can reach it, so it is
refused anywhere but on the machine itself: when the console starts, and again at each request
that came through a proxy.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Final

from fastapi import Form, Query, Request, Response

from console.entrance.doors import Door, Entry, Need
from console.entrance.site import Site, is_loopback
from console.errors import Forged, NotLocal
from console.identity.errors import SignInRefused
from console.identity.port import Way
from console.pages import ID, NO_NUL
from console.render import Renderer
from console.sign_in import FormThen, SignIn, Then, local_path
from domain.actors import OperatorRole
from domain.ids import PersonId
from projections.staff.cast import CastMember, Part
from projections.staff.sessions import Identified

# What proxies add; none is in the way of a browser on this machine.
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_SUBJECT: Final = "development"


def require_local(host: str, site: Site) -> None:
    """The development sign-in is for one's own machine.

    Raises:
        NotLocal: others could reach the console.
    """
    if not is_loopback(host) or site.secure:
        raise NotLocal(
            "console: the development sign-in asks for no password and is for this machine alone; "
            "with ROLLCALL_CONSOLE__HOST or ROLLCALL_CONSOLE__PUBLIC_URL for others set "
            "ROLLCALL_SIGN_IN__WAY=openid"
        )


@dataclass(frozen=True, slots=True)
class SignInPage:
    """«Вход»: a button to the provider, people to choose from, or that no way in is set."""

    sign_in: SignIn
    renderer: Renderer
    development: bool

    def entries(self) -> list[Entry]:
        """The addresses."""
        found = [Entry("/sign-in", self.page, Door(Need.NOTHING))]
        if self.development:
            found.append(Entry("/sign-in/development", self.choose, Door(Need.NOTHING), "POST"))
        return found

    async def page(
        self,
        request: Request,
        then: Then = "/",
        surname: Annotated[str, NO_NUL, Query(max_length=100)] = "",
    ) -> Response:
        """The ways in."""
        cast: list[tuple[Part, list[CastMember]]] = []
        if self.development:
            _refuse_forwarded(request)
            found = await self.sign_in.gate.store.cast(surname)
            cast = [(part, list(who)) for part, who in groupby(found, lambda each: each.part)]
        values = {
            "provider": self.sign_in.provider is not None,
            "development": self.development,
            "then": local_path(then),
            "cast": cast,
            "surname": surname,
        }
        return self.renderer.answer(request, "sign_in", values)

    async def choose(
        self,
        request: Request,
        person: Annotated[PersonId | None, Form(max_length=64, pattern=f"^{ID}$")] = None,
        operator: Annotated[OperatorRole | None, Form()] = None,
        then: FormThen = "/",
    ) -> Response:
        """Be that person, or an operator."""
        _refuse_forwarded(request)
        who = Identified(_SUBJECT, Way.DEVELOPMENT.value, person, operator)
        try:
            return await self.sign_in.let_in(request, who, then)
        except SignInRefused as error:
            return self.sign_in.refused(request, error)


def _refuse_forwarded(request: Request) -> None:
    if any(name in request.headers for name in _FORWARDED):
        raise Forged("a proxy stands before the development sign-in")
