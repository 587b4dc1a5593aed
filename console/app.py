"""The console as one application: pages, JSON, static files, and what errors look like.

Guarantees: every answer carries a content security policy under which nothing is loaded
from another host and no script stands in a page; every error is an answer in Russian (JSON
for programs) with the status that it deserves, and tells nothing of the inside.
"""

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.api import Api, Fault, lives
from console.pages import Pages
from console.render import Renderer
from projections.errors import StoreError
from projections.overview import Overview

_STATIC = Path(__file__).parent / "static"
_PROGRAMS = ("/api/", "/healthz", "/readyz")

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_MESSAGES = {
    404: ("Такой страницы нет", "Возможно, школа или чат ещё не появились в реестре."),
    405: ("Так к этой странице не обращаются", "Откройте её обычной ссылкой."),
    422: ("Не получилось понять запрос", "Проверьте параметры в адресе: {fields}."),
    500: ("Что-то сломалось у нас", "Ошибка записана в журнал. Попробуйте обновить страницу."),
    503: ("База данных не отвечает", "Данные появятся, как только она снова будет доступна."),
}


class _SecurityHeaders:
    """Outermost of our own layers; ``_error`` covers the layer outside of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_SECURITY)
            await send(message)

        await self._app(scope, receive, secured)


def create_app(store: Overview, *, hosts: Sequence[str] = ("*",), fault: Fault = lives) -> FastAPI:
    """The console over ``store``.

    ``hosts``: the names by which it may be asked for. Where it listens on the local address
    only, give just those names: a foreign page cannot then read it by a name of its own.
    ``fault`` tells why the process does not live, or None while it does.
    """
    app = FastAPI(title="Rollcall", docs_url=None, redoc_url=None, openapi_url=None)
    errors = _Errors(Renderer())
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    app.add_middleware(_SecurityHeaders)
    app.include_router(Api(store, fault).router())
    app.include_router(Pages(store, errors.renderer).router())
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_exception_handler(HTTPException, errors.http)
    app.add_exception_handler(RequestValidationError, errors.validation)
    app.add_exception_handler(StoreError, errors.store)
    app.add_exception_handler(Exception, errors.bug)
    return app


class _Errors:
    """What each kind of error looks like."""

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer

    async def http(self, request: Request, error: Exception) -> Response:
        """404 and 405, ours and the framework's."""
        return self._answer(request, error.status_code if isinstance(error, HTTPException) else 500)

    async def validation(self, request: Request, error: Exception) -> Response:
        """422 with the parameters' names; their values are not repeated."""
        faults = error.errors() if isinstance(error, RequestValidationError) else ()
        fields = ", ".join(sorted({str(fault["loc"][-1]) for fault in faults}))
        return self._answer(request, 422, fields)

    async def store(self, request: Request, _error: Exception) -> Response:
        """503: the page is right, its data cannot be had now."""
        answer = self._answer(request, 503)
        answer.headers["Retry-After"] = "5"
        return answer

    async def bug(self, request: Request, _error: Exception) -> Response:
        """500, answered outside of all layers; the server logs the error itself."""
        answer = self._answer(request, 500)
        answer.headers.update(_SECURITY)
        return answer

    def _answer(self, request: Request, status: int, fields: str = "") -> Response:
        title, advice = _MESSAGES.get(status, _MESSAGES[422])
        advice = advice.format(fields=fields)
        if request.url.path.startswith(_PROGRAMS):
            content = {"error": title, "status": status}
            return JSONResponse(content, status, headers={"Cache-Control": "no-store"})
        values = {"status": status, "title": title, "advice": advice}
        return self.renderer.answer(request, "error", values, status=status)
