"""From «Управление чатами»: held removals are decided about, and chats deleted, by whoever may."""

from collections.abc import AsyncIterator

import pytest

from domain.guard import GuardScope
from tests.console.managing import Managing, words
from tests.console.running import OPERATOR, running
from tests.projections.builders import derive_all
from tests.staff.town import ALPHA, BETA

CLASS_7A = ALPHA.chat("class", "7a")
REMOVALS, DELETION = f"/chats/{CLASS_7A}/removals", f"/chats/{CLASS_7A}/deletion"
ADMINISTRATOR = ALPHA.id("administrator")


@pytest.fixture
async def school(town_url: str) -> AsyncIterator[Managing]:
    async with running(town_url, who=None) as console:
        made = Managing(console)
        await made.be("administrator")
        await made.nothing_held()
        await made.sql("DELETE FROM decisions WHERE subject = 'title'")  # which derive would act on
        yield made


async def hold(
    school: Managing, name: str, *people: str, scope: GuardScope = GuardScope.CHAT
) -> None:
    """Have the guard hold the removals of these people in the class chat of 7а."""
    await school.sql("UPDATE held_plans SET state = 'superseded' WHERE state = 'held'")
    await school.sql(
        """INSERT INTO held_plans (hash, chat_id, school_id, lot, scope, removals, people, actions,
                  removal_limit, would_be, held_at, state)
           SELECT :hash, :chat, 'alpha', 'counted', :scope, count(*),
                  jsonb_agg(jsonb_build_object('max_user_id', p.max_user_id,
                      'person_id', p.person_id, 'cause', 'not_expected', 'reasons', '[]'::jsonb)),
                  jsonb_agg(jsonb_build_object('action', 'remove', 'user_id', p.max_user_id)),
                  3, 5, clock_now(), 'held'
             FROM fact_profiles p WHERE p.person_id = ANY(:people)""",
        hash=name,
        chat=CLASS_7A,
        scope=scope.value,
        people=[ALPHA.id(each) for each in people],
    )
    await school.sql("UPDATE chat_sync SET waiting = 'held' WHERE chat_id = :chat", chat=CLASS_7A)


JOURNAL = "SELECT decision, decided_by, ran_by FROM plan_decisions ORDER BY entry"
STATES = "SELECT hash, state FROM held_plans WHERE state <> 'superseded'"


async def test_who_would_leave_is_shown_by_name_to_whoever_decides(school: Managing) -> None:
    await hold(school, "a", "pupil-1", "parent-1")
    row = await school.row("alpha 7а - Ученики")
    assert "! Удержан Из чата ушло бы слишком много участников сразу. Касается 2 участников." in row
    assert "Посмотреть, кого убирают, и решить" in row
    page = words((await school.console.get(REMOVALS)).text)
    assert "Из чата уйдут 2 участника" in page
    assert "Было бы 5, без вашего решения можно не больше 3." in page
    assert (
        "Уйдут из чата: по реестру их больше не должно здесь быть "
        "Своева parent-1 Ивановна Своева pupil-1 Ивановна" in page
    )
    for who in ("leader", "staff", "chemist"):
        await school.be(who)
        assert "Решает администратор школы." in await school.row("alpha 7а - Ученики")
        assert (await school.console.get(REMOVALS)).status_code == 403
    await school.console.sign_in(OPERATOR)
    page = (await school.console.get(REMOVALS)).text
    assert "Своева" not in page
    assert ALPHA.id("pupil-1") in page
    assert 'href="/chats?school=alpha"' in page


async def test_a_decision_is_in_the_journal_by_the_persons_id_and_can_be_changed(
    school: Managing,
) -> None:
    await hold(school, "a", "pupil-1")
    answer = await school.send(REMOVALS, plan="a", choice="refuse")
    assert (answer.status_code, answer.headers["location"]) == (303, REMOVALS)
    assert await school.fetch(STATES) == [("a", "rejected")]
    await school.sql("UPDATE chat_sync SET waiting = 'rejected', due_at = NULL")
    row = await school.row("alpha 7а - Ученики")
    assert "× Отклонён" in row
    assert "Посмотреть решение" in row
    page = words((await school.console.get(REMOVALS)).text)
    assert "Отклонено : Своева administrator Ивановна , действует до" in page
    assert "Отклонить" not in page
    await school.send(REMOVALS, plan="a", choice="allow")
    assert await school.fetch(STATES) == [("a", "approved")]
    assert await school.fetch(JOURNAL) == [
        ("rejected", ADMINISTRATOR, None),
        ("approved", ADMINISTRATOR, None),
    ]
    assert await school.fetch("SELECT chat_id FROM chat_sync WHERE due_at IS NOT NULL") == [
        (CLASS_7A,)
    ]
    assert "… Ждёт" in await school.row("alpha 7а - Ученики")


async def test_what_changed_meanwhile_is_said_and_shown_and_nothing_is_decided(
    school: Managing,
) -> None:
    await hold(school, "a", "pupil-1")
    await hold(school, "b", "pupil-1", "parent-1")
    for plan in ("a", "nonsense", "a" * 64):
        answer = await school.send(REMOVALS, plan=plan, choice="allow")
        assert answer.status_code == 409
        page = words(answer.text)
        assert "Решение не записано." in page
        assert "Из чата уйдут 2 участника" in page
        assert 'name="plan" value="b"' in answer.text
    assert await school.fetch(STATES) == [("b", "held")]
    assert await school.fetch(JOURNAL) == []
    await school.send(REMOVALS, plan="b", choice="allow")
    answer = await school.send(REMOVALS, plan="b", choice="allow")
    assert answer.status_code == 409
    assert len(await school.fetch(JOURNAL)) == 1


@pytest.mark.parametrize("scope", GuardScope)
async def test_what_is_wider_than_a_school_is_decided_by_operators(
    school: Managing, scope: GuardScope
) -> None:
    of_a_school = scope in {GuardScope.CHAT, GuardScope.STRANGERS, GuardScope.SCHOOL}
    await hold(school, "a", "pupil-1", scope=scope)
    page = await school.console.get(REMOVALS)
    assert ("Разрешить" in page.text) is of_a_school
    assert ("Решает администратор сервера." in page.text) is not of_a_school
    answer = await school.send(REMOVALS, plan="a", choice="allow")
    assert answer.status_code == (303 if of_a_school else 403)
    assert (await school.fetch(STATES) == [("a", "approved")]) is of_a_school
    school.token = await school.console.sign_in(OPERATOR)
    await hold(school, "b", "pupil-1", scope=scope)
    assert (await school.send(REMOVALS, plan="b", choice="refuse")).status_code == 303
    assert (await school.fetch(JOURNAL))[-1] == ("rejected", OPERATOR.subject, None)


async def test_the_hash_of_another_chats_plan_opens_nothing(school: Managing) -> None:
    await hold(school, "a", "pupil-1")
    foreign = f"/chats/{BETA.chat('class', '7a')}/removals"
    assert (await school.send(foreign, plan="a", choice="allow")).status_code == 404
    other = f"/chats/{ALPHA.chat('class', '8b')}/removals"
    answer = await school.send(other, plan="a", choice="allow")
    assert answer.status_code == 409
    assert "Решать нечего" in words(answer.text)
    assert await school.fetch(JOURNAL) == []


DECISIONS = "SELECT chat_id, choice, author FROM decisions WHERE subject = 'deleted'"


async def test_a_chat_is_deleted_by_a_typed_word_and_shown_as_being_deleted(
    school: Managing,
) -> None:
    chosen = await school.console.get(f"/chats?chosen={CLASS_7A}")
    assert chosen.headers["location"] == DELETION
    page = words((await school.console.get(DELETION)).text)
    assert "Чат удаляется из СГО и из мессенджера МАХ без возможности восстановления." in page
    for wrong in ("", "да", "удалить чат"):
        answer = await school.send(DELETION, confirmation=wrong)
        assert answer.status_code == 422
        assert "Чат не удалён: нужно написать «удалить»." in words(answer.text)
    assert await school.fetch(DECISIONS) == []
    for _ in range(2):  # the second time it is deleted already
        answer = await school.send(DELETION, confirmation=" Удалить ")
        assert answer.headers["location"] == "/chats?deleted=1"
    assert await school.fetch(DECISIONS) == [(CLASS_7A, "deleted", ADMINISTRATOR)]
    assert await school.fetch(
        "SELECT value->'data'->>'author' FROM outbox WHERE value::text LIKE '%deletion%'"
    ) == [(ADMINISTRATOR,)]
    assert "Удаление записано" in words((await school.console.get("/chats?deleted=1")).text)
    assert "… Удаляется" in await school.row("alpha 7а - Ученики")
    assert f'value="{CLASS_7A}"' not in await school.page()
    await derive_all(school.console.engine)
    assert await school.fetch("SELECT chat_id FROM chat_sync WHERE due_at IS NOT NULL") == [
        (CLASS_7A,)
    ]
    assert "… Удаляется" in await school.row("alpha 7а - Ученики")
    await school.sql("UPDATE chat_sync SET max_chat_id = NULL, due_at = NULL WHERE chat_id = :chat",
                     chat=CLASS_7A)  # fmt: skip
    assert "alpha 7а - Ученики" not in await school.titles()
    assert "× Удалён" in await school.row("alpha 7а - Ученики", "?state=deleted")


async def test_only_whoever_may_delete_is_offered_it(school: Managing) -> None:
    assert "Удалить" in words(await school.page())
    for who in ("leader", "staff", "runner"):
        await school.be(who)
        page = await school.page()
        assert "Удалить" not in words(page)
        assert 'type="radio"' not in page
        assert (await school.console.get(DELETION)).status_code == 403
        assert (await school.send(DELETION, confirmation="удалить")).status_code == 403
    school.token = await school.console.sign_in(OPERATOR)
    assert (await school.send(DELETION, confirmation="удалить")).status_code == 403
    assert await school.fetch(DECISIONS) == []
