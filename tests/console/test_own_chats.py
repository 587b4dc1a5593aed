"""The screen «Чаты»: whose chats, what keeps whom out, whose links; and where the module is off."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from console import my_words
from console.entrance.forgery import FIELD, form_token
from domain.chats import ChatKind
from domain.ids import SchoolId
from operations.installation import Installation
from projections.database import transaction
from projections.derive.config import ChatKindsOff
from tests.badinput.corpus import ODD_NAMES
from tests.console.attackers import own_page
from tests.console.running import OPERATOR, Running, running
from tests.staff import town
from tests.staff.town import ALPHA, BETA

CLASS = f"https://max.example/{ALPHA.chat('class', '7a')}"
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def console(town_url: str) -> AsyncIterator[Running]:
    async with running(town_url, who=None) as made:
        yield made


async def run(console: Running, *statements: str) -> None:
    async with transaction(console.engine) as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def page(console: Running, who: str, path: str = "/my") -> str:
    await console.sign_in_as(ALPHA.id(who))
    answer = await console.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def keep_out(console: Running, who: str, reason: str = "add.participant.privacy") -> None:
    """The messenger refuses to add somebody to every chat of theirs."""
    person = ALPHA.id(who)
    await run(
        console,
        f"""DELETE FROM observed_members o USING fact_profiles p
             WHERE p.person_id = '{person}' AND o.max_user_id = p.max_user_id""",
        f"""INSERT INTO blocked_accounts (chat_id, max_user_id, reason, since, retry_at)
            SELECT m.chat_id, p.max_user_id, '{reason}', clock_now(), clock_now()
              FROM expected_members m JOIN fact_profiles p USING (person_id)
             WHERE person_id = '{person}'""",
    )


async def test_each_is_shown_the_links_of_their_own_chats_alone(console: Running) -> None:
    pupil = await page(console, "pupil-1")
    assert pupil.count(f'href="{CLASS}"') == 1
    assert "max.example/parents" not in pupil
    assert "max.example/staff_room" not in pupil
    staff = await page(console, "staff")
    assert "max.example" not in staff
    parent = await page(console, "parent-1")
    assert f"max.example/{ALPHA.chat('parents', '7a')}" in parent
    assert CLASS not in parent, "the child is in there, so nobody needs the link"


async def test_who_has_no_profile_gets_no_link_since_they_would_be_a_stranger(
    console: Running,
) -> None:
    for frozen in ("false", "true"):  # a closed chat is nobody's to come into, and says nothing
        await run(console, f"UPDATE chats SET frozen = {frozen}")
        shown = await page(console, "pupil-2")
        assert "7а - Ученики" in shown
        assert "max.example" not in shown
    assert "ещё не связана" in shown


@pytest.mark.parametrize("reason", ["add.participant.privacy", "adding.refused"])
async def test_whom_the_messenger_refuses_gets_the_link_and_three_sentences(
    console: Running, reason: str
) -> None:
    await keep_out(console, "pupil-1", reason)
    shown = await page(console, "pupil-1")
    help_ = my_words.OWN["privacy" if "privacy" in reason else "invited"]
    assert len(help_.steps) == 3
    for sentence in (help_.what, *help_.steps):
        assert sentence in shown
    assert f'href="{CLASS}"' in shown


async def test_a_parent_sees_it_for_their_own_child_alone(console: Running) -> None:
    await keep_out(console, "pupil-1")
    shown = await page(console, "parent-1")
    for sentence in my_words.OF_CHILD["privacy"].steps:
        assert sentence in shown
    assert f'href="{CLASS}"' in shown
    assert f"{town.NAMES[town.OWN]} pupil-1" in shown
    for other in ("parent-3", "leader", "chemist", "staff"):
        seen = await page(console, other)
        assert my_words.OF_CHILD["privacy"].what not in seen, other
        assert my_words.OWN["privacy"].what not in seen, other


async def test_a_link_that_is_no_address_of_the_web_is_none(console: Running) -> None:
    await run(console, "UPDATE chat_sync SET link = 'javascript:alert(1)'")
    assert "javascript" not in await page(console, "pupil-1")


async def test_where_there_is_no_room_a_link_would_not_help(console: Running) -> None:
    await keep_out(console, "pupil-1", "chat.full")
    shown = await page(console, "pupil-1")
    assert my_words.OWN["chat_full"].what in shown
    assert "max.example" not in shown


def test_every_obstacle_of_a_person_has_words_for_both() -> None:
    view = (ROOT / "projections/migrations/schema/views/blocked.sql").read_text("utf-8")
    column = view.split("state IS '")[1].split("; of a whole chat")[0]
    told = {each.split(" (")[0] for each in column.replace(" and its", "").split(", ")}
    states = {each for each in told if each.replace("_", "").isalpha()} | {"refused"}
    assert {"privacy", "left", "paused", "own_account"} <= states
    assert states == set(my_words.OWN) == set(my_words.OF_CHILD)


async def test_only_employees_are_led_to_managing_chats(console: Running) -> None:
    for who in ("administrator", "leader", "staff"):
        assert 'href="/chats"' in await page(console, who), who
    for who in ("pupil-1", "parent-1"):
        assert "Управление чатами" not in await page(console, who), who


ALL = frozenset(ChatKind)
OFF_HERE = Installation(kinds_off=ChatKindsOff(by_school={SchoolId(ALPHA.school): ALL}))
OFF_THERE = Installation(kinds_off=ChatKindsOff(by_school={SchoolId(BETA.school): ALL}))
OFF = Installation(kinds_off=ChatKindsOff(ALL))


@pytest.mark.parametrize("who", ["administrator", "staff", "pupil-1", "pupil-2", "parent-1"])
async def test_where_the_module_is_off_a_page_says_so_instead_of_the_screen(
    town_url: str, who: str
) -> None:
    for off, words in ((OFF, "в вашем регионе"), (OFF_HERE, "для вашей школы")):
        async with running(town_url, who=None, installation=off) as console:
            shown = await page(console, who)
            assert "Модуль «Чаты» не подключён" in shown
            assert words.split()[-1] in shown
            assert "max.example" not in shown
    async with running(town_url, who=None, installation=OFF_THERE) as console:
        assert "не подключён" not in await page(console, who)


async def test_where_the_module_is_off_nobody_links_and_whoever_is_linked_can_leave(
    town_url: str,
) -> None:
    off = replace(OFF_HERE, links_profiles=True)
    async with running(town_url, who=None, installation=off) as console:
        for path in ("/my", "/my/connect"):
            assert "не подключён" in await page(console, "pupil-2", path)
        token = await console.sign_in_as(ALPHA.id("pupil-2"))
        answer = await console.client.post(
            f"{console.at.console}/my/connect",
            data={FIELD: form_token(token)},
            headers=own_page(console),
        )
        assert "не подключён" in answer.text
        assert "Отменить привязку" in await page(console, "pupil-1", "/my/disconnect")
        assert 'href="/my/disconnect"' in await page(console, "pupil-1")


async def test_who_belongs_to_two_schools_has_the_chats_of_the_one_that_has_them(
    town_url: str,
) -> None:
    async with running(town_url, who=None, installation=OFF_HERE) as console:
        await town.somebody_of_both(console.engine)
        assert "не подключён" not in await page(console, "both")


async def test_the_schools_settings_show_its_community_and_which_chats_make_themselves(
    town_url: str,
) -> None:
    off = ChatKindsOff(
        frozenset({ChatKind.PARENTS}), {SchoolId(ALPHA.school): frozenset({ChatKind.SUBJECT})}
    )
    async with running(town_url, who=None, installation=Installation(kinds_off=off)) as console:
        shown = await page(console, "administrator", "/settings")
        assert 'value="alpha-community"' in shown
        assert shown.count("Выключено во всём регионе") == 1
        assert shown.count("Выключено для этой школы") == 1
        assert shown.count("</span>Создаются") == 2
        await console.sign_in(OPERATOR)
        assert "Школа не выбрана" in (await console.get("/settings")).text
        other = await console.get(f"/settings?school={BETA.school}")
        assert other.text.count("</span>Создаются") == 3
        assert (await console.get("/settings?school=nowhere")).status_code == 404


async def test_a_schools_settings_are_its_administrators_alone(console: Running) -> None:
    await console.sign_in_as(ALPHA.id("administrator"))
    answer = await console.get(f"/settings?school={BETA.school}")
    assert answer.status_code == 403
    assert "community" not in answer.text
    for who in ("leader", "staff", "parent-1", "pupil-1"):
        await console.sign_in_as(ALPHA.id(who))
        assert (await console.get("/settings")).status_code == 303, who
        assert "Настройки школы" not in (await console.get("/my")).text, who


async def test_an_odd_name_is_shown_as_text_and_nothing_else(town_url: str) -> None:
    here = Installation(links_profiles=True)
    async with running(town_url, who=None, installation=here) as console:
        await keep_out(console, "pupil-1")
        for which, odd in ODD_NAMES.items():
            async with transaction(console.engine) as connection:
                for statement in (
                    "UPDATE fact_people SET surname = :odd, given_name = :odd, patronymic = NULL",
                    "UPDATE fact_schools SET name = :odd",
                    "UPDATE chats SET title = left(:odd, 200)",
                ):
                    await connection.execute(text(statement), {"odd": odd})
            for who, path in (
                ("pupil-1", "/my"), ("parent-1", "/my"), ("pupil-2", "/my/connect"),
                ("pupil-1", "/my/disconnect"), ("administrator", "/settings"),
            ):  # fmt: skip
                shown = await page(console, who, path)
                assert "<img" not in shown, which
                assert not set(shown) & set("\u202e\u200b\u001b\r"), which
                assert shown.count("<h1") == 1, which
                if not odd.strip():
                    assert "Без названия" in shown or "Без имени" in shown, which
