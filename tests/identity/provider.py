"""Identity providers of the tests' own: one that never answers, and one that does as it is told.

``Provider`` speaks OpenID Connect over a socket, strictly: it checks the client, the code, the
address to come back to and PKCE, so a sign-in that leaves one of them out fails here as it does
at a real one. ``Lies`` are what the tests have it do wrong.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from console.identity.errors import ProviderUnavailable
from console.identity.port import Departure
from console.web_server import serving as served
from projections.staff.sessions import Identified

CLIENT, SECRET = "rollcall", "s3cret"
Claims = dict[str, Any]  # JSON


class Silent:
    """A provider that never answers."""

    async def depart(self, callback: str, then: str) -> tuple[str, Departure]:
        raise ProviderUnavailable(f"silent at {callback} for {then}")

    async def arrive(
        self, callback: str, query: Mapping[str, str], departure: Departure, now: datetime
    ) -> Identified:
        raise ProviderUnavailable(f"silent at {callback}, {len(query)}, {departure.then}, {now}")

    async def farewell(self, after: str) -> str | None:
        raise ProviderUnavailable(f"silent after {after}")


@cache
def _key() -> RSAKey:
    """Made for the first that asks: it takes a while."""
    return RSAKey.generate_key(2048, auto_kid=True)


@dataclass
class Lies:
    """What it does otherwise than it should; ``claims``: None takes one out."""

    claims: Claims = field(default_factory=dict)
    algorithm: str | None = None
    foreign_key: bool = False
    answer: Mapping[str, str | None] = field(default_factory=dict)
    metadata: Claims = field(default_factory=dict)
    token_status: int = 200
    token_error: str | None = None
    html: bool = False


@dataclass
class Provider:
    """One provider; ``who`` are the claims of the person at its page."""

    who: Claims = field(default_factory=dict)
    lies: Lies = field(default_factory=Lies)
    key: RSAKey | ECKey = field(default_factory=_key)
    base: str = ""
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"{self.base}/realms/school"

    def application(self) -> Starlette:
        """Its addresses."""
        prefix = "/realms/school"
        return Starlette(
            routes=[
                Route(f"{prefix}/.well-known/openid-configuration", self.metadata),
                Route(f"{prefix}/authorize", self.authorize),
                Route(f"{prefix}/token", self.token, methods=["POST"]),
                Route(f"{prefix}/keys", self.keys),
                Route(f"{prefix}/logout", self.logout),
            ]
        )

    async def metadata(self, _request: Request) -> Response:
        self.asked.append("metadata")
        if self.lies.html:
            return HTMLResponse("<h1>a proxy</h1>")
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/logout",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        }
        return JSONResponse(_changed(told, self.lies.metadata))

    async def authorize(self, request: Request) -> Response:
        """The person says who they are, at once."""
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        answer = _changed(
            {"code": code, "state": asked["state"], "iss": self.issuer}, self.lies.answer
        )
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 303)

    async def token(self, request: Request) -> Response:
        form = await request.form()
        if self.lies.html:
            return HTMLResponse("<h1>a proxy</h1>")
        if self.lies.token_error is not None or self.lies.token_status != 200:
            refusal = {"error": self.lies.token_error or "server_error"}
            return JSONResponse(refusal, self.lies.token_status)
        asked = self._codes.pop(str(form.get("code")), None)
        if asked is None or not _may_have(asked, request, dict(form)):
            return JSONResponse({"error": "invalid_grant"}, 400)
        access = secrets.token_urlsafe(16)
        body = {"access_token": access, "token_type": "Bearer", "expires_in": 60}
        return JSONResponse(body | {"id_token": self._identity(asked["nonce"], access)})

    def _identity(self, nonce: str, access: str) -> str:
        now = int(time.time())
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims: Claims = {
            "iss": self.issuer,
            "sub": "subject-1",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "nonce": nonce,
            "at_hash": _coded(half),
        } | self.who
        algorithm = self.lies.algorithm or ("ES256" if isinstance(self.key, ECKey) else "RS256")
        told = _changed(claims, self.lies.claims)
        if algorithm in {"none", "HS256"}:
            return _forged(algorithm, str(self.key.kid), told, self.key.as_pem(private=False))
        signing = self.key
        if self.lies.foreign_key:
            signing = RSAKey.generate_key(2048, {"kid": str(self.key.kid)})
        header = {"alg": algorithm, "kid": self.key.kid}
        return jwt.encode(header, told, signing, algorithms=[algorithm])

    async def keys(self, _request: Request) -> Response:
        self.asked.append("keys")
        # Beside ours one of a kind that nobody knows, and one for encryption, as real ones have.
        other = {"kty": "of tomorrow", "kid": "other", "use": "sig"}
        encryption = self.key.as_dict(private=False) | {"kid": "enc", "use": "enc"}
        ours = KeySet([self.key]).as_dict(private=False)["keys"]
        return JSONResponse({"keys": [other, encryption, *ours]})

    async def logout(self, request: Request) -> Response:
        assert request.query_params["client_id"] == CLIENT
        return HTMLResponse("<h1>You are signed out of the provider</h1>")


def _forged(algorithm: str, kid: str, claims: Claims, public_key: bytes) -> str:
    """Without a signature, or by the public key, which is no secret, as if it were one."""
    parts = [_coded(json.dumps(part).encode()) for part in ({"alg": algorithm, "kid": kid}, claims)]
    signed = ".".join(parts)
    mac = hmac.new(public_key, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_coded(mac) if algorithm == 'HS256' else ''}"


def _coded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _may_have(asked: Mapping[str, str], request: Request, form: Mapping[str, object]) -> bool:
    basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
    challenge = _coded(digest)
    return (
        request.headers.get("authorization") == f"Basic {basic}"
        and form.get("redirect_uri") == asked["redirect_uri"]
        and challenge == asked["code_challenge"]
    )


def _changed(told: Claims, lies: Mapping[str, Any]) -> Claims:
    return {name: value for name, value in (told | dict(lies)).items() if value is not None}


@asynccontextmanager
async def serving(provider: Provider) -> AsyncIterator[Provider]:
    """The provider on a port of its own while the block runs."""
    async with served(provider.application(), "127.0.0.1", 0) as port:
        provider.base = f"http://127.0.0.1:{port}"
        yield provider
