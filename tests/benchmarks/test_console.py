"""The benchmark of the console asks for real pages of a region that is one."""

import math

import pytest

from benchmarks.console.__main__ import Load, WrongAnswer, click, console, measure
from benchmarks.console.people import BARE_PAGE, Click, cast
from benchmarks.console.region import LARGE, Size, fill
from tests.projections.builders import engine_of, fetch
from tests.servers import plain_http

SMALL = Size(pupils=150, chats=160, others=2, pupils_elsewhere=110)


async def test_every_page_is_asked_beside_the_bare_one_in_a_region_of_copies(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await fill(engine, SMALL)
        counted = await fetch(engine, "SELECT school_id, count(*) FROM chats GROUP BY 1")
        chats = {str(school): int(str(count)) for school, count in counted}
        strangers = await fetch(
            engine,
            """SELECT m.chat_id, m.person_id FROM expected_members m
                WHERE split_part(m.chat_id, '-', 2) <> split_part(m.person_id, '-', 2)""",
        )
        people = await cast(engine, 4)
    assert chats[LARGE] >= SMALL.chats
    assert len({chats[each] for each in chats if each != LARGE}) == 1
    assert len(chats) == 2 + SMALL.others
    assert strangers == []
    rows = await measure(database_url, Load(people=4, seconds=0, pause=0))
    assert {row.page for row in rows} == {each.name for who in people for each in who.clicks}
    bare = rows[0]
    assert (bare.page, bare.ratio) == (BARE_PAGE, 1)
    assert all(math.isfinite(row.p95) and row.p95 >= row.median > 0 for row in rows)


async def test_a_page_that_is_not_answered_ends_the_run(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await fill(engine, SMALL)
        someone = (await cast(engine, 1))[0]
    async with console(database_url) as site, plain_http.client() as http:
        with pytest.raises(WrongAnswer, match="404 at /chats/none"):
            await click(http, site, someone, Click("a chat", "/chats/none"))
        assert await click(http, site, someone, Click("the list", "/chats")) > 0
