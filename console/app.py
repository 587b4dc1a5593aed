"""The console as one application: pages, JSON, static files, and what errors look like.

Guarantees: every address has a door (``console.entrance``); every answer carries a content
security policy under which nothing is loaded from another host and no script stands in a page;
every error is an answer in Russian (JSON for programs) with the status that it deserves, and
tells nothing of the inside.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from console.api import Api, Fault, lives
from console.candidates_page import CandidatesPage
from console.chat_acts import ChatActs
from console.chat_page import ChatPage
from console.entrance.doors import Entry, add_entries
from console.entrance.gate import SessionGate
from console.errors import Forged, NotAllowed, NotSignedIn, RequestRefused
from console.identity.errors import IdentityError
from console.identity.port import IdentityProvider
from console.linking import LinkingPages
from console.own_chats import OwnChatsPage
from console.pages import Pages
from console.render import Renderer, wants_part
from console.school_chats import SchoolChatsPage
from console.school_settings import SchoolSettingsPage
from console.security_headers import SECURITY, SecurityHeaders
from console.sign_in import SignIn, local_path
from console.sign_in_page import SignInPage
from console.sign_in_words import REFUSALS
from operations.errors import Absent, ModuleOff, NotPermitted
from operations.installation import ORDINARY, Installation
from operations.plans import USUAL_TERMS, Terms
from operations.store import Overview
from projections.errors import StoreError

log = structlog.get_logger()

_STATIC = Path(__file__).parent / "static"
_PROGRAMS = ("/api/", "/healthz", "/readyz")

_MESSAGES = {
    401: ("Нужно войти", "Сеанс закончился, или вход ещё не выполнен."),
    403: ("Здесь нужны другие права", "Эта страница не для вашей роли."),
    404: ("Такой страницы нет", "Возможно, школа или чат ещё не появились в реестре."),
    405: ("Так к этой странице не обращаются", "Откройте её обычной ссылкой."),
    413: ("Слишком большой запрос", "Уменьшите его и попробуйте ещё раз."),
    422: ("Не получилось понять запрос", "Проверьте параметры в адресе: {fields}."),
    500: ("Что-то сломалось у нас", "Ошибка записана в журнал. Попробуйте обновить страницу."),
    503: ("База данных не отвечает", "Данные появятся, как только она снова будет доступна."),
}
_FORGED = (
    "Запрос пришёл не с нашей страницы",
    "Ничего не изменено. Обновите страницу и попробуйте ещё раз.",
)


@dataclass(frozen=True, slots=True)
class Entrance:
    """How people come in: who checks them, and how they sign in.

    By a provider, by choosing a person (``development``), or, where neither is set, not at all.
    ``terms`` are how long what they decide about removals holds.
    """

    gate: SessionGate
    provider: IdentityProvider | None = None
    development: bool = False
    terms: Terms = USUAL_TERMS


def create_app(
    store: Overview,
    entrance: Entrance,
    *,
    installation: Installation = ORDINARY,
    hosts: Sequence[str] = ("*",),
    fault: Fault = lives,
) -> FastAPI:
    """The console over ``store``.

    ``installation`` is what the settings decide about the screens.
    ``hosts``: the names by which it may be asked for. Where it listens on the local address
    only, give just those names: a foreign page cannot then read it by a name of its own.
    ``fault`` tells why the process does not live, or None while it does.
    """
    app = FastAPI(title="Rollcall", docs_url=None, redoc_url=None, openapi_url=None)
    errors = _Errors(Renderer(), links_profiles=installation.links_profiles)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    app.add_middleware(SecurityHeaders)
    add_entries(app, entrance.gate, _entries(store, entrance, errors.renderer, installation, fault))
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_exception_handler(HTTPException, errors.http)
    app.add_exception_handler(RequestValidationError, errors.validation)
    app.add_exception_handler(RequestRefused, errors.refused)
    app.add_exception_handler(IdentityError, errors.identity)
    app.add_exception_handler(Absent, errors.absent)
    app.add_exception_handler(NotPermitted, errors.not_permitted)
    app.add_exception_handler(ModuleOff, errors.module_off)
    app.add_exception_handler(StoreError, errors.store)
    app.add_exception_handler(Exception, errors.bug)
    return app


def _entries(
    store: Overview,
    entrance: Entrance,
    renderer: Renderer,
    installation: Installation,
    fault: Fault,
) -> Iterator[Entry]:
    sign_in = SignIn(entrance.gate, renderer, entrance.provider)
    yield from Api(store, fault).entries()
    yield from sign_in.entries()
    yield from SignInPage(sign_in, renderer, development=entrance.development).entries()
    staff = entrance.gate.store
    yield from OwnChatsPage(staff, renderer, installation).entries()
    yield from LinkingPages(staff, renderer, installation).entries()
    yield from SchoolSettingsPage(staff, renderer, installation).entries()
    yield from SchoolChatsPage(staff, renderer).entries()
    yield from ChatActs(staff, renderer, entrance.terms).entries()
    pages = Pages(store, renderer)
    yield from ChatPage(staff, renderer, pages).entries()
    yield from CandidatesPage(staff, renderer).entries()
    yield from pages.entries()


class _Errors:
    """What each kind of error looks like."""

    def __init__(self, renderer: Renderer, *, links_profiles: bool) -> None:
        self.renderer = renderer
        self.links_profiles = links_profiles

    async def http(self, request: Request, error: Exception) -> Response:
        """404 and 405, ours and the framework's."""
        return self._answer(request, error.status_code if isinstance(error, HTTPException) else 500)

    async def validation(self, request: Request, error: Exception) -> Response:
        """422 with the parameters' names; their values are not repeated."""
        faults = error.errors() if isinstance(error, RequestValidationError) else ()
        fields = ", ".join(sorted({str(fault["loc"][-1]) for fault in faults}))
        return self._answer(request, 422, fields)

    async def absent(self, request: Request, _error: Exception) -> Response:
        """404: an operation was asked about something that is not there."""
        return self._answer(request, 404)

    async def not_permitted(self, request: Request, _error: Exception) -> Response:
        """403: an operation is not for who asks."""
        return self._answer(request, 403)

    async def module_off(self, request: Request, error: Exception) -> Response:
        """Not an error but how it is: there are no chats here, and the page says whom to ask."""
        everywhere = isinstance(error, ModuleOff) and error.everywhere
        values = {"everywhere": everywhere, "links_profiles": self.links_profiles}
        return self.renderer.answer(request, "module_off", values)

    async def refused(self, request: Request, error: Exception) -> Response:
        """Whoever is nobody is led to the sign-in, whoever may not to a page that is theirs."""
        match error:
            case NotSignedIn():
                return self._unknown(request)
            case NotAllowed(elsewhere=str(elsewhere)) if _is_whole_page(request):
                return RedirectResponse(elsewhere, 303)
            case Forged():
                log.warning("request.forged", reason=str(error))
                return self._answer(request, 403, words=_FORGED)
            case _:
                return self._answer(request, 403)

    async def identity(self, request: Request, error: Exception) -> Response:
        """The identity provider is away, or said no."""
        log.warning("sign_in.failed", reason=str(error))
        return self._answer(request, 503, words=REFUSALS[None])

    def _unknown(self, request: Request) -> Response:
        if _is_whole_page(request):
            query = f"?{request.url.query}" if request.url.query else ""
            to = urlencode({"next": local_path(request.url.path + query)})
            return RedirectResponse(f"/sign-in?{to}", 303)
        answer = self._answer(request, 401)
        if request.url.path.startswith(_PROGRAMS):
            answer.headers["WWW-Authenticate"] = 'Bearer realm="rollcall"'
        return answer

    async def store(self, request: Request, _error: Exception) -> Response:
        """503: the page is right, its data cannot be had now."""
        answer = self._answer(request, 503)
        answer.headers["Retry-After"] = "5"
        return answer

    async def bug(self, request: Request, _error: Exception) -> Response:
        """500, answered outside of all layers; the server logs the error itself."""
        answer = self._answer(request, 500)
        answer.headers.update(SECURITY)
        return answer

    def _answer(
        self,
        request: Request,
        status: int,
        fields: str = "",
        words: tuple[str, str] | None = None,
    ) -> Response:
        title, advice = words or _MESSAGES.get(status, _MESSAGES[422])
        advice = advice.format(fields=fields)
        if request.url.path.startswith(_PROGRAMS):
            content = {"error": title, "status": status}
            return JSONResponse(content, status, headers={"Cache-Control": "no-store"})
        # A part is asked for by a page that is already there: the way leads back to it.
        there = _path(request.headers.get("hx-current-url", ""))
        values = {"status": status, "title": title, "advice": advice, "then": there}
        return self.renderer.answer(request, "error", values, status=status)


def _path(url: str) -> str:
    """The path of an address that a browser told, if it is one."""
    try:
        return local_path(urlsplit(url).path)
    except ValueError:
        return "/"


def _is_whole_page(request: Request) -> bool:
    """Whether a browser asks for a page, and can be led to another one."""
    programs = request.url.path.startswith(_PROGRAMS)
    return request.method == "GET" and not programs and not wants_part(request)
