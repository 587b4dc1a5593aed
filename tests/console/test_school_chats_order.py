"""«Управление чатами»: the order of the list, its pages, and what each costs."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, product

from sqlalchemy import event, text

from operations.listing import order_key
from operations.school_chats import Column
from projections.database import transaction
from tests.console.managing import ALL, Managing

MOST_STATEMENTS = 13
"""Those by which the door is opened among them."""


def _numbered(titles: list[str], seed: int) -> list[str]:
    shuffled = list(titles)
    random.Random(seed).shuffle(shuffled)
    return shuffled


async def test_titles_stand_in_russian_order(school: Managing, seed: int) -> None:
    titles = [
        "1а", "2а", "10а", "9а - Алгебра", "9а - Ёлочки", "9а - Ежи", "9б", "Хор", "ёж", "Еда",
        "жук", "0009в", "99999999999999999999а",
    ]  # fmt: skip
    async with transaction(school.console.engine) as connection:
        found = await connection.execute(
            text("SELECT t FROM unnest(CAST(:all AS text[])) t ORDER BY staff.sort_key(t)"),
            {"all": _numbered(titles, seed)},
        )
        assert [row[0] for row in found] == sorted(titles, key=order_key)


async def test_every_column_sorts_both_ways_and_every_chat_is_on_one_page(
    school: Managing,
) -> None:
    await school.sql("UPDATE held_plans SET state = 'superseded' WHERE chat_id LIKE 'class:%'")
    for number in range(16):
        await school.sql(
            """INSERT INTO chats (chat_id, kind, school_id, class_id, title)
               VALUES ('hand:' || :number, 'subject', 'alpha', 'alpha-8b', 'Кружок ' || :number)""",
            number=str(number),
        )
    for column, down in product(Column, ("", "&down=1")):
        query = f"?sort={column.value}{down}&size=10"
        pages = [await school.titles(f"{query}&page={number}") for number in (1, 2, 3)]
        assert [len(page) for page in pages] == [10, 10, 3]
        assert sorted(chain.from_iterable(pages)) == sorted(
            [*ALL, *(f"Кружок {n}" for n in range(16))]
        )
        assert await school.titles(f"{query}&page=1000000000") == pages[2]
        page = await school.page(query)
        direction = "descending" if down else "ascending"
        assert re.findall(r'aria-sort="(\w+ending)"><a id="sort-(\w+)"', page) == [
            (direction, column.value)
        ]
        assert page.count('aria-sort="none"') == len(Column) - 1


async def test_columns_sort_by_what_they_show(school: Managing) -> None:
    await school.sql("UPDATE fact_people SET surname = 'Яшин' WHERE person_id = 'alpha-leader'")
    await school.sql(
        "UPDATE fact_classes SET school_year = '2025/2026' WHERE class_id = 'alpha-8b'"
    )
    assert (await school.titles("?sort=kind"))[0] == "Учительская"
    assert (await school.titles("?sort=kind&down=1"))[-1] == "Учительская"
    members = [int(n) for n in re.findall(
        r'"Кол-во участников">(\d+)<', await school.page("?sort=members&down=1"))]  # fmt: skip
    assert members == sorted(members, reverse=True) != sorted(members)
    assert (await school.titles("?sort=year"))[:3] == [
        "alpha 8б - Родители", "alpha 8б - Ученики", "alpha phys"]  # fmt: skip
    for down in ("", "&down=1"):
        assert (await school.titles(f"?sort=class{down}"))[-1] == "Учительская"  # has none
    by_name = await school.titles("?sort=administrator&down=1")
    assert set(by_name[:2]) == {"alpha 7а - Родители", "alpha 7а - Ученики"}
    # Of two who lead a chat the first by name counts.
    await school.sql("UPDATE fact_people SET surname = 'Аббасов' WHERE person_id = 'alpha-runner'")
    await school.sql(
        "UPDATE fact_people SET surname = 'Яшин' WHERE person_id = 'alpha-other-leader'"
    )
    assert (await school.titles("?sort=administrator"))[0] == "alpha 8б - Ученики"
    await school.sql(
        "UPDATE held_plans SET state = 'superseded' WHERE chat_id <> 'subject:alpha-phys'"
    )
    assert (await school.titles("?sort=state"))[0] == "alpha phys"


@contextmanager
def counted(school: Managing) -> Iterator[list[str]]:
    """The statements that the console asks meanwhile."""
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    engine = school.console.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_a_page_needs_as_few_statements_for_many_chats_as_for_one(school: Managing) -> None:
    with counted(school) as few:
        assert await school.titles("?q=chem") == ["alpha chem"]
    with counted(school) as many:
        assert sorted(await school.titles("?sort=administrator&state=held")) == sorted(ALL)
    assert len(few) == len(many) <= MOST_STATEMENTS
