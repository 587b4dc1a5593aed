import re
from urllib.parse import quote

import pytest
from sqlalchemy import text

from projections.database import transaction
from tests.console.builders import (
    CONTENT,
    HOSTILE_TITLE,
    LONG_TITLE,
    OVERRIDE_TITLE,
    SURNAME,
    Rows,
    populate,
)
from tests.console.running import Running

PATHS = (
    "/",
    "/state",
    "/schools/school-12",
    "/schools/school-evil",
    "/schools/nameless",
    "/chats/class:9a",
    "/drift",
    "/quarantine",
)


@pytest.fixture
async def school(database_url: str) -> None:
    await populate(database_url)


def words(html: str) -> str:
    """The text of a page, without tags and doubled spaces."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def titles(html: str) -> list[str]:
    """What the rows of a list are called."""
    return re.findall(r'<a href="/(?:chats|schools)/[^"]*"><bdi>([^<]*)</bdi></a>', html)


async def test_an_empty_database_has_pages_too(console: Running) -> None:
    for path in ("/", "/state", "/drift", "/quarantine"):
        answer = await console.get(path)
        assert answer.status_code == 200
    overview = words((await console.get("/")).text)
    assert "Школ пока нет" in overview
    assert "Причина: новая база данных" in overview
    assert "ещё не измерен" in overview
    async with transaction(console.engine) as connection:
        loading = "UPDATE catch_up SET ends_seen_at = clock_now(), loading_since = clock_now()"
        await connection.execute(text(loading))
    assert "посчитаем, когда прочитаем все" in words((await console.get("/")).text)


@pytest.mark.usefixtures("school")
async def test_the_overview_counts_chats_by_state_and_shows_the_lag(console: Running) -> None:
    text = words((await console.get("/")).text)
    for expected in (
        "✓ Сошлись 36",
        "… Ждут 1",
        "! Удержаны 1",
        "! Отложены 1",
        "■ Заморожены 1",
        "Лаг 12",
        "Карантин 60",
        "! Не добавляются 1",
        "Изменения в MAX → Все 10",
        "! Ждут решения 1",
        "Вышли 2",
    ):
        assert expected in text
    assert "По ссылке" not in text


async def test_with_everything_read_the_overview_says_that_chats_are_updated(
    console: Running, rows: Rows
) -> None:
    await rows.caught_up()
    assert "✓ Чаты обновляются Все события прочитаны и учтены." in words(
        (await console.get("/state", part=True)).text
    )


@pytest.mark.usefixtures("school")
async def test_a_gap_says_where_and_that_a_person_must_act(console: Running, rows: Rows) -> None:
    await rows.gap()
    text = words((await console.get("/")).text)
    assert "! Чаты не меняются" in text
    assert "sgo.register/7" in text


@pytest.mark.usefixtures("school")
async def test_schools_are_found_by_name_whatever_the_case_and_the_dots_of_yo(
    console: Running,
) -> None:
    assert titles((await console.get("/?q=лицей елка", part=True)).text) == [
        "&lt;script&gt;alert(1)&lt;/script&gt; Лицей «Ёлка»"
    ]
    assert "Ничего не нашлось" in (await console.get("/?q=гимназия")).text


@pytest.mark.usefixtures("school")
async def test_chats_are_filtered_by_kind_name_and_state(console: Running) -> None:
    async def found(query: str) -> list[str]:
        return titles((await console.get(f"/schools/school-12?{query}", part=True)).text)

    assert await found("kind=parents") == ["9а - Родители"]
    assert await found("q=10А учен") == ["10а - Ученики"]
    assert await found("state=frozen") == ["11б - Ученики"]
    assert await found("kind=class&state=&q=") == [
        "9а - Ученики",
        "10а - Ученики",
        "11б - Ученики",
    ]


@pytest.mark.usefixtures("school")
async def test_a_schools_tile_leads_to_the_chats_that_it_counts(console: Running) -> None:
    page = (await console.get("/schools/school-12")).text
    tiles = re.findall(r'<dd><a href="([^"]+)" aria-label="([^"]+): (\d+)">', page)
    assert len(tiles) > 3
    for address, label, count in tiles:
        there = (await console.get(address)).text
        assert re.search(rf"из {count}\b", there), label
    overview = (await console.get("/")).text
    paths = re.findall(r'<dd><a href="([^"]+)" aria-label="(?:Все|Карантин): \d+">', overview)
    assert sorted(paths) == ["/drift", "/quarantine"]
    for path in paths:
        assert (await console.get(path)).status_code == 200


@pytest.mark.usefixtures("school")
async def test_every_chat_is_on_exactly_one_page(console: Running) -> None:
    pages = [
        titles((await console.get(f"/schools/school-12?size=10&page={number}", part=True)).text)
        for number in (1, 2, 3, 4)
    ]
    assert [len(page) for page in pages] == [10, 10, 10, 5]
    assert len({title for page in pages for title in page}) == 35
    beyond = await console.get("/schools/school-12?size=10&page=99", part=True)
    assert titles(beyond.text) == pages[3]


@pytest.mark.usefixtures("school")
@pytest.mark.parametrize(
    "address",
    ["/?q=12", "/schools/school-12?kind=class", "/chats/class:9a", "/drift", "/quarantine"],
)
async def test_how_long_a_page_is_stands_below_its_list_and_keeps_what_is_asked(
    console: Running, address: str
) -> None:
    html = (await console.get(address)).text
    assert html.count('id="size"') == 1
    assert html.index("</table>") < html.index('id="size"')
    path, _, asked = address.partition("?")
    foot = html[html.index('class="rc-size"') :].partition("</form>")[0]
    assert f'action="{quote(path)}"' in foot
    name, _, value = asked.partition("=")
    assert not name or f'name="{name}" value="{value}"' in foot


@pytest.mark.usefixtures("school")
async def test_a_chat_shows_roles_reasons_and_what_becomes_of_each_person(
    console: Running,
) -> None:
    text = words((await console.get("/chats/class:9a")).text)
    for expected in (
        "teacher-1 501 Администратор классный руководитель 9a ✓ В чате",
        "pupil-1 502 Участник зачислен приказом order-77 решение школы d-1 ✓ В чате",
        "pupil-2 — Участник зачислен приказом order-78 ○ Нет профиля",
        "! Не добавляется настройки приватности не разрешают добавлять в чаты",
        "pupil-4 504 Участник зачислен приказом order-80 + Будет добавлен",
        "Неизвестный 999 Участник оснований нет − Будет удалён",
    ):
        assert expected in text


@pytest.mark.usefixtures("school")
async def test_what_people_changed_in_max_is_listed_with_what_becomes_of_it(
    console: Running,
) -> None:
    html = (await console.get("/drift")).text
    text = words(html)
    for expected in (
        "9а - Родители parents:9a Добавлен администратором чата профиль 501 Неизвестный 777",
        "! Ждёт решения",
        "1а - Химия subject:1 Вышел из чата pupil-1 502",
        "2а - Химия subject:2 Удалён администратором чата профиль 501 pupil-1 502",
        "○ Не возвращаем Вернём, если появится новое основание",
        "9а - Ученики class:9a Вошёл в чат без основания Неизвестный 999",
        "− Будет удалён",
        "10а - Ученики class:10a Изменено наименование чата — —",
        "Бот больше не администратор чата — —",
        "! Нужен человек",
        "1–10 из 10",
    ):
        assert expected in text
    # What ends by itself first stands first.
    assert titles(html)[:2] == ["1а - Химия", "9а - Родители"]


@pytest.mark.usefixtures("school")
async def test_changes_are_filtered_by_what_a_person_may_do_and_by_school(
    console: Running,
) -> None:
    async def found(query: str) -> list[str]:
        return titles((await console.get(f"/drift?{query}", part=True)).text)

    assert await found("what=proposals") == ["9а - Родители"]
    assert await found("what=left") == ["1а - Химия", "2а - Химия"]
    assert len(await found("school=school-evil")) == 3
    assert await found("what=proposals&school=school-evil") == []
    assert "Изменения в MAX : 7" in words((await console.get("/schools/school-12")).text)
    assert "Изменения в MAX" not in words((await console.get("/schools/nameless")).text)


async def test_who_can_come_by_the_link_alone_is_counted_and_told_in_the_chat(
    console: Running, rows: Rows
) -> None:
    await rows.chat("class:9a", "school-12", "9а - Ученики")
    await rows.person("pupil-1", 1)
    await rows.expect("class:9a", "pupil-1", "member", "order o")
    await rows.nobody_can_be_added("refused")
    assert "! По ссылке 1 мессенджер никого не добавляет" in words((await console.get("/")).text)
    chat = words((await console.get("/chats/class:9a")).text)
    assert "! Не добавляется может войти только по ссылке на чат" in chat


async def test_who_left_is_told_in_the_chat_as_one_who_left(console: Running, rows: Rows) -> None:
    await rows.chat("class:9a", "school-12", "9а - Ученики")
    await rows.person("pupil-1", 1)
    await rows.expect("class:9a", "pupil-1", "member", "order o")
    await rows.drift("class:9a", "left", 1)
    chat = words((await console.get("/chats/class:9a")).text)
    assert "! Не добавляется больше не состоит в чате" in chat
    assert "повторим" not in chat


@pytest.mark.usefixtures("school")
async def test_no_page_shows_a_name_or_the_content_of_a_record(console: Running) -> None:
    for path in PATHS:
        text = (await console.get(path)).text
        assert SURNAME not in text
        assert CONTENT.decode() not in text


@pytest.mark.usefixtures("school")
async def test_quarantine_says_where_a_record_stands_and_why(console: Running) -> None:
    async with transaction(console.engine) as connection:
        for off, cause in ((4002, "ours"), (4003, "store")):
            await connection.execute(
                text("UPDATE quarantine SET cause = :cause WHERE off = :off"),
                {"cause": cause, "off": off},
            )
    shown = words((await console.get("/quarantine?size=10")).text)
    for place, cause in (
        ("1 4001", "× Не по контракту"), ("2 4002", "! Ошибся Rollcall"),
        ("3 4003", "! Не принял PostgreSQL"),
    ):  # fmt: skip
        reason = "data.pupils[3]: must be at most 64 characters"
        assert f"sgo.orders {place} {cause} {reason}" in shown
    assert "1–10 из 60" in shown
    assert "51–60 из 60" in words((await console.get("/quarantine?size=10&page=9")).text)


@pytest.mark.usefixtures("school")
async def test_titles_are_text_and_turn_no_writing_round(console: Running) -> None:
    html = (await console.get("/schools/school-evil")).text
    assert HOSTILE_TITLE not in html
    assert "<img" not in html
    assert "<script>" not in html
    assert OVERRIDE_TITLE not in html
    assert "7б \N{REPLACEMENT CHARACTER}илетидоР" in html
    assert LONG_TITLE in html
    assert "Без названия" in html


@pytest.mark.usefixtures("school")
async def test_htmx_gets_the_list_alone(console: Running) -> None:
    part = (await console.get("/schools/school-12", part=True)).text
    assert "<html" not in part
    assert "9а - Ученики" in part


UNANSWERABLE = [
    ("/schools/nobody", 404, "Такой страницы нет"),
    ("/chats/class:nobody", 404, "Такой страницы нет"),
    ("/chats/a%00b", 404, "Такой страницы нет"),
    ("/chats/" + "x" * 5000, 404, "Такой страницы нет"),
    ("/nothing", 404, "Такой страницы нет"),
    ("/static/../app.py", 404, "Такой страницы нет"),
    ("/?page=0", 422, "page"),
    ("/?size=7", 422, "size"),
    ("/quarantine?page=много", 422, "page"),
    ("/schools/school-12?kind=club", 422, "kind"),
    ("/drift?what=all", 422, "what"),
    ("/drift?school=nobody", 404, "Такой страницы нет"),
    ("/schools/school-12?q=" + "x" * 201, 422, "q"),
]


@pytest.mark.usefixtures("school")
async def test_what_cannot_be_answered_is_a_friendly_page_and_a_friendly_part(
    console: Running,
) -> None:
    for path, status, says in UNANSWERABLE:
        page = await console.get(path)
        assert (page.status_code, "<html" in page.text) == (status, True), path
        assert says in page.text, path
        part = await console.get(path, part=True)
        assert (part.status_code, "<html" in part.text) == (status, False), path
        assert says in part.text, path


async def test_a_refused_value_is_not_repeated(console: Running) -> None:
    answer = await console.get("/?page=%3Cimg%20src=x%3E")
    assert "img src=x" not in answer.text


@pytest.mark.usefixtures("school")
async def test_every_answer_forbids_other_hosts_and_scripts_in_the_page(console: Running) -> None:
    for path in (*PATHS, "/nothing", "/api/status", "/static/console.css"):
        headers = (await console.get(path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"


async def test_a_foreign_name_for_the_local_address_is_refused(console: Running) -> None:
    answer = await console.client.get(console.at.console, headers={"Host": "evil.example"})
    assert answer.status_code == 400
