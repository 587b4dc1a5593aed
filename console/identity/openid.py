"""Sign-in by OpenID Connect: authorization code with PKCE, by Authlib and joserfc.

Guarantees: nobody is believed without a signature by a key that the provider publishes now, for
us, from the issuer that was set, not expired, and with the nonce of this very sign-in; keys may
be changed by the provider at any time; symmetric signatures and none are refused. The
provider's own words reach neither log nor page.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from authlib.common.security import generate_token
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from console.identity.claims import identified
from console.identity.errors import Refusal, SignInRefused
from console.identity.port import Departure
from console.identity.published import OpenIdConfig, Published, client_of, translated
from projections.staff.sessions import Identified

_LEEWAY = 60
"""Seconds that the provider's clock may differ from the database's."""


@dataclass(frozen=True, slots=True)
class OpenId:
    """An ``IdentityProvider``."""

    config: OpenIdConfig
    published: Published

    async def depart(self, callback: str, then: str) -> tuple[str, Departure]:
        """To the provider's own page, where the person says who they are."""
        endpoint = await self.published.endpoint("authorization_endpoint")
        departure = Departure(
            state=generate_token(32),
            nonce=generate_token(32),
            verifier=generate_token(64),
            then=then,
        )
        async with client_of(self.config) as client:
            url, _ = client.create_authorization_url(
                endpoint,
                state=departure.state,
                nonce=departure.nonce,
                code_verifier=departure.verifier,
                redirect_uri=callback,
            )
        return str(url), departure

    async def arrive(
        self, callback: str, query: Mapping[str, str], departure: Departure, now: datetime
    ) -> Identified:
        """Exchange the code, and check what comes for it."""
        self._check_answer(query, departure)
        endpoint = await self.published.endpoint("token_endpoint")
        async with client_of(self.config) as client:
            with translated():
                token = await client.fetch_token(
                    endpoint,
                    grant_type="authorization_code",
                    code=query["code"],
                    code_verifier=departure.verifier,
                    redirect_uri=callback,
                )
        return identified(await self._checked(token, departure.nonce, now), self.config.claims)

    async def farewell(self, after: str) -> str | None:
        """The provider's own sign-out, where it has one."""
        endpoint = (await self.published.about()).get("end_session_endpoint")
        if not isinstance(endpoint, str):
            return None
        given = {"client_id": self.config.client_id, "post_logout_redirect_uri": after}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(given)}"

    def _check_answer(self, query: Mapping[str, str], departure: Departure) -> None:
        if not hmac.compare_digest(query.get("state", "").encode(), departure.state.encode()):
            raise SignInRefused(Refusal.STALE, "state")
        # RFC 9207: who mixes providers up answers in the name of another one.
        if query.get("iss", self.config.issuer) != self.config.issuer:
            raise SignInRefused(Refusal.UNTRUSTED, "iss of the answer")
        if "error" in query:
            raise SignInRefused(Refusal.DENIED, "the provider's answer is an error")
        if not query.get("code"):
            raise SignInRefused(Refusal.STALE, "no code")

    async def _checked(
        self, token: Mapping[str, object], nonce: str, now: datetime
    ) -> Mapping[str, object]:
        """The claims of the identity token, once everything about it is right."""
        raw = token.get("id_token")
        if not isinstance(raw, str):
            raise SignInRefused(Refusal.UNTRUSTED, "no id_token")
        options = {
            "iss": {"essential": True, "value": self.config.issuer},
            "aud": {"essential": True, "value": self.config.client_id},
        }
        known = {
            "nonce": nonce,
            "client_id": self.config.client_id,
            "access_token": token.get("access_token"),
        }
        try:
            decoded = await self._decoded(raw)
            claims = CodeIDToken(decoded.claims, decoded.header, options, known)
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SignInRefused(Refusal.UNTRUSTED, _rule(error)) from None
        return dict(decoded.claims)

    async def _decoded(self, raw: str) -> jwt.Token:
        """By the keys that we know, else by those that the provider publishes now."""
        allowed = await self.published.algorithms()
        try:
            return _decode(raw, await self.published.keys(), allowed)
        except JoseError:
            return _decode(raw, await self.published.keys(anew=True), allowed)


def openid(config: OpenIdConfig) -> OpenId:
    """A provider; nothing is asked of it yet."""
    return OpenId(config, Published(config))


def _decode(raw: str, keys: KeySet, algorithms: list[str]) -> jwt.Token:
    registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)
    return jwt.decode(raw, key=keys, registry=registry)


def _rule(error: Exception) -> str:
    """Which rule was broken, without the value: for the log."""
    claim = error.claim if isinstance(error, ClaimError) else ""
    return f"{type(error).__name__} {claim}".strip()
