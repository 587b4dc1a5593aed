"""Every address of the console against everybody who should not get in: no success, no byte.

The addresses come from the route table, so a new one is tested by being there.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
import pytest
from sqlalchemy import text
from starlette.routing import Mount

from console.entrance.doors import GuardedRoute, Need
from console.entrance.forgery import FIELD, HEADER, form_token
from console.entrance.gate import FOR_PERSON
from console.rest.answers import CONFLICT
from domain.facts import EmploymentRole
from domain.ids import PersonId
from domain.rights import Scope
from operations.installation import Installation
from projections.database import transaction
from projections.staff import service_accounts
from projections.staff.sessions import Identified
from tests.console.attackers import (
    EVERYBODY,
    OWN_THINGS,
    PEOPLE_OF_NEED,
    PEOPLE_OF_RIGHT,
    Address,
    addresses,
    own_page,
    routes,
)
from tests.console.running import OPERATOR, Doorway, Running, running
from tests.domain import builders as make
from tests.identity.provider import Silent
from tests.projections.builders import ingest
from tests.staff import town
from tests.staff.town import ALPHA, BETA

# A console has the addresses of the one way to sign in that is set; this one has all.
EVERYWAY = Doorway(Silent(), development=True)
EVERY = addresses(EVERYWAY)
CLOSED = [each for each in EVERY if each.door.need is not Need.NOTHING]
OWN = addresses(EVERYWAY, OWN_THINGS)
UNSAFE = [each for each in EVERY if not each.is_safe]

FOREIGN_BYTES = (
    town.NAMES[town.FOREIGN], "beta 7", "beta 8", "beta chem", "beta-leader", "beta-community",
    "beta-physicist", "max.example/class:beta", "max.example/call/beta", "beta Соли",
)  # fmt: skip
"""What only somebody of the foreign school has told; the ids that were asked for are not of it."""


@dataclass(frozen=True)
class Town:
    """A console over two schools."""

    console: Running

    async def sign_in(self, who: str) -> str:
        """Be somebody of the own school, or the operator; the session's token."""
        if who == "operator":
            return await self.console.sign_in(OPERATOR)
        return await self.console.sign_in_as(ALPHA.id(who))

    async def state(self) -> list[tuple[str, ...]]:
        """Everything that a request could change, but that a session was used."""
        tables = ("decisions", "held_plans", "kept_accounts", "stale_entities", "chats",
                  "founded_chats", "service_accounts", "outbox", "profile_links", "lesson_calls",
                  "initialisations", "initialised_chats", "plan_decisions")  # fmt: skip
        asked = [f"SELECT '{table}', t::text FROM {table} t" for table in tables]
        asked.append("SELECT 'sessions', concat(token_hash, school_id, revoked_at) FROM sessions")
        async with transaction(self.console.engine) as connection:
            rows = await connection.execute(text(" UNION ALL ".join(asked)))
            return sorted((str(row[0]), str(row[1])) for row in rows)


@pytest.fixture
async def place(town_url: str) -> AsyncIterator[Town]:
    linking = Installation(links_profiles=True)
    async with running(town_url, who=None, doorway=EVERYWAY, installation=linking) as console:
        yield Town(console)


def got_in(answer: httpx2.Response) -> bool:
    """Whether the address was answered, and not the way to another one that may be."""
    if answer.status_code in {301, 302, 303, 307, 308}:
        return urlsplit(answer.headers["location"]).path not in {"/sign-in", "/my", "/"}
    return answer.status_code < 400


def foreign(answer: httpx2.Response) -> list[str]:
    """The foreign school's bytes in an answer."""
    whole = answer.text + "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
    return [each for each in FOREIGN_BYTES if each in whole]


async def refused_all(
    console: Running, asked: list[Address], token: str | None = None
) -> list[str]:
    """The addresses that answered although they should not, or told something foreign."""
    failures = []
    for address in asked:
        for part in (False, True):
            headers = own_page(console) | ({"HX-Request-Type": "partial"} if part else {})
            answer = await address.ask(console, token=token, headers=headers)
            if got_in(answer) or foreign(answer):
                failures.append(f"{address} {answer.status_code} {foreign(answer)}")
    return failures


def test_every_route_has_a_door_but_the_static_files() -> None:
    undoored = [each for each in routes(EVERYWAY) if not isinstance(each, GuardedRoute)]
    assert [each.path for each in undoored if isinstance(each, Mount)] == ["/static"]
    assert len(undoored) == 1


def test_only_these_addresses_ask_for_nobody() -> None:
    assert {str(each) for each in EVERY if each.door.need is Need.NOTHING} == {
        "GET /healthz", "GET /readyz", "GET /sign-in", "GET /sign-in/openid",
        "GET /sign-in/callback", "POST /sign-in/development", "GET /signed-out",
        "GET /api/v1/openapi.json",
    }  # fmt: skip
    assert set(PEOPLE_OF_NEED) | {Need.NOTHING} == set(Need)


async def test_whoever_may_come_in_does(place: Town) -> None:
    """So that the refusals below are refusals."""
    for who in EVERYBODY:
        token = await place.sign_in(who)
        for address in OWN:
            closed = address.door.need is not Need.NOTHING
            if closed and who in address.people and address.is_safe:
                answer = await address.ask(place.console, token=token)
                into_a_call = address.route == "/lessons/{lesson_id}/open"
                assert answer.status_code == (303 if into_a_call else 200), (who, address)
    await place.sign_in("operator")
    answer = await place.console.get("/schools/beta")
    assert foreign(answer), "the operator sees the foreign school's titles"


async def test_without_a_session_nobody_gets_in(place: Town) -> None:
    assert await refused_all(place.console, CLOSED) == []


@pytest.mark.parametrize(
    "ends",
    [
        "expires_at = clock_now()",
        "last_seen_at = clock_now() - interval '61 minutes'",
        "revoked_at = clock_now()",
        "created_at = clock_now() + interval '1 hour'",
        "token_hash = sha256(token_hash)",
    ],
)
async def test_with_a_session_that_is_over_nobody_gets_in(place: Town, ends: str) -> None:
    for who in ("operator", "administrator"):
        token = await place.sign_in(who)
        async with transaction(place.console.engine) as connection:
            await connection.execute(text(f"UPDATE sessions SET {ends}"))
        assert await refused_all(place.console, CLOSED, token) == []


async def test_nobody_of_one_school_gets_a_byte_of_another(place: Town) -> None:
    failures = []
    for who in EVERYBODY:
        if who == "operator":
            continue
        for address in CLOSED:
            token = await place.sign_in(who)  # anew, since one of them signs out
            answer = await address.ask(place.console, token=token)
            if foreign(answer) or (address.has_parameters and got_in(answer)):
                failures.append(f"{who} {address} {answer.status_code} {foreign(answer)}")
    assert failures == []


async def test_nobody_does_to_a_thing_of_their_own_school_what_is_not_their_right(
    place: Town,
) -> None:
    limited = [each for each in OWN if each.right in PEOPLE_OF_RIGHT]
    assert {each.right for each in limited} == set(PEOPLE_OF_RIGHT)
    for who in EVERYBODY:
        token = await place.sign_in(who)
        above = [each for each in limited if who not in each.people]
        before = await place.state()
        assert await refused_all(place.console, above, token) == [], who
        assert await place.state() == before


async def test_nobody_gets_in_at_a_door_that_needs_another_role(place: Town) -> None:
    for who in EVERYBODY:
        token = await place.sign_in(who)
        above = [each for each in CLOSED if who not in PEOPLE_OF_NEED[each.door.need]]
        assert await refused_all(place.console, above, token) == [], who
    # Of nobody the register knows anything, and no provider said «operator».
    token = await place.console.sign_in(Identified("a subject", "openid"))
    above = [each for each in CLOSED if each.door.need is not Need.SESSION]
    assert await refused_all(place.console, above, token) == []


async def test_a_role_that_ended_opens_nothing_at_the_next_request(place: Town) -> None:
    engine, staff = place.console.engine, ALPHA.id("staff")
    token = await place.console.sign_in_as(staff)
    mine = [each for each in CLOSED if "staff" in PEOPLE_OF_NEED[each.door.need]]
    for_staff = [each for each in mine if each.door.need is Need.STAFF]
    own = [each for each in OWN if each.door.need is Need.STAFF and "staff" in each.people]
    assert {(await each.ask(place.console)).status_code for each in own if each.is_safe} == {200}
    await ingest(
        engine,
        make.employment(staff, EmploymentRole.STAFF, school_id=town.OWN, ended=True, version=2),
    )
    assert await refused_all(place.console, for_staff, token) == []
    await ingest(engine, make.person(staff, removed=True, version=2))
    assert await refused_all(place.console, CLOSED, token) == []


async def test_an_operator_whom_the_register_removes_is_none_at_the_next_request(
    place: Town,
) -> None:
    who = PersonId(ALPHA.id("administrator"))
    token = await place.console.sign_in(Identified("s", "openid", who, OPERATOR.operator))
    assert (await place.console.get("/")).status_code == 200
    await ingest(place.console.engine, make.person(who, removed=True, version=2))
    assert await refused_all(place.console, CLOSED, token) == []


FORGERIES: dict[str, dict[str, str]] = {
    "another site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "another site of the same domain": {"Origin": "{own}", "Sec-Fetch-Site": "same-site"},
    "an address that was typed": {"Sec-Fetch-Site": "none"},
    "an old browser on another site": {"Origin": "https://evil.example"},
    "a page without an origin": {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    "a browser that says nothing": {},
    "another port": {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-origin"},
    "our name at the front of another": {"Origin": "{own}.evil.example"},
    "two sites": {"Origin": "{own} https://evil.example"},
}


async def test_another_site_changes_nothing_with_a_persons_session(place: Town) -> None:
    for who in EVERYBODY:
        token = await place.sign_in(who)
        before = await place.state()
        for forged, given in FORGERIES.items():
            headers = {
                name: value.replace("{own}", place.console.at.console)
                for name, value in given.items()
            }
            for address in UNSAFE:
                answer = await address.ask(place.console, token=token, headers=headers)
                assert answer.status_code in {403, 404}, (forged, who, address)
                assert "set-cookie" not in answer.headers
        assert await place.state() == before


async def test_a_form_without_the_sessions_own_token_changes_nothing(place: Town) -> None:
    other = await place.sign_in("leader")
    token = await place.sign_in("staff")
    before = await place.state()
    mine = own_page(place.console)
    for address in (each for each in UNSAFE if each.door.need is not Need.NOTHING):
        for given in (None, other):
            answer = await address.ask(place.console, token=given)
            assert answer.status_code == 403, address
        for wrong in ("", "x", form_token(other)):
            answer = await address.ask(place.console, headers=mine | {HEADER: wrong})
            assert answer.status_code == 403, address
        url = f"{place.console.at.console}{address.path}?{FIELD}={form_token(token)}"
        answer = await place.console.client.request(address.method, url, headers=mine)
        assert answer.status_code == 403, address
    assert await place.state() == before


async def account(place: Town, *scopes: Scope) -> str:
    async with transaction(place.console.engine) as connection:
        name = f"account {len(scopes)}"
        token = await service_accounts.add(connection, name, frozenset(scopes), "operator")
    assert token is not None
    return token


async def test_a_program_gets_in_where_its_scopes_say_so_and_nowhere_else(place: Town) -> None:
    for scopes in ((), tuple(Scope)):
        token = await account(place, *scopes)
        # A browser's cookie beside it lends a program nothing.
        await place.sign_in("operator")
        for address in CLOSED:
            headers = own_page(place.console) | {"Authorization": f"Bearer {token}"}
            headers |= {FOR_PERSON: BETA.id("administrator")}
            answer = await address.ask(place.console, headers=headers)
            allowed = address.door.scope in scopes
            let_in = got_in(answer) or answer.status_code == CONFLICT
            assert let_in is allowed, (scopes, address, answer.status_code)


async def test_a_program_gets_nothing_for_nobody_and_by_nobodys_rights_but_a_persons(
    place: Town,
) -> None:
    token = await account(place, *Scope)
    before = await place.state()
    for_people = [each for each in CLOSED if each.door.scope not in {None, Scope.STATUS_READ}]
    assert for_people
    for named in (None, "", "nobody", "\x7f", ALPHA.id("pupil-1"), ALPHA.id("administrator")):
        for address in for_people:
            headers = own_page(place.console) | {"Authorization": f"Bearer {token}"}
            if named is not None:
                headers[FOR_PERSON] = named
            answer = await address.ask(place.console, headers=headers)
            assert not foreign(answer), (named, address)
            if address.has_parameters or not named:
                assert answer.status_code in {403, 404}, (named, address)
    assert await place.state() == before


async def test_a_program_does_no_more_for_somebody_than_they_may_themselves(place: Town) -> None:
    token = await account(place, *Scope)
    for_people = [each for each in OWN if each.door.scope not in {None, Scope.STATUS_READ}]
    for who in EVERYBODY:
        if who == "operator":
            continue
        headers = own_page(place.console) | {"Authorization": f"Bearer {token}"}
        headers |= {FOR_PERSON: ALPHA.id(who)}
        for address in (each for each in for_people if who not in each.people):
            answer = await address.ask(place.console, headers=headers)
            assert answer.status_code in {403, 404}, (who, address, answer.status_code)


async def test_a_program_without_a_token_that_holds_is_told_so(place: Town) -> None:
    revoked = await account(place, *Scope)
    async with transaction(place.console.engine) as connection:
        await service_accounts.revoke(connection, f"account {len(Scope)}")
    for token in ("x", revoked, revoked.upper(), "rollcall_" + "0" * 43):
        headers = {"Authorization": f"Bearer {token}"}
        answer = await place.console.client.get(
            place.console.at.console + "/api/status", headers=headers
        )
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["status"] == 401
