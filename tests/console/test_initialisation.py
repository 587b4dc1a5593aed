"""«Инициализировать список чатов» over HTTP: the choice, what it comes to, what became of it."""

import re

import httpx2

from domain.decisions import MembershipDecision
from projections.by_hand import decisions
from projections.database import transaction
from tests.console.managing import Managing, words
from tests.console.running import OPERATOR
from tests.domain import builders as make
from tests.projections.builders import derive_all, ingest
from tests.reconcile.bench import open_gate
from tests.staff.town import ALPHA, BETA

PATH = f"/initialisation/{ALPHA.school}"
CLASSES = "?kind=class&kind=parents&hand="
CHAT = ALPHA.chat("class", "7a")
HOSTILE = (
    "O'Нил", "Null", '<img src="//evil.example/x" onerror="alert(1)">', "=HYPERLINK(1)",
    "{{7*7}}", "а\N{RIGHT-TO-LEFT OVERRIDE}бв", "Ё" * 200, "\N{ZERO WIDTH SPACE}",
    "\x1b[31mкрасный", "е\u0308ж",
)  # fmt: skip


async def ready(school: Managing) -> None:
    """Every chat known and in step, and somebody of the staff in 7а by hand."""
    await school.nothing_held()
    for table in ("intents", "drift", "kept_accounts", "stale_entities"):
        await school.sql(f"DELETE FROM {table}")
    engine = school.console.engine
    async with transaction(engine) as connection:
        added = make.decision(ALPHA.id("staff"), MembershipDecision.ADDED, CHAT, "added")
        await decisions.record(connection, added)
    await derive_all(engine)
    await school.nothing_held()
    await open_gate(engine)
    await school.sql("UPDATE chat_sync SET observed_title = c.title FROM chats c"
                     " WHERE c.chat_id = chat_sync.chat_id")  # fmt: skip


async def page(school: Managing, query: str = "") -> str:
    answer = await school.console.get(PATH + query)
    assert answer.status_code == 200, answer.text
    return answer.text


def the_hash(text: str) -> str:
    (found,) = re.findall(r'name="plan" value="([0-9a-f]{64})"', text)
    return str(found)


async def begin(
    school: Managing, plan: str, hand: str = "keep", *kinds: str, path: str = PATH
) -> httpx2.Response:
    asked = {"kind": list(kinds or ("class", "parents")), "hand": hand, "plan": plan}
    return await school.send(path, **asked)  # type: ignore[arg-type] # httpx takes lists too


async def looked_at(school: Managing) -> None:
    """As if every chat were derived and looked at."""
    await derive_all(school.console.engine)
    await school.sql(
        """UPDATE chat_sync SET due_at = NULL, attempts = 0, waiting = NULL,
                  observed_at = clock_now()"""
    )


async def test_the_way_begins_in_the_list_of_whoever_may_and_nobody_elses(
    school: Managing,
) -> None:
    link = f'href="{PATH}">Инициализировать список чатов</a>'
    assert link in await school.page()
    for who in ("leader", "chemist", "staff"):
        await school.be(who)
        assert "Инициализировать" not in await school.page()
    await school.console.sign_in(OPERATOR)
    assert link in await school.page(f"?school={ALPHA.school}")


async def test_from_the_choice_to_the_result(school: Managing) -> None:
    await ready(school)
    choice = await page(school)
    kinds = re.findall(r'name="kind" value="(\w+)" checked', choice)
    assert kinds == ["staff_room", "class", "parents", "subject"]
    assert 'value="keep" checked' in choice
    plan = await page(school, CLASSES + "drop")
    assert "Уйдут ! 2 участника" in words(plan).replace("! Уйдут", "Уйдут !")
    assert "были добавлены вручную Своева staff Ивановна" in words(plan)
    assert "Своева" not in re.sub(r"<main.*</main>", "", plan, flags=re.DOTALL).replace(
        "Своева administrator Ивановна", ""
    )
    answer = await begin(school, the_hash(plan), "drop")
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)

    assert "Идёт инициализация списка чатов" in await school.page()
    under_way = await page(school)
    told = words(under_way)
    assert "Инициализация идёт Своева administrator Ивановна" in told
    assert "Класс, Родители. Добавленные вручную: убраны (2 участника). Готово 0 из 4." in told
    assert 'hx-trigger="every 2s"' in under_way
    assert "Продолжить" not in told
    await looked_at(school)
    await school.sql("UPDATE chat_sync SET waiting = 'parked' WHERE chat_id = :chat", chat=CHAT)
    over = await page(school)
    told = words(over)
    assert "hx-trigger" not in over.split("<main")[1]
    assert "4 чата, из них создано 0. Сошлись 3." in told
    assert "Нужна помощь 1 чат. В MAX бот больше не администратор этого чата. Откройте" in told
    # Once that is mended nothing is said of it any more.
    await school.sql("UPDATE chat_sync SET waiting = NULL")
    assert "Не всё получилось" not in words(await page(school))


async def test_what_holds_it_up_is_said_while_it_is_under_way(school: Managing) -> None:
    await ready(school)
    await begin(school, the_hash(await page(school, CLASSES + "keep")))
    await school.sql("UPDATE catch_up SET armed_at = clock_now(), reason = 'a replay'")
    assert "Чаты пока не меняются: сначала читаем" in words(await page(school))


async def test_nothing_begins_but_what_was_shown(school: Managing) -> None:
    await ready(school)
    stale = the_hash(await page(school, CLASSES + "drop"))
    for wrong in (stale[::-1], "x", "0" * 64):
        answer = await begin(school, wrong, "drop")
        assert answer.status_code == 409
        assert "Ничего не начато" in words(answer.text)
    for hand, kinds in (("keep", ()), ("drop", ("class",)), ("drop", ("class", "subject"))):
        assert (await begin(school, stale, hand, *kinds)).status_code == 409
    async with transaction(school.console.engine) as connection:
        added = make.decision(ALPHA.id("runner"), MembershipDecision.ADDED, CHAT, "more")
        await decisions.record(connection, added)
    await derive_all(school.console.engine)
    answer = await begin(school, stale, "drop")
    assert answer.status_code == 409
    assert "Своева runner Ивановна" in words(answer.text)
    assert await school.fetch("SELECT count(*) FROM initialisations") == [(0,)]
    assert (await begin(school, the_hash(answer.text), "drop")).status_code == 303


async def test_a_second_one_is_refused_in_words_and_the_same_form_again_is_not(
    school: Managing,
) -> None:
    await ready(school)
    plan = the_hash(await page(school, CLASSES + "keep"))
    other = the_hash(await page(school, "?kind=subject&hand=keep"))
    for _ in range(2):
        assert (await begin(school, plan)).status_code == 303
    refused = await begin(school, other, "keep", "subject")
    assert refused.status_code == 409
    assert "Вторая не начата. В школе одновременно идёт только одна" in words(refused.text)
    # Whoever comes back to an old page is led to how far it is.
    answer = await school.console.get(PATH + CLASSES + "keep")
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)


async def test_what_cannot_be_asked_is_said_and_breaks_nothing(school: Managing) -> None:
    answer = await school.console.get(f"{PATH}?hand=keep")
    assert answer.status_code == 422
    assert "Выберите хотя бы один тип чата" in words(answer.text)
    for query in ("?kind=x&hand=keep", "?kind=class&hand=x", "?hand=", "?kind=%00"):
        assert (await school.console.get(PATH + query)).status_code == 422, query
    for path in ("/initialisation/%00", "/initialisation/" + "x" * 300, "/initialisation/а"):
        assert (await school.console.get(path)).status_code in {403, 404}, path
    for fields in ({}, {"kind": "class"}, {"kind": "x", "hand": "keep", "plan": "x"},
                   {"kind": "class", "hand": "keep", "plan": "x" * 65}):  # fmt: skip
        assert (await school.send(PATH, **fields)).status_code == 422, fields
    for path in (f"/initialisation/{BETA.school}", "/initialisation/nowhere"):
        assert (await school.console.get(path)).status_code == 403
        assert (await begin(school, "0" * 64, path=path)).status_code == 403
    await school.console.sign_in(OPERATOR)
    assert (
        await school.console.get("/initialisation/nowhere?kind=class&hand=keep")
    ).status_code == 404


async def test_any_name_is_shown_as_what_it_is(school: Managing) -> None:
    await ready(school)

    async def called(name: str) -> None:
        await school.sql(
            "UPDATE fact_people SET surname = :name, patronymic = NULL WHERE person_id = :person",
            name=name,
            person=ALPHA.id("staff"),
        )
        await school.sql(
            "UPDATE chats SET title = :name WHERE chat_id = :chat", name=name, chat=CHAT
        )

    def judge(shown: str) -> None:
        assert "<img" not in shown
        assert not re.search("[\u202e\u200b\x1b]", shown)
        assert "49" not in re.sub(r"[0-9a-f]{64}", "", words(shown))

    for name in HOSTILE:
        await called(name)
        judge(await page(school, CLASSES + "drop"))
    await begin(school, the_hash(await page(school, CLASSES + "drop")), "drop")
    await looked_at(school)
    await school.sql("UPDATE chat_sync SET waiting = 'parked' WHERE chat_id = :chat", chat=CHAT)
    for name in HOSTILE:
        await called(name)
        judge(await page(school))


async def test_an_operator_sees_ids_and_begins_by_a_name_that_can_be_published(
    school: Managing,
) -> None:
    await ready(school)
    school.token = await school.console.sign_in(OPERATOR)
    plan = await page(school, CLASSES + "drop")
    assert ALPHA.id("staff") in plan
    assert "Своева" not in plan.replace("Своева школа", "")
    assert (await begin(school, the_hash(plan), "drop")).status_code == 303
    assert await school.fetch("SELECT started_by FROM initialisations") == [("operator",)]


async def test_a_chat_of_a_closed_class_is_not_told_of(school: Managing) -> None:
    await ingest(
        school.console.engine,
        make.school_class(ALPHA.id("8b"), None, ALPHA.school, closed_on=make.TODAY, version=2),
    )
    await derive_all(school.console.engine)
    assert "8б" not in await page(school, CLASSES + "keep")
