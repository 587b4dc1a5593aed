"""Requests that another site had a browser make are told from a person's own.

Guarantees: an unsafe request passes only where the browser says that it comes from this very
site, *and* it bears the session's token, which no other site can read. A browser that says
nothing about where a request comes from is not believed. A method that is not known to be safe
is unsafe.
"""

import hashlib
import hmac
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from console.entrance.site import Site, is_loopback
from console.errors import Forged

FIELD: Final = "csrf"
HEADER: Final = "X-CSRF-Token"
_SAFE: Final = frozenset({"GET", "HEAD"})


def form_token(session_token: str) -> str:
    """The token that a session's forms bear; it gives nothing of the session away."""
    return hmac.new(session_token.encode(), b"rollcall form", hashlib.sha256).hexdigest()


def is_safe(request: Request) -> bool:
    """Whether the request changes nothing."""
    return request.method in _SAFE


def check_origin(request: Request, site: Site) -> None:
    """The browser says that the request is this site's own.

    Raises:
        Forged: it says otherwise, or nothing.
    """
    fetched = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if fetched is None and origin is None:
        raise Forged("neither Sec-Fetch-Site nor Origin")
    if fetched not in {None, "same-origin"}:
        raise Forged("Sec-Fetch-Site")
    if origin is not None and origin not in _origins(request, site):
        raise Forged("Origin")


async def check_token(request: Request, session_token: str) -> None:
    """The request bears the session's token, in a header or as a field of its form.

    Raises:
        Forged: it does not.
    """
    given = request.headers.get(HEADER)
    if given is None and _is_form(request):
        try:
            field = (await request.form()).get(FIELD)
        except ClientDisconnect:
            raise Forged("a form that did not arrive whole") from None
        given = field if isinstance(field, str) else None
    wanted = form_token(session_token)
    if given is None or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise Forged("the form's token")


def _is_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    return kind in {"application/x-www-form-urlencoded", "multipart/form-data"}


def _origins(request: Request, site: Site) -> set[str]:
    """The site's own; on this machine also by the other names that it has."""
    origins = {site.origin}
    host = request.url.hostname or ""
    if not site.secure and is_loopback(host):
        origins.add(f"http://{request.headers.get('host', '')}")
    return origins
