"""The driver names parameters as the rest does, and sends nothing that lacks one."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from projections.database import Driver


class Recording:
    """asyncpg's connection, and what it was asked."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.asked: list[str] = []

    async def execute(self, query: str, *args: object) -> str:
        self.asked.append(query)
        return str(await self._connection.execute(query, *args))

    async def fetch(self, query: str, *args: object) -> list[asyncpg.Record]:
        self.asked.append(query)
        return list(await self._connection.fetch(query, *args))

    async def fetchrow(self, query: str, *args: object) -> asyncpg.Record | None:
        self.asked.append(query)
        return await self._connection.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: object) -> object:
        self.asked.append(query)
        return await self._connection.fetchval(query, *args)

    async def copy_records_to_table(self, table_name: str, **what: object) -> str:
        return str(await self._connection.copy_records_to_table(table_name, **what))


@pytest.fixture
async def raw(database_url: str) -> AsyncIterator[Recording]:
    connection = await asyncpg.connect(database_url)
    try:
        yield Recording(connection)
    finally:
        await connection.close()


async def test_what_is_named_is_what_asyncpg_is_given_in_its_order(raw: Recording) -> None:
    named, counted = Driver(raw), raw
    chats = ["class:1", "x'y", ":lane", "$1", "%s", "ё"]
    assert await named.fetch(
        "SELECT * FROM unnest(CAST(:chats AS text[]), CAST(:lanes AS int[]))",
        lanes=[1, 2],
        chats=chats,
    ) == await counted.fetch("SELECT * FROM unnest($1::text[], $2::int[])", chats, [1, 2])
    row = await named.fetchrow("SELECT CAST(:type AS text) AS type, 1 AS at", type="school")
    assert row is not None
    assert (row["type"], row["at"]) == ("school", 1)
    assert raw.asked[0].count("$1") == raw.asked[0].count("$2") == 1


async def test_values_go_where_their_names_stand(raw: Recording) -> None:
    query = "SELECT ARRAY[CAST(:second AS int), CAST(:first AS int), CAST(:third AS int)]"
    assert await Driver(raw).fetchval(query, first=1, third=3, second=2) == [2, 1, 3]


async def test_a_name_may_come_twice_and_be_called_as_anything(raw: Recording) -> None:
    driver = Driver(raw)
    assert await driver.fetchval("SELECT CAST(:n AS int) * CAST(:n AS int) - 1", n=7) == 48
    same = "SELECT CAST(:query AS int) + CAST(:self AS int) + CAST(:values AS int)"
    assert await driver.fetchval(same, query=1, self=2, values=4) == 7


async def test_many_rows_are_written_and_counted(raw: Recording) -> None:
    driver = Driver(raw)
    # Several statements at once go where there is no parameter.
    await driver.execute("CREATE TEMP TABLE kept (id text, place int); CREATE TEMP TABLE more ()")
    await driver.copy_records_to_table(
        "kept", records=[("a", 1), ("b", 2)], columns=("id", "place")
    )
    assert await driver.execute("DELETE FROM kept WHERE place >= :least", least=1) == "DELETE 2"


async def test_a_colon_is_no_parameter_where_no_name_is(raw: Recording) -> None:
    row = await Driver(raw).fetchrow(
        """SELECT '10:30' AS clock, '{"lane": 1}'::jsonb ? 'lane' AS asked, 7 % 4 AS rest,
                  '100%s' AS share, (ARRAY[1, 2, 3])[1:2] AS part, '\\:id' AS escaped,
                  CAST(:lane AS text)::int AS lane""",
        lane="3",
    )
    assert row is not None
    assert row[:] == ("10:30", True, 3, "100%s", [1, 2], ":id", 3)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"lane": 1}, "missing ['chat'], unknown []"),
        ({}, "missing ['chat', 'lane'], unknown []"),
        ({"chat": "c", "lane": 1, "now": 2}, "missing [], unknown ['now']"),
        ({"chat": "c", "lanes": 1}, "missing ['lane'], unknown ['lanes']"),
    ],
)
async def test_other_names_than_the_statements_are_refused_unsent(
    raw: Recording, values: dict[str, object], why: str
) -> None:
    driver = Driver(raw)
    query = "SELECT CAST(:chat AS text), CAST(:lane AS int)"
    for ask in (driver.execute, driver.fetch, driver.fetchrow, driver.fetchval):
        with pytest.raises(TypeError) as refused:
            await ask(query, **values)
        assert why in str(refused.value)
    with pytest.raises(TypeError):
        await driver.fetchval("SELECT 1", lane=1)
    assert raw.asked == []
