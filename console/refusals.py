"""What each kind of error looks like: a page in Russian, or for programs a problem as JSON.

Guarantees: every error is an answer with the status that it deserves, and tells nothing of the
inside.
"""

from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from console.entrance.gate import FOR_PERSON
from console.errors import Forged, ForNobody, NotAllowed, NotSignedIn, RequestRefused
from console.identity.errors import IdentityError
from console.problems import problem
from console.render import Renderer, wants_part
from console.security_headers import SECURITY
from console.sign_in import local_path
from console.sign_in_words import REFUSALS
from operations.errors import Absent, ModuleOff, NotPermitted
from projections.errors import StoreError

log = structlog.get_logger()

_PROGRAMS = ("/api/", "/healthz", "/readyz")

_MESSAGES = {
    401: ("Нужно войти", "Сеанс закончился, или вход ещё не выполнен."),
    403: ("Здесь нужны другие права", "Эта страница не для вашей роли."),
    404: ("Такой страницы нет", "Возможно, школа или чат ещё не появились в реестре."),
    405: ("Так к этой странице не обращаются", "Откройте её обычной ссылкой."),
    413: ("Слишком большой запрос", "Уменьшите его и попробуйте ещё раз."),
    422: ("Не получилось понять запрос", "Проверьте, что прислано: {fields}."),
    500: ("Что-то сломалось у нас", "Ошибка записана в журнал. Попробуйте обновить страницу."),
    503: ("База данных не отвечает", "Данные появятся, как только она снова будет доступна."),
}
_CODES = {422: "not_understood", 413: "too_large"}
"""Of what goes wrong the names for programs; of others that of the status."""
_FOR_NOBODY = (
    "Программа не сказала, за кого спрашивает",
    f"Назовите человека реестра в заголовке {FOR_PERSON}.",
)
_MODULE_OFF = ("Модуль «Чаты» выключен", "Чатов здесь нет. Это решает администратор системы.")
_FORGED = (
    "Запрос пришёл не с нашей страницы",
    "Ничего не изменено. Обновите страницу и попробуйте ещё раз.",
)


class Refusals:
    """What each kind of error looks like."""

    def __init__(self, renderer: Renderer, *, links_profiles: bool) -> None:
        self.renderer = renderer
        self.links_profiles = links_profiles

    def answer_for(self, app: FastAPI) -> None:
        """Have this answer whatever goes wrong in the application."""
        app.add_exception_handler(HTTPException, self.http)
        app.add_exception_handler(RequestValidationError, self.validation)
        app.add_exception_handler(RequestRefused, self.refused)
        app.add_exception_handler(IdentityError, self.identity)
        app.add_exception_handler(Absent, self.absent)
        app.add_exception_handler(NotPermitted, self.not_permitted)
        app.add_exception_handler(ModuleOff, self.module_off)
        app.add_exception_handler(StoreError, self.store)
        app.add_exception_handler(Exception, self.bug)

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
        if _asks_as_program(request):
            return self._answer(request, 403, words=_MODULE_OFF, code="module_off")
        values = {"off": error, "links_profiles": self.links_profiles}
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
                return self._answer(request, 403, words=_FORGED, code="forged")
            case ForNobody():
                return self._answer(request, 403, words=_FOR_NOBODY, code="for_nobody")
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
        if _asks_as_program(request):
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
        code: str | None = None,
    ) -> Response:
        title, advice = words or _MESSAGES.get(status, _MESSAGES[422])
        advice = advice.format(fields=fields)
        if _asks_as_program(request):
            known = _CODES.get(status, HTTPStatus(status).name.lower())
            return problem(status, title, advice, code or known)
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
    programs = _asks_as_program(request)
    return request.method == "GET" and not programs and not wants_part(request)


def _asks_as_program(request: Request) -> bool:
    return request.url.path.startswith(_PROGRAMS)
