"""PostgreSQL reads from a literal what was put into it, or refuses it whole."""

import asyncio

import asyncpg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from projections.database import Driver
from projections.text_arrays import array_of, text_array

_READ = f"SELECT {array_of('text', 'items')}"

# No lone surrogates: they are no UTF-8, and the contract refuses them.
_items = st.none() | st.text(
    st.characters(codec="utf-8", exclude_characters="\0")
    | st.sampled_from(["\\", '"', "{", "}", ",", " "]),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_items, max_size=8))
@example([])
@example([""])
@example(["NULL", None, "null"])
@example(['"', "\\", '\\"', "\\\\"])
def test_what_is_read_is_what_was_sent(database_url: str, items: list[str | None]) -> None:
    assert asyncio.run(_read(database_url, items)) == items


@pytest.mark.parametrize("items", [["a\0b"], ["a", "\0"], ["\0", None], ["", "\0", ""]])
def test_a_nul_never_makes_two_items_of_one(database_url: str, items: list[str | None]) -> None:
    with pytest.raises(asyncpg.CharacterNotInRepertoireError):
        asyncio.run(_read(database_url, items))


async def _read(database_url: str, items: list[str | None]) -> object:
    connection = await asyncpg.connect(database_url)
    try:
        return await Driver(connection).fetchval(_READ, items=text_array(items))
    finally:
        await connection.close()
