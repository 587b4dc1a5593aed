"""«Редактировать чат» and «Выбрать участников чата» over HTTP: who may, what is told, bad forms."""

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest

from console.entrance.forgery import FIELD, form_token
from tests.console.attackers import own_page
from tests.console.running import OPERATOR, Running, running
from tests.console.test_pages import words
from tests.projections.builders import derive_all, fetch, memberships
from tests.staff import town
from tests.staff.crowd import CORPUS, crowd, crowd_id, trouble
from tests.staff.town import ALPHA, BETA

CHAT = ALPHA.chat("class", "7a")
PAGE = f"/chats/{CHAT}"
PUPIL = ALPHA.id("pupil-1")

# Of «7а» of the own school: those who lead it, and those who do not.
MANAGE = ("administrator", "leader")
LOOK = ("chemist", "physicist", "other-leader", "staff", "runner")
NOT_STAFF = ("parent-1", "pupil-1", "left-teacher")


class Clerk:
    """Somebody signed in, who sends forms."""

    def __init__(self, console: Running, token: str) -> None:
        self.console, self.token = console, token

    async def get(self, path: str) -> httpx2.Response:
        return await self.console.get(path)

    async def post(self, path: str, **fields: object) -> httpx2.Response:
        form = {FIELD: form_token(self.token), **fields}
        url = self.console.at.console + path
        return await self.console.client.post(url, data=form, headers=own_page(self.console))


@pytest.fixture
async def console(town_url: str) -> AsyncIterator[Running]:
    async with running(town_url, who=None) as started:
        yield started


async def clerk(console: Running, who: str) -> Clerk:
    return Clerk(console, await console.sign_in_as(ALPHA.id(who)))


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of the list's form, as a browser would send them back."""
    form = html.split('<form id="people"', 1)[1].split("</form>", 1)[0]
    found = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', form))
    return {name: value for name, value in found.items() if name != FIELD}


ACTS = {
    f"{PAGE}/members/remove": {"also": PUPIL},
    f"{PAGE}/members/promote": {"also": PUPIL},
    f"{PAGE}/members/demote": {"also": PUPIL},
    f"{PAGE}/title": {"title": "Новое"},
    f"{PAGE}/undo": {"undo": str(uuid4())},
    f"{PAGE}/outsiders": {"keep": "79"},
    f"{PAGE}/people": {},
    f"{PAGE}/people/add": {"also": ALPHA.id("parent-1")},
}
"""What changes something, or needs as much, with a form that would."""


async def test_each_role_may_what_the_guide_says_of_a_class_chat(console: Running) -> None:
    # Whoever may do nothing first: what is done then is theirs.
    for who in (*LOOK, *NOT_STAFF, *MANAGE):
        await _tries_everything(console, who)


async def _tries_everything(console: Running, who: str) -> None:
    one = await clerk(console, who)
    page = await one.get(PAGE)
    if who in NOT_STAFF:
        assert urlsplit(page.headers.get("location", "")).path == "/my"
    else:
        assert page.status_code == 200
        assert ("Своева pupil-1" in page.text) is (who in MANAGE)
        assert "Своева leader" in page.text
        assert ("https://max.example/class:alpha-7a" in page.text) is (who in MANAGE)
    history = await one.get(f"{PAGE}/timeline")
    assert (history.status_code == 200) is (who in MANAGE)
    for path, fields in ACTS.items():
        answer = await one.post(path, position="99", act_id=str(uuid4()), **fields)
        allowed = answer.status_code in {200, 303, 409}
        assert allowed is (who in MANAGE), (path, answer.status_code)
    if who not in MANAGE:
        assert await fetch(console.engine, _BY_SCREENS) == []


async def test_the_chats_of_another_school_are_not_there_and_nothing_of_it_changes(
    console: Running,
) -> None:
    foreign = PAGE.replace(CHAT, BETA.chat("class", "7a"))
    for who in (*MANAGE, *LOOK):
        one = await clerk(console, who)
        for path in (foreign, f"{foreign}/people", f"{foreign}/timeline"):
            answer = await one.get(path)
            assert answer.status_code == 404
            assert town.NAMES[town.FOREIGN] not in answer.text
        for path, fields in ACTS.items():
            answer = await one.post(path.replace(PAGE, foreign), position="99", **fields)
            assert answer.status_code == 404, path
    assert await fetch(console.engine, _BY_SCREENS) == []


_BY_SCREENS = "SELECT * FROM decisions WHERE author <> ALL(ARRAY['somebody', 'director'])"


async def test_a_person_of_another_school_is_not_added_whatever_the_form_says(
    console: Running,
) -> None:
    one = await clerk(console, "administrator")
    answer = await one.post(f"{PAGE}/people/add", also=BETA.id("pupil-1"), position="99")
    assert answer.status_code == 409
    assert "Никто не выбран" in answer.text
    assert await fetch(console.engine, _BY_SCREENS) == []


async def test_an_operator_has_the_page_without_names_and_changes_nobody(console: Running) -> None:
    token = await console.sign_in(OPERATOR)
    page = await console.get(PAGE)
    assert page.status_code == 200
    assert PUPIL in page.text
    assert "Своева pupil" not in page.text
    one = Clerk(console, token)
    for path, fields in ACTS.items():
        assert (await one.post(path, **fields)).status_code == 403, path


async def test_a_role_that_ended_changes_nothing_at_the_next_request(console: Running) -> None:
    one = await clerk(console, "leader")
    await fetch(console.engine, "UPDATE fact_employments SET ended = true WHERE true RETURNING 1")
    answer = await one.post(f"{PAGE}/members/remove", also=PUPIL, position="99")
    assert answer.status_code == 403
    assert await fetch(console.engine, _BY_SCREENS) == []


async def test_the_page_says_who_is_not_inside_and_why_and_who_brought_whom(
    console: Running,
) -> None:
    await crowd(console.engine, 30)
    await trouble(console.engine)
    one = await clerk(console, "leader")
    for show, expected in {
        "no_profile": "Учебный профиль не привязан. Попросите привязать",
        "blocked": "Настройки приватности не разрешают добавлять в чаты. Передайте ссылку",
        "left": "! Вышел Больше не состоит в чате",
        "outsiders": "добавлен администратором чата: Своева leader Ивановна ! Ждёт решения",
        "administrators": "классный руководитель",
        "": "зачислен: приказ № 1-у от 30.08.2026",
    }.items():
        page = await one.post(PAGE, show=show, size="100")
        assert page.status_code == 200
        assert expected in words(page.text), show


async def test_a_chat_without_an_administrator_says_so_and_what_to_do(console: Running) -> None:
    one = await clerk(console, "administrator")
    assert "У чата нет администратора" not in (await one.get(PAGE)).text
    await one.post(f"{PAGE}/members/demote", also=ALPHA.id("leader"), position="99")
    await derive_all(console.engine)
    page = words((await one.get(PAGE)).text)
    assert "У чата нет администратора. Отметьте кого-нибудь и нажмите" in page


async def test_the_history_tells_of_acts_the_register_held_removals_and_calls(
    console: Running,
) -> None:
    one = await clerk(console, "leader")
    act = str(uuid4())
    await one.post(f"{PAGE}/members/remove", also=PUPIL, position="99", act_id=act)
    await derive_all(console.engine)
    await one.post(f"{PAGE}/undo", undo=act)
    await derive_all(console.engine)
    told = words((await one.get(f"{PAGE}/timeline?size=100")).text)
    for expected in (
        "Удалены вручную: Своева pupil-1 Ивановна Решение школы Своева leader Ивановна",
        "Отменено действие: Своева pupil-1 Ивановна Решение школы",
        "Больше не состоят в чате: Своева pupil-1 Ивановна Реестр —",
        "Состоят в чате: Своева pupil-1 Ивановна Реестр приказ № 1-у",
        "Удаления удержаны и ждут решения: 1 человек",
        "Добавление в чат Мессенджер ответа ещё нет",
        "Наименование: «Название alpha»",
    ):
        assert expected in told
    part = await console.get(f"{PAGE}/timeline?size=10&page=1000", part=True)
    assert part.status_code == 200


async def test_names_that_break_things_are_text_and_stand_in_no_title_or_address(
    console: Running,
) -> None:
    await crowd(console.engine, 30)
    one = await clerk(console, "leader")
    for path in (PAGE, f"{PAGE}/people"):
        page = await one.post(path, size="100")
        assert page.status_code == 200
        assert "<img src=x" not in page.text
        assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;" in page.text
        assert "{{7*7}}" in page.text
        assert not any(each in page.text for each in ("\u202e", "\u200b", "\x1b"))
        title = page.text.split("<title>")[1].split("</title>")[0]
        assert not any(name in title for name in (*CORPUS[:2], "Своева"))
        addresses = re.findall(r'(?:href|action|formaction|hx-post)="([^"]*)"', page.text)
        assert not any("Своева" in each or "%D0" in each for each in addresses)


async def test_a_choice_goes_over_the_pages_in_the_form_and_a_few_are_taken_out(
    console: Running,
) -> None:
    await crowd(console.engine, 60)
    one = await clerk(console, "leader")
    first = await one.post(PAGE, q="ученик", choose="all")
    assert "Выбрано участников (41)" in first.text
    form = hidden(first.text)
    shown = form["rows"].split()
    kept = [each for each in shown if each != shown[3]]
    second = await one.post(PAGE, **form, q="ученик", pick=kept, page="2")
    assert "Выбрано участников (40)" in second.text
    form = hidden(second.text)
    assert form["without"] == shown[3]
    removed = await one.post(
        f"{PAGE}/members/remove", **form, q="ученик", pick=form["rows"].split()
    )
    assert "Удалено из чата: 40." in words(removed.text)
    await derive_all(console.engine)
    left = set((await memberships(console.engine))[CHAT])
    assert len([each for each in left if "crowd" in each]) == 20
    assert shown[3] in left
    assert {row[0] for row in await fetch(console.engine, _BY_SCREENS.replace("*", "author"))} == {
        ALPHA.id("leader")
    }


async def test_whoever_comes_second_is_told_who_was_first_and_keeps_their_choice(
    console: Running,
) -> None:
    first = await clerk(console, "leader")
    form = hidden((await first.get(PAGE)).text) | {"pick": [PUPIL]}
    second = await clerk(console, "administrator")
    done = await second.post(f"{PAGE}/members/promote", **form | {"act_id": str(uuid4())})
    assert done.status_code == 200
    first = await clerk(console, "leader")
    answer = await first.post(f"{PAGE}/members/remove", **form)
    assert answer.status_code == 409
    assert "то же самое менял Своева administrator Ивановна" in words(answer.text)
    assert "Выбрано участников (1)" in answer.text
    again = await first.post(f"{PAGE}/members/remove", **hidden(answer.text), pick=[PUPIL])
    assert again.status_code == 200


async def test_a_title_that_somebody_else_changed_is_not_overwritten_and_not_lost(
    console: Running,
) -> None:
    one = await clerk(console, "leader")
    seen = hidden((await one.get(PAGE)).text)["position"]
    saved = await one.post(f"{PAGE}/title", title="Первое", position=seen, act_id=str(uuid4()))
    assert saved.status_code == 303
    told = await one.get(saved.headers["location"])
    assert "Наименование сохранено." in words(told.text)
    assert "Отменить" in words(told.text)
    late = await one.post(f"{PAGE}/title", title="Второе", position=seen, act_id=str(uuid4()))
    assert late.status_code == 409
    assert 'value="Второе"' in late.text


IMPOSSIBLE: list[dict[str, Any]] = [
    {"q": "a\x00b"}, {"size": "7"}, {"page": "0"}, {"page": "1e9"}, {"show": "x"},
    {"also": "x" * 200_001}, {"position": "-1"}, {"position": "9" * 30}, {"keep": "9" * 30},
    {"undo": "x"}, {"act_id": "x"}, {"seen": "x" * 65}, {"pick": ["x"] * 101}, {"beat": "9"},
]  # fmt: skip


async def test_a_form_that_cannot_be_is_refused_and_nothing_fails(console: Running) -> None:
    one = await clerk(console, "leader")
    for fault in IMPOSSIBLE:
        assert (await one.post(PAGE, **fault)).status_code == 422, fault


ODD_FORMS: list[dict[str, Any]] = [
    {"page": "1000000000"}, {"q": "%_\\'\";--"}, {"q": "\U0001f642 \u202e"}, {"also": "ж <b>"},
    {"pick": ["x" * 5000]}, {"everybody": "1", "of_q": "ё" * 200, "without": "x y z"},
    {"class_id": "нет"}, {"sort": "surname; --", "order": "birth_date-"},
    {"sort": "birth_date"},
]  # fmt: skip


async def test_what_is_odd_but_can_be_is_answered(console: Running) -> None:
    one = await clerk(console, "leader")
    await crowd(console.engine, 12)
    for form in ODD_FORMS:
        for path in (PAGE, f"{PAGE}/people"):
            assert (await one.post(path, **form)).status_code == 200, (path, form)
        found = await one.post(f"{PAGE}/members/remove", **form, position="99")
        assert found.status_code == 409, form
    assert crowd_id(0) in hidden((await one.post(PAGE, q="Елкин")).text)["rows"]
