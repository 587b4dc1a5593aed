"""«Сводка школы»: what it counts, for whom, on paper and as a table."""

import csv
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from io import StringIO

import pytest

from console import summary_words
from console.pictures import qr
from domain.decisions import MembershipDecision
from domain.facts import EmploymentRole, Profile
from domain.ids import MaxUserId, PersonId
from operations.installation import Installation
from operations.summary import Absence
from projections.by_hand.decisions import record
from projections.database import transaction
from tests.badinput.corpus import ODD_NAMES
from tests.console.managing import Managing, words
from tests.console.running import OPERATOR, running
from tests.domain import builders as make
from tests.projections.builders import derive_all, ingest
from tests.staff.town import ALPHA, BETA, OWN, PEOPLE

CLASS_7A, PARENTS_OF_8B = ALPHA.chat("class", "7a"), ALPHA.chat("parents", "8b")
PEOPLE_OF_7A = "/summary/classes/alpha-7a"


@pytest.fixture
async def school(town_url: str) -> AsyncIterator[Managing]:
    linking = Installation(links_profiles=True)
    async with running(town_url, who=None, installation=linking) as console:
        made = Managing(console)
        await made.be("administrator")
        yield made


async def page(school: Managing, path: str = "/summary") -> str:
    answer = await school.console.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def rows(school: Managing, path: str = "/summary") -> list[str]:
    """The words of the rows of a list."""
    body = (await page(school, path)).partition("<tbody>")[2].partition("</tbody>")[0]
    return [words(row) for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)]


async def table(school: Managing, query: str = "") -> list[dict[str, str]]:
    answer = await school.console.get(f"/summary.csv{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


async def keep_out(school: Managing, who: str, chat: str, reason: str) -> None:
    """The messenger does not let somebody into one chat, in which they are not."""
    await school.sql(
        """INSERT INTO blocked_accounts (chat_id, max_user_id, reason, since, retry_at)
           SELECT :chat, max_user_id, :reason, clock_now(), clock_now()
             FROM fact_profiles WHERE person_id = :who""",
        chat=chat, reason=reason, who=ALPHA.id(who),
    )  # fmt: skip
    await school.sql(
        """DELETE FROM observed_members WHERE chat_id = :chat AND max_user_id =
           (SELECT max_user_id FROM fact_profiles WHERE person_id = :who)""",
        chat=chat, who=ALPHA.id(who),
    )  # fmt: skip


async def test_the_administrator_has_the_school_and_a_class_teacher_their_class(
    school: Managing,
) -> None:
    assert await rows(school) == [
        "Вся школа 3 2 2 2 2 ✓ 2", "alpha 7а 2 1 1 1 1 ✓ 1", "alpha 8б 1 1 ✓ 1 1 1 ✓ 1",
    ]  # fmt: skip
    assert "Сотрудники : 5, привязали 5, в чате «Учительская» 5" in words(await page(school))
    await school.be("leader")
    assert await rows(school) == ["Все ваши классы 2 1 1 1 1 ✓ 1", "alpha 7а 2 1 1 1 1 ✓ 1"]
    assert "Сотрудники" not in words(await page(school))
    for path, status in (
        ("/summary/classes/alpha-8b", 403), ("/summary/staff", 403),
        ("/summary.csv?class=alpha-8b", 403), ("/summary/print?class=alpha-8b", 403),
        ("/summary/classes/beta-7a", 404), ("/summary?school=beta", 403),
        ("/summary.csv?class=beta-7a", 404), ("/summary.csv?school=beta&class=alpha-7a", 200),
    ):  # fmt: skip
        assert (await school.console.get(path)).status_code == status, path
    assert {row["Класс"] for row in await table(school)} == {"alpha 7а"}


async def test_the_menu_leads_to_the_summary_where_it_opens(school: Managing) -> None:
    async def opens() -> bool:
        offered = 'href="/summary"' in await page(school, "/my")
        answer = await school.console.get("/summary")
        assert answer.status_code == (200 if offered else 403)
        return offered

    assert await opens()
    elsewhere = make.employment(
        ALPHA.id("administrator"), EmploymentRole.STAFF, school_id=BETA.school
    )
    await ingest(school.console.engine, elsewhere)
    for chosen, expected in ((ALPHA, True), (BETA, False)):
        await school.send("/school", school=chosen.school, next="/my")
        assert await opens() is expected, chosen
    for who, expected in (("leader", True), ("chemist", False), ("staff", False)):
        await school.be(who)
        assert await opens() is expected, who


async def test_an_operator_has_the_numbers_of_any_school_and_no_name(school: Managing) -> None:
    await school.console.sign_in(OPERATOR)
    assert "Школа не выбрана" in await page(school)
    for path in ("/summary", "/summary/staff", "/summary/print", "/summary.csv"):
        assert (await school.console.get(f"{path}?school=none")).status_code == 404, path
    assert (await rows(school, "/summary?school=beta"))[1] == "beta 7а 2 1 1 1 1 ✓ 1"
    shown = await page(school, "/summary/classes/beta-7a?school=beta")
    assert "beta-pupil-1" in shown
    for path in ("/summary/classes/beta-7a", "/summary.csv?school=beta",
                 "/summary/print?school=beta"):  # fmt: skip
        assert "Ивановна" not in await page(school, path), path
        assert "max.example" not in await page(school, path), path


async def test_each_person_has_in_how_many_chats_they_are_and_why_not_in_the_others(
    school: Managing,
) -> None:
    await keep_out(school, "pupil-1", CLASS_7A, "add.participant.privacy")
    found = await rows(school, PEOPLE_OF_7A)
    assert len(found) == 3
    assert "1 из 2 ! Аккаунт закрыт от приглашений Передайте ссылку на чат." in found[0]
    assert "Нет в чате: alpha 7а - Ученики" in found[0]
    assert "0 из 2 ○ Не привязан учебный профиль" in found[1]
    assert "Родитель Своева pupil-1 Ивановна привязан 1 из 1 ✓ В чатах" in found[2]
    for query, names in (
        ("?show=unlinked", ["pupil-2"]), ("?show=outside", ["pupil-1", "pupil-2"]),
        ("?part=parent", ["parent-1"]), ("?part=parent&show=outside", []),
    ):  # fmt: skip
        shown = await rows(school, PEOPLE_OF_7A + query)
        assert [row.split()[2] for row in shown] == names, query
    assert "Таких людей нет" in await page(school, f"{PEOPLE_OF_7A}?part=parent&show=outside")
    assert (await rows(school))[1] == "alpha 7а 2 1 0 1 1 ✓ 1"


async def test_who_waits_for_a_chat_that_needs_a_person_is_not_said_to_be_on_the_way(
    school: Managing,
) -> None:
    await school.sql("DELETE FROM observed_members WHERE chat_id = :chat", chat=CLASS_7A)
    assert "… Ждёт Изменения ещё не дошли до MAX." in (await rows(school, PEOPLE_OF_7A))[0]
    await school.sql("UPDATE chat_sync SET waiting = 'parked' WHERE chat_id = :chat", chat=CLASS_7A)
    assert "! Чату нужна помощь" in (await rows(school, PEOPLE_OF_7A))[0]


async def mix(school: Managing) -> None:
    """Who shares an account, is in two classes, out by hand, or gone; a class that is closed."""
    ids, engine = ALPHA.id, school.console.engine
    accounts = {"twin": 1900, "gone": 1901, "same": 1000 + PEOPLE.index("parent-1")}
    bonds = [("same", "pupil-2"), ("gone", "pupil-3"), ("parent-1", "pupil-3")]
    await ingest(
        engine,
        *(Profile(make.rank(), PersonId(ids(who)), MaxUserId(accounts[who])) for who in accounts),
        *(make.person(ids(who), removed=True, version=2) for who in ("chemist", "gone")),
        *(make.guardianship(ids(parent), ids(pupil)) for parent, pupil in bonds),
        make.school_class(ids("9v"), ids("leader"), OWN, closed_on=date(2026, 10, 1)),
        make.enrolment(ids("twin"), ids("7a"), school_id=OWN),
        make.enrolment(ids("late"), ids("9v"), school_id=OWN),
    )
    out = make.decision(ids("parent-3"), MembershipDecision.EXCLUDED, PARENTS_OF_8B, "out")
    async with transaction(engine) as connection:
        await record(connection, out)
    await derive_all(engine)


async def test_what_is_counted_in_a_mixed_school(school: Managing) -> None:
    await mix(school)
    await school.nothing_held()
    await keep_out(school, "parent-1", PARENTS_OF_8B, "add.participant.privacy")
    await keep_out(school, "twin", ALPHA.chat("subject", "chem"), "add.participant.privacy")
    of_8b = "alpha 8б 1 1 ✓ 1 2 2 0"
    assert await rows(school) == ["Вся школа 4 3 2 3 3 1", "alpha 7а 3 2 1 2 2 ✓ 2", of_8b]
    assert "Сотрудники : 4, привязали 4, в чате «Учительская» 4" in words(await page(school))
    assert Counter((row["Класс"], row["Кто"]) for row in await table(school)) == {
        ("alpha 7а", "Ученик"): 3, ("alpha 7а", "Родитель"): 2, ("alpha 8б", "Ученик"): 1,
        ("alpha 8б", "Родитель"): 2, ("Сотрудники", "Сотрудник"): 4,
    }  # fmt: skip
    for without in ("frozen = true", "frozen = false, deleted = true"):
        await school.sql(f"UPDATE chats SET {without} WHERE kind = 'subject'")
        assert await rows(school) == ["Вся школа 4 3 3 3 3 1", "alpha 7а 3 2 2 2 2 ✓ 2", of_8b]


async def test_a_pupil_who_was_withdrawn_and_a_class_that_closed_are_not_counted(
    school: Managing,
) -> None:
    await ingest(
        school.console.engine,
        make.withdrawal(ALPHA.id("pupil-2"), ALPHA.id("7a"), school_id=OWN),
        make.school_class(
            ALPHA.id("8b"), ALPHA.id("other-leader"), OWN, name="alpha 8б", version=2,
            closed_on=date(2026, 10, 1),
        ),
    )  # fmt: skip
    await derive_all(school.console.engine)
    assert [row.split(" ✓")[0] for row in await rows(school)] == ["Вся школа 1 1", "alpha 7а 1 1"]


async def test_the_paper_has_the_way_in_for_those_alone_whom_it_helps(school: Managing) -> None:
    await keep_out(school, "pupil-1", CLASS_7A, "add.participant.privacy")
    await keep_out(school, "pupil-3", ALPHA.chat("class", "8b"), "chat.full")
    shown = await page(school, "/summary/print")
    first, second = re.findall(r"<article.*?</article>", shown, re.DOTALL)
    assert first.count("<svg") == 2  # the page for linking, and the chat
    assert f"https://max.example/{CLASS_7A}" in first
    assert f"{school.console.at.console}/my" in first
    enter = words(first.partition("Войдите в чат")[2])
    assert "pupil-1" in enter
    assert "pupil-2" not in enter
    assert "max.example" not in second
    assert "В чате нет места" in words(second) or "в чате нет места" in words(second)
    await school.sql("UPDATE chat_sync SET link = 'javascript:alert(1)'")
    assert "javascript" not in await page(school, "/summary/print")
    await school.be("leader")
    assert (await page(school, "/summary/print")).count("<article") == 1


async def test_an_odd_name_runs_nothing_in_a_spreadsheet_and_shows_as_text(
    school: Managing,
) -> None:
    for odd in ODD_NAMES.values():
        await _is_text(school, odd)


async def _is_text(school: Managing, odd: str) -> None:
    for statement in (
        "UPDATE fact_people SET surname = :odd, given_name = :odd, patronymic = NULL",
        "UPDATE fact_schools SET name = :odd",
        "UPDATE fact_classes SET name = :odd",
        "UPDATE chats SET title = left(:odd, 200)",
    ):
        await school.sql(statement, odd=odd)
    found = await table(school)
    assert len(found) == 10
    for row in found:
        for cell in row.values():
            assert not re.match(r"\s*[=+\-@\t\r]", cell), cell
            assert not set(cell) & set("\u202e\u200b\u001b\r\n")
    assert all(odd[1:4] in row["Фамилия"] for row in found if odd.isprintable())
    for path in ("/summary", PEOPLE_OF_7A, "/summary/print"):
        shown = await page(school, path)
        assert "<img" not in shown
        assert not set(shown) & set("\u202e\u200b\u001b\r")
        assert re.findall("<title>(.*)</title>", shown)[0].endswith(" · Rollcall")


async def test_a_parent_stands_beside_every_child_in_one_order(school: Managing) -> None:
    """Two of one name are two, and every process puts them into the same order."""
    names = ["Юлия", "Саша", "Саша", "Анна", "Вера", "Борис", "Глеб"]
    for number, name in enumerate(names):
        pupil = ALPHA.id(f"ward-{number}")
        await ingest(
            school.console.engine,
            replace(make.person(pupil), surname="Своева", given_name=name),
            make.enrolment(pupil, ALPHA.id("7a"), school_id=OWN),
            make.guardianship(ALPHA.id("parent-1"), pupil),
        )
    await derive_all(school.console.engine)
    (parent,) = [row for row in await table(school) if row["Имя"] == "parent-1"]
    assert parent["Чей родитель"].split(", ") == [f"Своева {name}" for name in ["pupil-1", *names]]


def test_a_links_picture_is_made_once_for_all_who_are_shown_it() -> None:
    first, other = (f"https://max.example/{number}" for number in (1, 2))
    assert qr(first) is qr(first)
    assert qr(first) != qr(other)


def test_every_reason_has_words() -> None:
    assert all(all(summary_words.why(each)) for each in Absence)


async def test_every_obstacle_that_is_told_of_a_person_is_known_here(school: Managing) -> None:
    """A new state of ``dashboard.blocked`` must not break the page."""
    (definition,) = await school.fetch("SELECT pg_get_viewdef('dashboard.blocked'::regclass)")
    told = set(re.findall(r"(?:THEN|ELSE) '(\w+)'::text", str(definition[0])))
    assert told == {each.value for each in Absence} - {"chat", "waits", "no_chat"}
