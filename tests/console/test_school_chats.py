"""«Управление чатами»: what is listed to whom, found by what, in which order, in which words."""

import re
from dataclasses import replace

from domain.facts import EmploymentRole
from operations.school_chats import Column
from tests.console.managing import ALL, Managing, words
from tests.console.running import OPERATOR
from tests.domain import builders as make
from tests.projections.builders import ingest
from tests.staff.town import ALPHA, BETA, somebody_of_both

CLASS_7A = ALPHA.chat("class", "7a")


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
    assert await school.found(surname="👪" * 200, q="👪" * 200) == []


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
