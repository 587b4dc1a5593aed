"""«Управление чатами»: what is listed to whom, found by what, in which order, in which words."""

import random
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, product

import pytest
from sqlalchemy import event, text

from console import removals_words
from console import school_chats_words as own
from domain.chat_standings import ChatStanding, StandingGroup, group_of, standing_of_wait
from domain.facts import EmploymentRole
from domain.guard import GuardScope
from domain.obstacles import ObstacleKind
from domain.takings import TakingCause
from domain.work import ChatWait
from operations.listing import order_key
from operations.school_chats import Column
from projections.database import transaction
from tests.console.managing import ALL, Managing, words
from tests.console.running import OPERATOR, running
from tests.domain import builders as make
from tests.projections.builders import ingest
from tests.staff.town import ALPHA, BETA, somebody_of_both

MOST_STATEMENTS = 12
"""Those by which the door is opened among them."""

CLASS_7A = ALPHA.chat("class", "7a")


@pytest.fixture
async def school(town_url: str) -> AsyncIterator[Managing]:
    async with running(town_url, who=None) as console:
        made = Managing(console)
        await made.be("administrator")
        yield made


async def test_whoever_works_in_the_school_sees_all_its_chats_and_no_other(
    school: Managing,
) -> None:
    for who in ("administrator", "leader", "chemist", "staff"):
        await school.be(who)
        assert await school.titles() == ALL, who


async def test_a_row_has_what_the_guide_has(school: Managing) -> None:
    await school.nothing_held()
    assert (await school.row("alpha 7а - Ученики")).endswith(
        "alpha 7а - Ученики Класс 3 2026/2027 alpha 7а Своева leader Ивановна ✓ Сошёлся"
    )
    assert "в новой вкладке Учительская 5 — — Своева administrator Ивановна" in await school.row(
        "Учительская"
    )


async def test_chats_are_found_by_kind_title_class_and_state(school: Managing) -> None:
    await school.sql(
        "UPDATE chats SET title = 'Ёлки 10А ПОДГОТОВКА' WHERE chat_id = 'subject:alpha-chem'"
    )
    assert await school.found(kind="parents") == ["alpha 7а - Родители", "alpha 8б - Родители"]
    assert await school.found(q="  учен  7А ") == ["alpha 7а - Ученики"]
    for spelt in ("елки", "ЁЛКИ", "е\N{COMBINING DIAERESIS}лки", "10A подготовка", "\0елки"):
        assert await school.found(q=spelt) == ["Ёлки 10А ПОДГОТОВКА"], spelt
    assert await school.found(**{"class": ALPHA.id("8b")}) == [
        "alpha 8б - Родители", "alpha 8б - Ученики", "alpha phys",
    ]  # fmt: skip
    assert await school.found(state="held") == [
        *ALL[:5], "alpha phys", "Ёлки 10А ПОДГОТОВКА",
    ]  # fmt: skip
    assert await school.found(state="good") == []
    assert await school.found(q="%") == await school.found(q="_") == []
    assert "Таких чатов нет" in words(await school.page("?q=нет"))


async def test_a_surname_finds_only_chats_whose_members_one_may_see(school: Managing) -> None:
    for surname, who in (("Ёлкин", "pupil-3"), ("О'Нил", "runner")):
        await school.sql(
            "UPDATE fact_people SET surname = :surname WHERE person_id = :person",
            surname=surname,
            person=ALPHA.id(who),
        )
    pupils, runs = ["alpha 8б - Ученики", "alpha phys"], ["alpha 8б - Ученики"]
    for who, found in (
        ("administrator", (pupils, runs)),
        ("other-leader", (pupils, runs)),
        ("leader", ([], runs)),  # the runner is an administrator of that chat
        ("staff", ([], runs)),
    ):
        await school.be(who)
        assert await school.found(surname=" елки") == found[0], who
        assert await school.found(surname="о'нил") == found[1], who
    assert await school.found(surname="Чужакова") == []


async def test_a_surname_is_in_no_address_and_of_use_in_ones_own_session_alone(
    school: Managing,
) -> None:
    address = await school.find(surname="Своев", kind="class")
    assert "kind=class" in address
    assert len(await school.titles(address.removeprefix("/chats"))) == 2
    whole = (await school.console.get(address)).text
    addresses = [address, *re.findall(r'(?:href|action|hx-get)="([^"]*)"', whole)]
    assert [each for each in addresses if "воев" in each or "%D0" in each] == []
    assert 'name="surname" value="Своев"' in whole
    sorting = [each for each in addresses if "sort=" in each]
    assert len(sorting) >= len(Column) - 1
    assert all("member=" in each for each in sorting)
    await school.be("leader")
    page = await school.page(address.removeprefix("/chats"))
    assert "Фильтр по фамилии действует только в том сеансе" in words(page)
    assert len(await school.titles(address.removeprefix("/chats"))) == 2


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


SITUATIONS = {
    "UPDATE chat_sync SET due_at = clock_now()": "… Ждёт",
    "UPDATE chat_sync SET due_at = clock_now() + interval '1 hour', attempts = 1": "… Ждёт",
    "UPDATE chat_sync SET due_at = clock_now(), attempts = 3": "MAX несколько раз подряд",
    "UPDATE chat_sync SET observed_at = NULL": "… Ждёт",
    "DELETE FROM observed_members WHERE max_user_id = 1007": "Ещё не в чате 1 участник:",
    "INSERT INTO blocked_accounts SELECT chat_id, 77, 'x', clock_now(), clock_now() FROM chats":
        "+ Не все в чате Часть участников",
    """INSERT INTO setbacks SELECT chat_id, 1007, 'remove', 'dated', 'x', 9, clock_now(),
       clock_now(), clock_now() FROM chats""": "С некоторыми участниками MAX",
    "UPDATE chats SET frozen = true": "■ Закрыт",
    "UPDATE chats SET deleted = true": "… Удаляется",
    "UPDATE chat_sync SET max_chat_id = NULL": "✓ Сошёлся",
}  # fmt: skip


async def test_how_a_chat_stands_is_said_in_words(school: Managing) -> None:
    for situation, told in SITUATIONS.items():
        await school.nothing_held()
        await school.sql(situation)
        assert told in await school.row("alpha 7а - Ученики"), situation


@pytest.mark.parametrize("wait", ChatWait)
async def test_whatever_a_chat_waits_for_has_a_cause_in_russian(
    school: Managing, wait: ChatWait
) -> None:
    await school.nothing_held()
    await school.sql("UPDATE chat_sync SET waiting = :wait", wait=wait.value)
    if wait is ChatWait.HELD:
        await school.sql("UPDATE held_plans SET state = 'held'")
    standing = standing_of_wait(wait)
    row = await school.row("alpha 7а - Ученики", f"?state={group_of(standing).value}")
    assert own.GROUPS[group_of(standing)].text in row
    expected = (
        own.limit(GuardScope.CHAT) if wait is ChatWait.HELD else own.STANDINGS[standing].cause
    )
    assert expected in row


def english(told: Iterable[str]) -> list[str]:
    return [each for each in told if re.search("[A-Za-z]", each.replace("MAX", ""))]


def test_no_word_of_a_state_is_missing_or_english() -> None:
    assert set(own.GROUPS) == set(StandingGroup)
    assert set(own.STANDINGS) == set(ChatStanding)
    assert set(own.COLUMNS) == set(Column)
    told = [word.text for word in own.GROUPS.values()]
    told += [part for why in own.STANDINGS.values() for part in (why.cause, why.advice)]
    told += [own.limit(scope) for scope in GuardScope]
    told += [own.who_decides(scope) for scope in GuardScope]
    told += [removals_words.cause(each) for each in TakingCause]
    assert english(told) == []
    for standing, why in own.STANDINGS.items():
        assert why.cause or group_of(standing) is StandingGroup.GOOD, standing


async def test_what_holds_all_schools_up_is_said_above_the_list(school: Managing) -> None:
    assert "сначала читаем накопившиеся изменения реестра" in words(await school.page())
    await school.sql("UPDATE catch_up SET armed_at = NULL, watched_at = clock_now()")
    await school.sql(
        "INSERT INTO messenger_troubles VALUES ('token', clock_now(), clock_now(), '401')"
    )
    assert "MAX не принимает ключ бота." in words(await school.page())
    await school.sql("DELETE FROM messenger_troubles")
    assert "alert" not in await school.page()


def test_every_obstacle_is_said_in_russian_or_left_to_operators() -> None:
    told = {kind: own.trouble([kind]) for kind in ObstacleKind}
    assert [
        each for each in told.values() if each and re.search("[A-Za-z]", each.replace("MAX", ""))
    ] == []
    assert {kind for kind, said in told.items() if said} >= {
        ObstacleKind.GAP, ObstacleKind.READ_ONLY, ObstacleKind.CATCHING_UP,
        ObstacleKind.TOKEN_REFUSED, ObstacleKind.MESSENGER_FAILING,
    }  # fmt: skip
    assert own.trouble([]) is None
    first = own.trouble([ObstacleKind.HELD, ObstacleKind.MISSING, ObstacleKind.ADDING_OFF])
    assert first == told[ObstacleKind.MISSING]


async def test_a_link_into_a_chat_is_for_whoever_is_in_it(school: Managing) -> None:
    await school.be("leader")
    page = await school.page()
    assert re.findall(r'href="(https://max[^"]*)"', page) == [
        f"https://max.example/{chat}"
        for chat in (ALPHA.staff_room, ALPHA.chat("parents", "7a"), CLASS_7A)
    ]
    await school.sql("UPDATE chat_sync SET link = 'javascript:alert(1)'")
    assert "javascript" not in await school.page()


async def test_who_works_in_two_schools_chooses_and_a_foreign_one_is_refused(
    school: Managing,
) -> None:
    await somebody_of_both(school.console.engine)
    await school.be("both")
    assert await school.titles() == ALL
    await school.send("/school", school=BETA.school, next="/chats")
    assert (await school.titles())[1] == "beta 7а - Родители"
    assert await school.titles(f"?school={ALPHA.school}") == ALL
    await school.be("administrator")
    for query in (f"?school={BETA.school}", "?school=nowhere"):
        assert (await school.console.get(f"/chats{query}")).status_code == 403
    await school.console.sign_in(OPERATOR)
    assert "Вы не работаете ни в одной школе" in words(await school.page())
    assert (await school.titles(f"?school={BETA.school}"))[1] == "beta 7а - Родители"
    assert "Чужакова" not in await school.page(f"?school={BETA.school}")  # by ids alone


async def test_what_cannot_be_asked_is_said_and_breaks_nothing(school: Managing) -> None:
    for query in (
        "?kind=x", "?state=x", "?sort=x", "?size=7", "?page=0", "?class=%27%3B--", "?down=x",
        "?school=%00", "?chosen=../sign-in", "?q=" + "x" * 201,
    ):  # fmt: skip
        assert (await school.console.get(f"/chats{query}")).status_code == 422, query
    for query in ("?q=%00", "?q=%FF%FE", "?member=x", "?member=%00", "?class=nowhere", "?q=%25"):
        assert (await school.console.get(f"/chats{query}")).status_code == 200, query
    assert (await school.send("/chats", surname="x" * 201)).status_code == 422


HOSTILE = (
    '<img src="//evil.example/x" onerror="alert(1)">', "{{7*7}}", "=HYPERLINK(1)", "O'Нил", "Null",
    "7б \N{RIGHT-TO-LEFT OVERRIDE}илетидоР", "Ч" * 10_000, "\x1b[31m", "\r\nSet-Cookie: a=b",
    "\N{ZERO WIDTH SPACE}", "👨‍👩‍👧",
)  # fmt: skip


async def test_a_hostile_name_is_text_wherever_it_stands(school: Managing) -> None:
    for name in HOSTILE:
        await _is_text(school, name)


async def _is_text(school: Managing, name: str) -> None:
    await school.sql("UPDATE chats SET title = :name WHERE school_id = 'alpha'", name=name)
    await school.sql("UPDATE fact_classes SET name = :name", name=name)
    await school.sql(
        "UPDATE fact_people SET surname = :name, given_name = :name, patronymic = :name", name=name
    )
    await school.be("administrator")
    location = await school.find(surname=name[:200], q=name[:200])
    for path in ("/chats", location, f"/chats/{CLASS_7A}/removals", f"/chats/{CLASS_7A}/deletion"):
        answer = await school.console.get(path)
        assert answer.status_code == 200
        assert "<img" not in answer.text
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in words(answer.text).replace(name, "")
        assert "set-cookie" not in answer.headers
        assert name[:20] not in re.findall(r"<title>(.*?)</title>", answer.text, re.DOTALL)[0]
    assert "49" not in words(await school.page(location.removeprefix("/chats"))).split()


async def test_an_empty_school_says_what_comes(school: Managing) -> None:
    person = make.person("alone")
    works = make.employment("alone", EmploymentRole.STAFF, school_id="gamma")
    await ingest(school.console.engine, replace(person, surname="Одинцова"), works)
    school.token = await school.console.sign_in_as("alone")
    assert "Чатов пока нет Они появятся сами" in words(await school.page())
