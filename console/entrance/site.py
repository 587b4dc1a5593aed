"""Where the console is, as browsers see it, and the cookies that go with that.

Guarantees: a session's cookie is only ever sent over TLS, and bound to the host by its
``__Host-`` prefix; without TLS it is given out on the machine's own address alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import Response

from console.errors import NoPublicAddress

LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "[::1]", "::1")


def is_loopback(host: str) -> bool:
    """Whether only this machine is reached by that name or address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Cookie:
    """One of our cookies."""

    name: str
    secure: bool

    def read(self, cookies: Mapping[str, str]) -> str | None:
        """Its value in a request."""
        return cookies.get(self.name) or None

    def give(self, response: Response, value: str, *, seconds: int | None = None) -> None:
        """Have the browser keep it: until it is closed, or for so long."""
        response.set_cookie(
            self.name,
            value,
            max_age=seconds,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",  # a sign-in comes back from the provider's site
        )

    def take(self, response: Response) -> None:
        """Have the browser forget it."""
        response.delete_cookie(
            self.name, path="/", secure=self.secure, httponly=True, samesite="lax"
        )


@dataclass(frozen=True, slots=True)
class Site:
    """One console. ``origin`` is scheme, host and port as browsers write them."""

    origin: str
    secure: bool

    @property
    def session(self) -> Cookie:
        """Who is signed in."""
        return self._cookie("session")

    @property
    def departure(self) -> Cookie:
        """What a browser keeps while its person is at the identity provider."""
        return self._cookie("departure")

    def _cookie(self, name: str) -> Cookie:
        # Without TLS the prefix is not to be had; consoles on one machine share its cookies, so
        # the port keeps them apart.
        if self.secure:
            return Cookie(f"__Host-rollcall-{name}", secure=True)
        return Cookie(f"rollcall-{name}-{urlsplit(self.origin).port or 80}", secure=False)


def site_of(host: str, port: int, public_url: str | None) -> Site:
    """The site of a console that listens there.

    Raises:
        NoPublicAddress: others than this machine can reach it, and not by TLS.
    """
    if public_url is None:
        if not is_loopback(host):
            raise NoPublicAddress(
                f"console: {host} can be reached by others, and sign-in needs an address with TLS: "
                "set ROLLCALL_CONSOLE__PUBLIC_URL to the https:// address of the proxy before it"
            )
        shown = f"[{host}]" if ":" in host else host
        return Site(_origin(f"http://{shown}:{port}"), secure=False)
    parts = urlsplit(public_url)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise NoPublicAddress("ROLLCALL_CONSOLE__PUBLIC_URL: a scheme and a host, without a path")
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise NoPublicAddress(
            "ROLLCALL_CONSOLE__PUBLIC_URL: must be https://, or an address of this machine"
        )
    return Site(_origin(public_url), secure=parts.scheme == "https")


def _origin(url: str) -> str:
    """As a browser writes it: lower case, no port where it is the scheme's own."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{shown}" + ("" if parts.port in {None, usual} else f":{parts.port}")
