"""Sessions and service accounts: they end as promised, and no token is kept."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actors import OperatorRole
from domain.ids import PersonId, SchoolId
from domain.rights import Scope
from projections.database import transaction
from projections.staff import service_accounts, sessions
from projections.staff.sessions import Identified, Lifetimes, Session
from tests.projections.builders import engine_of, fetch

TEACHER = Identified("sub-1", "openid", PersonId("teacher"), None)
LIFETIMES = Lifetimes(idle_seconds=3600, whole_seconds=12 * 3600)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(database_url) as made:
        yield made


async def signed_in(engine: AsyncEngine, who: Identified = TEACHER) -> str:
    async with transaction(engine) as connection:
        return await sessions.begin(connection, who, LIFETIMES)


async def look(url: str, token: str, later: str, *, used: bool = True) -> Session | None:
    """What a token is worth so much later."""
    async with engine_of(url, later) as engine, transaction(engine) as connection:
        return await sessions.find(connection, token, LIFETIMES, used=used)


async def test_a_session_tells_who_signed_in(engine: AsyncEngine, database_url: str) -> None:
    for who in (TEACHER, Identified("sub-2", "openid", None, OperatorRole.NAMES)):
        assert await look(database_url, await signed_in(engine, who), "0") == Session(who, None)


async def test_a_session_that_nobody_uses_ends_after_an_hour(
    engine: AsyncEngine, database_url: str
) -> None:
    token = await signed_in(engine)
    assert await look(database_url, token, "59 minutes", used=False) is not None
    assert await look(database_url, token, "61 minutes") is None


async def test_who_uses_a_session_keeps_it_but_not_past_its_end(
    engine: AsyncEngine, database_url: str
) -> None:
    token = await signed_in(engine)
    for minutes in range(50, 12 * 60, 50):
        assert await look(database_url, token, f"{minutes} minutes") is not None, minutes
    assert await look(database_url, token, "721 minutes") is None


async def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(
    engine: AsyncEngine, database_url: str
) -> None:
    token = await signed_in(engine)
    for minutes in (20, 40, 59):
        assert await look(database_url, token, f"{minutes} minutes", used=False) is not None
    assert await look(database_url, token, "61 minutes") is None


async def test_a_session_of_a_clock_that_ran_ahead_is_none(database_url: str) -> None:
    async with engine_of(database_url, "2 hours") as ahead:
        token = await signed_in(ahead)
    assert await look(database_url, token, "0") is None


async def test_a_revoked_session_is_over_at_once(engine: AsyncEngine, database_url: str) -> None:
    first, second = await signed_in(engine), await signed_in(engine)
    other = await signed_in(engine, Identified("sub-2", "openid", PersonId("other")))
    async with transaction(engine) as connection:
        assert await sessions.revoke(connection, "teacher") == 2
        assert len(await sessions.listing(connection, 10)) == 1
    assert await look(database_url, first, "0") is None
    assert await look(database_url, second, "0") is None
    assert await look(database_url, other, "0") is not None
    async with transaction(engine) as connection:
        assert await sessions.revoke(connection, None) == 1


async def test_who_signs_in_again_gets_another_session_and_the_one_before_ends(
    engine: AsyncEngine, database_url: str
) -> None:
    first = await signed_in(engine)
    async with transaction(engine) as connection:
        second = await sessions.begin(connection, TEACHER, LIFETIMES, instead_of=first)
    assert second != first
    assert await look(database_url, first, "0") is None
    assert await look(database_url, second, "0") is not None


async def test_the_tables_hold_no_token(engine: AsyncEngine) -> None:
    token = await signed_in(engine)
    async with transaction(engine) as connection:
        given = await service_accounts.add(connection, "sgo", frozenset(Scope), "operator")
    assert given is not None
    for table in ("sessions", "service_accounts"):
        ((shown,),) = await fetch(engine, f"SELECT t::text FROM {table} t")
        assert token not in str(shown)
        assert given not in str(shown)


async def test_sessions_that_are_long_over_are_forgotten(
    engine: AsyncEngine, database_url: str
) -> None:
    await signed_in(engine)
    async with engine_of(database_url, "40 days") as later:
        await signed_in(later)
    assert await fetch(engine, "SELECT count(*) FROM sessions") == [(1,)]


async def test_the_chosen_school_is_kept_with_the_session(
    engine: AsyncEngine, database_url: str
) -> None:
    token = await signed_in(engine)
    async with transaction(engine) as connection:
        await sessions.choose_school(connection, token, SchoolId("alpha"))
    found = await look(database_url, token, "0")
    assert found is not None
    assert found.school_id == "alpha"


@pytest.mark.parametrize("token", ["", "x", "\x00", "ё" * 500, "\udcff", "a" * 100_000])
async def test_a_token_that_cannot_be_is_nobodys(engine: AsyncEngine, token: str) -> None:
    await signed_in(engine)
    async with transaction(engine) as connection:
        assert await sessions.find(connection, token, LIFETIMES) is None
        assert await service_accounts.find(connection, token) is None


async def test_a_service_account_has_its_scopes_until_it_is_revoked(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        token = await service_accounts.add(connection, "sgo", frozenset(Scope), "operator")
        assert token is not None
        assert await service_accounts.add(connection, "sgo", frozenset(), "operator") is None
        await connection.execute(
            text("UPDATE service_accounts SET scopes = scopes || ARRAY['of tomorrow']")
        )
        found = await service_accounts.find(connection, token)
        assert found == service_accounts.ServiceAccount("sgo", frozenset(Scope))
        assert await service_accounts.revoke(connection, "sgo")
        assert not await service_accounts.revoke(connection, "sgo")
        assert await service_accounts.find(connection, token) is None
        (listed,) = await service_accounts.listing(connection)
        assert listed.revoked_at is not None
