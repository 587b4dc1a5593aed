"""How people come in to the console, made of the settings: part of the composition root."""

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from console.app import Entrance
from console.entrance.gate import Operators, SessionGate
from console.entrance.site import site_of
from console.identity.claims import ClaimNames
from console.identity.openid import openid
from console.identity.port import IdentityProvider, Way
from console.identity.published import OpenIdConfig
from console.sign_in_page import require_local
from operations.plans import Terms
from projections.staff.sessions import Lifetimes
from projections.staff.store import StaffStore
from rollcall.settings import Settings
from rollcall.settings_console import SignIn

log = structlog.get_logger()


def entrance(settings: Settings, engine: AsyncEngine, host: str, port: int) -> Entrance:
    """The entrance of a console that listens there.

    Raises:
        ConsoleError: the way to sign in does not go with where it listens.
    """
    given = settings.sign_in
    site = site_of(host, port, settings.console.public_url)
    way = None if given.way is None else Way(given.way)
    if way is Way.DEVELOPMENT:
        require_local(host, site)
    if way is None:
        log.warning("console.no_sign_in", reason="set ROLLCALL_SIGN_IN__WAY: nobody can sign in")
    lifetimes = Lifetimes(given.idle_minutes * 60, given.whole_hours * 3600)
    gate = SessionGate(StaffStore(engine), site, lifetimes, Operators(given.operator_roles()))
    provider = _provider(given) if way is Way.OPENID else None
    terms = Terms(settings.guard.approval_hours, settings.guard.rejection_days)
    return Entrance(gate, provider, development=way is Way.DEVELOPMENT, terms=terms)


def _provider(given: SignIn) -> IdentityProvider:
    secret = given.client_secret
    return openid(
        OpenIdConfig(
            issuer=given.issuer or "",
            client_id=given.client_id or "",
            client_secret=None if secret is None else secret.get_secret_value(),
            scope=given.scope,
            claims=ClaimNames(
                given.person_claim,
                given.operator_claim,
                given.operator_value,
                given.operator_names_value,
            ),
            ca_file=None if given.ca_file is None else str(given.ca_file),
        )
    )
