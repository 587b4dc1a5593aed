"""What PostgreSQL's troubles are taken for: each class of its codes, raised by a real server."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from asyncpg.pgproto import pgproto
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from projections.database import driver, transaction
from projections.errors import StoreError, StoreMisconfigured, StoreRefused, StoreUnavailable
from projections.troubles import TABLE, Row, Trouble, trouble_of
from tests.projections.builders import engine_of

EXPECTED = {
    Trouble.REFUSED: StoreRefused,
    Trouble.PASSING: StoreUnavailable,
    Trouble.INSTALLATION: StoreMisconfigured,
    Trouble.BUG: StoreError,
}
RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(database_url) as opened:
        yield opened


async def test_each_class_of_codes_is_taken_for_what_the_table_says(engine: AsyncEngine) -> None:
    for row in TABLE:
        await _is_taken_for_what_it_says(engine, row)


async def _is_taken_for_what_it_says(engine: AsyncEngine, row: Row) -> None:
    code = row.code.ljust(5, "0")
    raising = f"DO $$ BEGIN RAISE 'no' USING ERRCODE = '{code}'; END $$"
    with pytest.raises(StoreError) as by_sqlalchemy:
        async with transaction(engine) as connection:
            await connection.execute(text(raising))
    with pytest.raises(StoreError) as by_driver:
        async with transaction(engine) as connection:
            await (await driver(connection)).execute(raising)
    assert type(by_sqlalchemy.value) is type(by_driver.value) is EXPECTED[row.trouble], code
    assert str(by_driver.value).endswith(code)


async def test_a_code_that_nobody_knows_is_a_bug(engine: AsyncEngine) -> None:
    with pytest.raises(StoreError) as raised:
        async with transaction(engine) as connection:
            await connection.execute(text("DO $$ BEGIN RAISE 'no' USING ERRCODE = 'ZZ123'; END $$"))
    assert type(raised.value) is StoreError


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (asyncpg.DataError("value out of int32 range"), Trouble.REFUSED),
        (pgproto.BufferError("end_message: message is too large"), Trouble.REFUSED),
        (asyncpg.InterfaceError("the number of query arguments is too large"), Trouble.REFUSED),
        (asyncpg.InterfaceError("connection is closed"), Trouble.PASSING),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
         Trouble.PASSING),
        (asyncpg.InterfaceError("unsupported authentication method requested by the server"),
         Trouble.INSTALLATION),
        (asyncpg.ClientConfigurationError("invalid DSN"), Trouble.INSTALLATION),
        (asyncpg.ProtocolViolationError("unsupported startup parameter: x"),
         Trouble.INSTALLATION),
        (asyncpg.InternalClientError("got result for unknown protocol state"), Trouble.PASSING),
        (ConnectionRefusedError(), Trouble.PASSING),
        (TimeoutError(), Trouble.PASSING),
        (asyncpg.InvalidCachedStatementError("outdated"), Trouble.PASSING),
        (asyncpg.FeatureNotSupportedError("no"), Trouble.BUG),
        (ValueError(), Trouble.BUG),
    ],
)  # fmt: skip
def test_an_error_without_a_code_is_taken_by_its_class(
    error: BaseException, trouble: Trouble
) -> None:
    assert trouble_of(error) is trouble


def test_a_full_queue_of_notifications_says_nothing_against_the_data() -> None:
    full = asyncpg.ProgramLimitExceededError("too many notifications in the NOTIFY queue")
    assert trouble_of(full) is Trouble.REFUSED
    full.server_source_filename = "async.c"
    assert trouble_of(full) is Trouble.PASSING


def test_the_runbook_has_the_same_table() -> None:
    said = RUNBOOK.read_text(encoding="utf-8")
    lines = {row.code: f"| `{row.code}` | {row.what} | {row.trouble.value} |" for row in TABLE}
    missing = [code for code, line in lines.items() if line not in said]
    assert missing == []
