"""«Добавить новый чат»: chats made by hand, by whoever may, and what becomes of them."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text

from domain.chats import ChatKind, Filling
from domain.decisions import ChatDecision
from domain.founding import Founding, Purpose, hand_chat_id
from domain.ids import ChatId, ClassId, PersonId, SchoolId
from operations.installation import Installation
from projections.by_hand.decisions import record
from projections.database import driver, transaction
from projections.derive.chat_rows import create_missing
from projections.derive.config import ChatKindsOff
from projections.staff import purposes
from tests.console.managing import Managing, words
from tests.console.running import OPERATOR, running
from tests.domain import builders as make
from tests.projections.builders import derive_all, ingest, memberships
from tests.staff.crowd import CORPUS
from tests.staff.town import ALPHA, BETA

ADD = "/chats/new/add"
AT = datetime(2026, 11, 1, tzinfo=UTC)
TWINS = {
    "class": ALPHA.chat("class", "7a"),
    "parents": ALPHA.chat("parents", "7a"),
    "subject": ALPHA.chat("subject", "chem"),
    "staff_room": ALPHA.staff_room,
}


@pytest.fixture
async def school(town_url: str) -> AsyncIterator[Managing]:
    async with running(town_url, who=None) as console:
        made = Managing(console)
        await made.nothing_held()
        await made.sql("DELETE FROM decisions WHERE subject = 'title'")  # which derive would act on
        yield made


def form(kind: str, /, **fields: str) -> dict[str, str]:
    """The form for class 7а, and for its chemistry, as the page bears it."""
    group = ALPHA.id("chem") if kind == "subject" else ""
    of_class = "" if kind == "staff_room" else ALPHA.id("7a")
    return {
        "act_id": str(uuid4()),
        "kind": kind,
        "class_of": of_class,
        "group": group,
        "filling": "chosen",
        "title": "Поход",
        "shown_for": f"alpha {kind} {of_class or '-'} {group or '-'}",
        "known": TWINS[kind],
    } | fields


def made_by(who: str, sent: dict[str, str]) -> str:
    """The id of the chat that this form of theirs makes."""
    return hand_chat_id(UUID(sent["act_id"]), PersonId(ALPHA.id(who)))


async def add(managing: Managing, kind: str, /, **fields: str) -> httpx2.Response:
    return await managing.send(ADD, **form(kind, **fields))


CHATS = "SELECT chat_id FROM chats WHERE origin = 'hand'"


@pytest.mark.parametrize("filling", ["rule", "chosen"])
@pytest.mark.parametrize("kind", [kind.value for kind in ChatKind])
async def test_the_administrator_makes_a_chat_of_any_kind_with_anybody_of_the_school(
    school: Managing, kind: str, filling: str
) -> None:
    await school.be("administrator")
    people = [ALPHA.id("pupil-3"), ALPHA.id("parent-1")]
    sent = form(kind, filling=filling, also=" ".join(people))
    answer = await school.send(ADD, **sent)
    chat = made_by("administrator", sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/chats/{chat}?made=1")
    page = words((await school.console.get(f"/chats/{chat}?made=1")).text)
    assert "Чат добавлен. В MAX он появится" in page
    assert "У чата нет администратора" not in page  # who made it is just being put in
    assert "оснований нет" not in page
    await derive_all(school.console.engine)
    found = await memberships(school.console.engine)
    chief = {ALPHA.id("administrator"): "administrator"}
    if filling == "rule":
        assert found[chat] == found[TWINS[kind]] | chief
    else:
        assert found[chat] == dict.fromkeys(people, "member") | chief
    row = await school.row("Поход")
    assert "Создан вручную" in row
    assert "Своева administrator" in row


OTHER_CLASS = {
    "class_of": ALPHA.id("8b"),
    "group": ALPHA.id("phys"),
    "known": " ".join(ALPHA.chat(kind, "8b") for kind in ("class", "parents"))
    + f" {ALPHA.chat('subject', 'phys')}",
}
THEIRS = {
    ("administrator", kind, of) for kind in TWINS for of in ("7a", "8b")
} | {("leader", kind, "7a") for kind in ("class", "parents", "subject")} | {
    ("chemist", "subject", "7a")
}  # fmt: skip


@pytest.mark.parametrize("kind", TWINS)
@pytest.mark.parametrize("of", ["7a", "8b"])
async def test_each_role_makes_what_the_guide_lets_it_make_and_nothing_else(
    school: Managing, kind: str, of: str
) -> None:
    for who in ("administrator", "leader", "chemist", "staff", "parent-1", "pupil-1"):
        await school.be(who)
        fields = form(kind, filling="rule")
        if of == "8b" and kind != "staff_room":
            fields |= OTHER_CLASS | {
                "shown_for": f"alpha {kind} {ALPHA.id('8b')} "
                + (ALPHA.id("phys") if kind == "subject" else "-")
            }
        before = await school.fetch("SELECT count(*) FROM decisions")
        answer = await school.send(ADD, **fields)
        if (who, kind, of) in THEIRS:
            assert answer.status_code == 303, who
            await school.sql("UPDATE chats SET deleted = true WHERE origin = 'hand'")
        else:
            assert answer.status_code in {403, 409}, who
            assert await school.fetch("SELECT count(*) FROM decisions") == before, who


async def test_nobody_makes_a_chat_of_another_school_or_puts_its_people_in(
    school: Managing,
) -> None:
    await school.be("administrator")
    foreign = {"school": "beta", "class_of": BETA.id("7a"), "group": BETA.id("chem")}
    for kind in TWINS:
        answer = await add(school, kind, **foreign)
        assert answer.status_code == 403
        mixed = foreign | {"school": "alpha"}
        shown = f"alpha {kind} {BETA.id('7a')} {BETA.id('chem') if kind == 'subject' else '-'}"
        if kind != "staff_room":
            assert (await add(school, kind, **mixed, shown_for=shown)).status_code == 409
    assert await school.fetch(CHATS) == []
    sent = form("class", also=f"{BETA.id('pupil-1')} {ALPHA.id('pupil-1')}")
    assert (await school.send(ADD, **sent)).status_code == 303
    await derive_all(school.console.engine)
    chat = made_by("administrator", sent)
    found = await memberships(school.console.engine)
    assert set(found[chat]) == {ALPHA.id("administrator"), ALPHA.id("pupil-1")}
    token = await school.console.sign_in(OPERATOR)
    school.token = token
    assert (await add(school, "class", school="alpha")).status_code == 403


async def test_a_subject_teacher_chooses_only_pupils_who_learn_with_them(
    school: Managing,
) -> None:
    await school.be("chemist")
    page = await school.send("/chats/new", **form("subject", class_id=""))
    assert "pupil-1" in page.text
    for other in ("pupil-3", "parent-1", "leader"):
        assert other not in page.text
    others = " ".join(ALPHA.id(each) for each in ("pupil-3", "parent-1", "leader", "pupil-1"))
    sent = form("subject", also=others)
    assert (await school.send(ADD, **sent)).status_code == 303
    await derive_all(school.console.engine)
    assert (await memberships(school.console.engine))[made_by("chemist", sent)] == {
        ALPHA.id("chemist"): "administrator",
        ALPHA.id("pupil-1"): "member",
    }


async def test_a_second_chat_names_the_first_and_is_made_only_by_who_was_told(
    school: Managing,
) -> None:
    await school.be("leader")
    answer = await add(school, "class", known="")
    assert answer.status_code == 409
    page = words(answer.text)
    assert "Чат не добавлен." in page
    assert "У класса alpha 7а уже есть чат: alpha 7а - Ученики , создан автоматически" in page
    assert await school.fetch(CHATS) == []
    assert (await add(school, "class")).status_code == 303
    # Of the one that was made meanwhile they have not been told either.
    await school.be("administrator")
    answer = await add(school, "class", title="Ещё один")
    assert answer.status_code == 409
    assert "Поход , создан вручную: Своева leader Ивановна" in words(answer.text)
    known = re.findall(r'name="known"[^>]*value="([^"]*)"', answer.text)
    answer = await add(school, "class", title="Ещё один", known=known[0])
    assert answer.status_code == 303
    assert len(await school.fetch(CHATS)) == 2


async def test_two_who_make_a_chat_for_the_same_at_once_are_not_both_untold(
    school: Managing,
) -> None:
    await school.be("leader")
    purpose = Purpose(SchoolId("alpha"), ChatKind.CLASS, ClassId(ALPHA.id("7a")))
    async with transaction(school.console.engine) as connection:
        await purposes.lock(connection, purpose)
        sending = asyncio.create_task(add(school, "class"))
        waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                     " AND database = (SELECT oid FROM pg_database"
                     " WHERE datname = current_database())")  # fmt: skip
        while not sending.done() and not (await connection.execute(waits)).scalar_one():
            await asyncio.wait({sending}, timeout=0.01)
        chat = ChatId("hand:first")
        founding = Founding(purpose, Filling.RULE, "Первый")
        await record(connection, ChatDecision("first", chat, "somebody", AT, founding))
        await create_missing(await driver(connection), [chat], ChatKindsOff())
    answer = await sending
    assert answer.status_code == 409
    assert "Первый" in words(answer.text)
    assert await school.fetch(CHATS) == [("hand:first",)]


async def test_a_form_that_is_sent_twice_makes_one_chat(school: Managing) -> None:
    await school.be("leader")
    sent = form("class")
    first, second = await school.send(ADD, **sent), await school.send(ADD, **sent)
    assert first.headers["location"] == second.headers["location"]
    assert len(await school.fetch(CHATS)) == 1
    # Another's form with the same number is another act.
    await school.be("administrator")
    answer = await school.send(
        ADD, **sent | {"known": f"{sent['known']} {made_by('leader', sent)}"}
    )
    assert answer.headers["location"] != first.headers["location"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": " "}, "Введите наименование чата."),
        ({"title": "я" * 201}, "Наименование длиннее 200 знаков."),
        ({"title": "а\u202eб"}, "В наименовании есть невидимые знаки."),
        ({"class_of": "nothing", "shown_for": "alpha class - -"}, "Выберите класс."),
        ({"shown_for": "alpha parents alpha-7a -"}, "Тип чата, класс или предмет изменились."),
        ({"everybody": "1", "seen": "0" * 32}, "подошли другие люди"),
    ],
)
async def test_what_is_not_right_is_said_and_nothing_is_made(
    school: Managing, fields: dict[str, str], said: str
) -> None:
    await school.be("administrator")
    answer = await add(school, "class", **fields)
    assert answer.status_code == 409
    assert said in words(answer.text)
    assert await school.fetch(CHATS) == []
    assert "Поход" in answer.text or "title" in fields or "class_of" in fields


async def test_who_made_a_chat_deletes_it_with_the_word_and_it_stays_deleted(
    school: Managing,
) -> None:
    await school.be("leader")
    sent = form("class", filling="rule")
    await school.send(ADD, **sent)
    chat = made_by("leader", sent)
    await derive_all(school.console.engine)
    deletion = f"/chats/{chat}/deletion"
    await school.be("chemist")
    assert (await school.send(deletion, confirmation="удалить")).status_code == 403
    await school.be("leader")
    assert f'value="{chat}"' in await school.page()  # can be chosen, and no other
    assert f'value="{TWINS["class"]}"' not in await school.page()
    assert (await school.send(deletion, confirmation="да")).status_code == 422
    assert (await school.send(deletion, confirmation="удалить")).status_code == 303
    await derive_all(school.console.engine)
    assert await school.fetch(f"SELECT deleted FROM chats WHERE chat_id = '{chat}'") == [(True,)]
    author = f"SELECT author FROM decisions WHERE chat_id = '{chat}' AND subject = 'deleted'"
    assert await school.fetch(author) == [(ALPHA.id("leader"),)]
    await ingest(school.console.engine, make.enrolment(ALPHA.id("new"), ALPHA.id("7a"),
                                                       school_id="alpha"))  # fmt: skip
    await derive_all(school.console.engine)
    assert await school.fetch(f"SELECT deleted FROM chats WHERE chat_id = '{chat}'") == [(True,)]
    # What was deleted is no reason for a warning.
    assert (await add(school, "class")).status_code == 303


async def test_who_does_not_work_there_any_more_is_in_no_chat_that_they_made(
    school: Managing,
) -> None:
    await school.be("chemist")
    sent = form("subject", also=ALPHA.id("pupil-1"))
    await school.send(ADD, **sent)
    await derive_all(school.console.engine)
    chat = made_by("chemist", sent)
    await ingest(school.console.engine, make.employment(ALPHA.id("chemist"), school_id="alpha",
                                                        ended=True, version=2))  # fmt: skip
    await derive_all(school.console.engine)
    assert (await memberships(school.console.engine))[chat] == {ALPHA.id("pupil-1"): "member"}
    answer = await school.send(f"/chats/{chat}/deletion", confirmation="удалить")
    assert answer.status_code == 403
    await school.be("administrator")
    assert "У чата нет администратора" in words((await school.console.get(f"/chats/{chat}")).text)
    answer = await school.send(f"/chats/{chat}/deletion", confirmation="удалить")
    assert answer.status_code == 303


async def test_a_class_is_offered_until_the_day_on_which_it_closes(school: Managing) -> None:
    """To make a chat for, and to choose people by: a class that is closing has people still."""
    await school.be("administrator")
    ends = {"7a": date(2100, 5, 31), "8b": date(2026, 10, 1)}
    await ingest(
        school.console.engine,
        *(make.school_class(ALPHA.id(each), ALPHA.id("leader"), "alpha", on, f"alpha {each}", 2)
          for each, on in ends.items()),
    )  # fmt: skip
    pages = [
        await school.send("/chats/new", **form("class", shown_for="")),
        await school.console.get(f"/chats/{TWINS['class']}/people"),
    ]
    for page in pages:
        assert page.status_code == 200
        offered = page.text.partition('id="class_id"')[2].partition("</select>")[0]
        assert re.findall(r'value="([^"]+)"', offered) == [ALPHA.id("7a")], page.url
    # The first one looks among the people of the class itself.
    assert f'value="{ALPHA.id("7a")}" selected' in pages[0].text.partition('id="class_id"')[2]


async def test_a_class_of_any_name_is_offered_as_text_and_its_title_can_be_taken(
    school: Managing,
) -> None:
    await school.be("leader")
    names = {ALPHA.id(f"odd-{number}"): name for number, name in enumerate(CORPUS)}
    await ingest(
        school.console.engine,
        *(make.school_class(each, ALPHA.id("leader"), "alpha", name=name)
          for each, name in names.items()),
    )  # fmt: skip
    for each, name in names.items():
        sent = form("class", class_of=each, shown_for=f"alpha class {each} -", known="")
        page = (await school.send("/chats/new", **sent | {"title": ""})).text
        assert "<img" not in page, name
        assert not set(page) & {"\u202e", "\x1b", "\u200b"}, name
        assert "49" not in re.findall(r"<option[^>]*>([^<]*)</option>", page)
        (title,) = re.findall(r'id="title"[^>]*? value="([^"]*)"', page)
        assert re.search(r"<title>Добавить новый чат", page)
        answer = await school.send(ADD, **sent | {"title": html.unescape(title)})
        assert answer.status_code == 303, name


async def test_only_who_makes_chats_is_offered_to(school: Managing) -> None:
    for who, offered in {"administrator": True, "leader": True, "chemist": True,
                         "staff": False}.items():  # fmt: skip
        await school.be(who)
        assert ('href="/chats/new"' in await school.page()) is offered, who


async def test_where_the_module_is_off_no_chat_is_made_and_where_a_kind_is_one_is(
    town_url: str,
) -> None:
    for off, status in ((frozenset(ChatKind), 200), (frozenset({ChatKind.CLASS}), 303)):
        installation = Installation(kinds_off=ChatKindsOff(off))
        async with running(town_url, who=None, installation=installation) as console:
            school = Managing(console)
            await school.be("administrator")
            answer = await add(school, "class")
            assert answer.status_code == status
            assert len(await school.fetch(CHATS)) == (status == 303)
