"""The console as one application: pages, JSON, static files, and what errors look like.

Guarantees: every address has a door (``console.entrance``); every answer carries a content
security policy under which nothing is loaded from another host and no script stands in a page;
every error is an answer in Russian (JSON for programs) with the status that it deserves, and
tells nothing of the inside.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from console.api import Api, Fault, lives
from console.behind_module import behind_module
from console.candidates_page import CandidatesPage
from console.chat_acts import ChatActs
from console.chat_page import ChatPage
from console.diary_page import DiaryPage
from console.entrance.doors import Entry, add_entries
from console.entrance.gate import SessionGate
from console.identity.port import IdentityProvider
from console.initialisation import InitialisationPage
from console.journal_pages import JournalPages
from console.lesson_opening_page import LessonOpeningPage
from console.linking import LinkingPages
from console.new_chat_page import NewChatPage
from console.own_chats import OwnChatsPage
from console.pages import Pages
from console.refusals import Refusals
from console.render import Renderer
from console.rest import document
from console.rest.changes import ApiChanges
from console.rest.initialising import ApiInitialising
from console.rest.lists import ApiLists
from console.rest.making import ApiMaking
from console.rest.outsiders import ApiOutsiders
from console.rest.settings import ApiSettings
from console.rest.summary import ApiSummary
from console.school_chats import SchoolChatsPage
from console.school_settings import SchoolSettingsPage
from console.security_headers import SecurityHeaders
from console.sign_in import SignIn
from console.sign_in_page import SignInPage
from console.summary import SummaryPages
from operations.installation import ORDINARY, Installation
from operations.plans import USUAL_TERMS, Terms
from operations.store import Overview

log = structlog.get_logger()

_STATIC = Path(__file__).parent / "static"


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
    errors = Refusals(Renderer(), links_profiles=installation.links_profiles)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    app.add_middleware(SecurityHeaders)
    add_entries(app, entrance.gate, document.entries())
    add_entries(app, entrance.gate, _entries(store, entrance, errors.renderer, installation, fault))
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    errors.answer_for(app)
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
    yield from LessonOpeningPage(staff, renderer).entries()
    yield from DiaryPage(staff, renderer).entries()
    pages = Pages(store, renderer)
    of_the_module = (
        SchoolChatsPage(staff, renderer),
        InitialisationPage(staff, renderer, installation),
        NewChatPage(staff, renderer, installation),
        SummaryPages(staff, renderer, installation, entrance.gate.site.origin),
        ChatActs(staff, renderer, entrance.terms),
        ChatPage(staff, renderer, pages),
        CandidatesPage(staff, renderer),
        JournalPages(staff, renderer),
        ApiLists(staff, installation),
        ApiMaking(staff),
        ApiChanges(staff, entrance.terms),
        ApiOutsiders(staff),
        ApiSummary(staff),
        ApiInitialising(staff, installation),
        ApiSettings(staff, installation),
    )
    for each in of_the_module:
        yield from behind_module(staff, installation, each.entries())
    yield from pages.entries()
