"""What an OpenID provider publishes about itself: its addresses and its keys.

Guarantees: it is asked again at least once an hour, so a key that was withdrawn is not believed
for longer; the issuer is the one that was set; every address is https, or of this machine.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from console.identity.claims import ClaimNames
from console.identity.errors import ProviderUnavailable, Refusal, SignInRefused

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
)  # fmt: skip
"""Signatures by a key pair; of those the ones that the provider says it makes."""

_FRESH_SECONDS = 3600.0
_TIMEOUT = 10.0
_LOCAL = ("localhost", "127.0.0.1", "::1")
# Of RFC 6749, 5.2: what is wrong with us, not with this sign-in.
_OURS = frozenset({"invalid_client", "unauthorized_client", "invalid_scope"})


@dataclass(frozen=True, slots=True)
class OpenIdConfig:
    """What an installation sets."""

    issuer: str
    client_id: str
    client_secret: str | None = None
    scope: str = "openid"
    claims: ClaimNames = field(default_factory=ClaimNames)
    ca_file: str | None = None


@asynccontextmanager
async def client_of(config: OpenIdConfig) -> AsyncIterator[AsyncOAuth2Client]:
    """Authlib's client, for one conversation."""
    client = AsyncOAuth2Client(
        client_id=config.client_id,
        client_secret=config.client_secret,
        scope=config.scope,
        code_challenge_method="S256",
        timeout=_TIMEOUT,
        verify=config.ca_file or True,
        follow_redirects=False,
        trust_env=False,
    )
    async with client:
        yield client


@contextmanager
def translated() -> Iterator[None]:
    """Refused by the provider in its own form is a verdict; anything else a passing trouble."""
    try:
        yield
    except AuthlibBaseError as error:
        if error.error in _OURS:
            message = f"the provider refuses us ({error.error}): check sign_in.client_id and secret"
            raise ProviderUnavailable(message) from None
        raise SignInRefused(Refusal.STALE, "the provider does not take the code") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OSError) as error:
        raise ProviderUnavailable(type(error).__name__) from None


@dataclass(slots=True)
class _Kept:
    """Something that was asked of the provider, and until when it is fresh."""

    value: Mapping[str, object]
    until: float

    @property
    def is_fresh(self) -> bool:
        return monotonic() < self.until


@dataclass(slots=True)
class Published:
    """Asks, and remembers for an hour."""

    config: OpenIdConfig
    _about: _Kept | None = None
    _keys: _Kept | None = None

    async def about(self) -> Mapping[str, object]:
        """The provider's metadata (OpenID Connect Discovery)."""
        if self._about is None or not self._about.is_fresh:
            issuer = self.config.issuer
            found = await self._fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                raise ProviderUnavailable("the provider's own issuer differs from sign_in.issuer")
            self._about = _Kept(found, monotonic() + _FRESH_SECONDS)
        return self._about.value

    async def endpoint(self, name: str) -> str:
        """One of its addresses."""
        given = (await self.about()).get(name)
        if not isinstance(given, str):
            raise ProviderUnavailable(f"the provider names no {name}")
        parts = urlsplit(given)
        if parts.scheme != "https" and parts.hostname not in _LOCAL:
            raise ProviderUnavailable(f"the provider's {name} is not https")
        return given

    async def algorithms(self) -> list[str]:
        """The kinds of signature that are taken from it."""
        told = (await self.about()).get("id_token_signing_alg_values_supported")
        supported = told if isinstance(told, list) else ["RS256"]
        return [each for each in ALGORITHMS if each in supported]

    async def keys(self, *, anew: bool = False) -> KeySet:
        """Its keys for signatures, of every kind that we know; ``anew``: as they are now."""
        if anew or self._keys is None or not self._keys.is_fresh:
            found = await self._fetched(await self.endpoint("jwks_uri"))
            self._keys = _Kept(found, monotonic() + _FRESH_SECONDS)
        return _key_set(self._keys.value)

    async def _fetched(self, url: str) -> Mapping[str, object]:
        async with client_of(self.config) as client:
            with translated():
                answer = await client.request("GET", url, withhold_token=True)
                answer.raise_for_status()
                found = answer.json()
        if not isinstance(found, dict):
            raise ProviderUnavailable("the provider's answer is no JSON object")
        return found


def _key_set(published: Mapping[str, object]) -> KeySet:
    """One key that cannot be read costs no other."""
    listed = published.get("keys")
    usable = []
    for each in listed if isinstance(listed, list) else []:
        if not isinstance(each, dict) or each.get("use", "sig") != "sig":
            continue
        try:
            usable += KeySet.import_key_set({"keys": [each]}).keys
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return KeySet(usable)
