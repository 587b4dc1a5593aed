"""The development sign-in, where a console may listen, and the cookies that it gives."""

from dataclasses import replace

import httpx2
import pytest

from console.entrance.forgery import FIELD
from console.entrance.site import site_of
from console.errors import ConsoleError, NoPublicAddress, NotLocal
from console.identity.port import Way
from console.sign_in import local_path
from console.sign_in_page import require_local
from domain.facts import EmploymentRole
from domain.ids import PersonId
from projections.staff.sessions import Identified
from rollcall.entrance import entrance
from rollcall.settings import Settings
from rollcall.settings_console import Console, SignIn
from tests.console.attackers import own_page
from tests.console.builders import HOSTILE_TITLE
from tests.console.running import Doorway, Running, running
from tests.domain import builders as make
from tests.projections.builders import derive_all, engine_of, ingest
from tests.staff.town import ALPHA, BETA


async def chosen(console: Running, **form: str) -> httpx2.Response:
    """Choose somebody on the development sign-in, and go on as a browser does."""
    return await console.client.post(
        f"{console.at.console}/sign-in/development",
        data=form,
        headers=own_page(console),
        follow_redirects=True,
    )


async def test_a_person_who_is_chosen_comes_to_the_page_that_was_asked_for(town_url: str) -> None:
    async with running(town_url, who=None) as console:
        first = await console.client.get(console.at.console + "/my", follow_redirects=True)
        assert first.url.path == "/sign-in"
        assert 'name="next" value="/my"' in first.text
        assert f'value="{ALPHA.id("administrator")}"' in first.text
        page = await chosen(console, person=ALPHA.id("pupil-1"), next="/my")
        assert (page.status_code, page.url.path) == (200, "/my")
        for seen in (
            "alpha 7а - Ученики",
            "alpha chem",
            "Своева leader Ивановна",
            "Участников чата: 3",
        ):
            assert seen in page.text  # fmt: skip
        assert "Управление" not in page.text


async def test_the_first_page_of_a_person_is_their_chats_and_of_an_operator_the_overview(
    town_url: str,
) -> None:
    async with running(town_url, who=None) as console:
        assert (await chosen(console, person=ALPHA.id("leader"))).url.path == "/my"
        page = await chosen(console, operator="ids")
        assert page.url.path == "/"
        assert "Оператор" in page.text
        assert (await console.client.get(console.at.console + "/my")).headers["location"] == "/"


async def test_people_are_found_by_the_beginning_of_their_surname(town_url: str) -> None:
    async with running(town_url, who=None) as console:
        found = (await console.get("/sign-in?surname=чужак")).text
        assert BETA.id("leader") in found
        assert ALPHA.id("leader") not in found
        assert "Никто не нашёлся" in (await console.get("/sign-in?surname=%25")).text


async def test_an_empty_register_says_so_and_lets_an_operator_in(database_url: str) -> None:
    async with running(database_url, who=None) as console:
        assert "Людей пока нет" in (await console.get("/sign-in")).text
        assert (await chosen(console, operator="names")).status_code == 200


@pytest.mark.parametrize("form", [{}, {"person": ""}, {"operator": "god"}, {"person": "x" * 65}])
async def test_nobody_who_can_be_chosen_is_refused(town_url: str, form: dict[str, str]) -> None:
    async with running(town_url, who=None) as console:
        answer = await chosen(console, **form)
        assert answer.status_code in {403, 422}
        assert not list(console.client.cookies.jar)


async def test_somebody_whom_the_register_removed_is_told_so(town_url: str) -> None:
    async with running(town_url, who=None) as console:
        removed = make.person(ALPHA.id("staff"), removed=True, version=2)
        await ingest(console.engine, removed)
        answer = await chosen(console, person=ALPHA.id("staff"))
        assert (answer.status_code, "Вас нет в реестре" in answer.text) == (403, True)


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
async def test_behind_a_proxy_the_development_sign_in_shows_and_lets_in_nobody(
    town_url: str, header: str
) -> None:
    async with running(town_url, who=None) as console:
        page = await console.client.get(
            console.at.console + "/sign-in", headers={header: "192.0.2.1"}
        )
        assert page.status_code == 403
        assert "Своева" not in page.text
        answer = await console.client.post(
            console.at.console + "/sign-in/development",
            data={"person": ALPHA.id("staff")},
            headers=own_page(console) | {header: "192.0.2.1"},
        )
        assert answer.status_code == 403
        assert not list(console.client.cookies.jar)


@pytest.mark.parametrize(
    "given",
    ["", "my", "//evil", "/\\evil", "\\\\evil", "https://evil", "/\t/evil", "/\nx", "/ё",
     "/" + "x" * 2000],
)  # fmt: skip
def test_a_way_that_may_lead_elsewhere_leads_to_the_first_page(given: str) -> None:
    assert local_path(given) == "/"
    assert local_path("/schools/a?q=%D1%91&page=2") == "/schools/a?q=%D1%91&page=2"


async def test_without_a_way_to_sign_in_the_page_says_what_to_set(database_url: str) -> None:
    async with running(database_url, who=None, doorway=Doorway(development=False)) as console:
        assert "ROLLCALL_SIGN_IN__WAY" in (await console.get("/sign-in")).text
        assert (await console.get("/sign-in/openid")).status_code == 404
        answer = await console.client.post(
            console.at.console + "/sign-in/development",
            data={"operator": "names"},
            headers=own_page(console),
        )
        assert answer.status_code in {404, 405}


async def test_one_person_of_two_schools_chooses_which_to_look_at(town_url: str) -> None:
    both = ALPHA.id("staff")
    async with running(town_url, who=None) as console:
        await ingest(
            console.engine,
            make.employment(both, EmploymentRole.STAFF, school_id=BETA.school),
        )
        await console.sign_in_as(both)
        page = (await console.get("/my")).text
        assert '<option value="alpha" selected>' in page
        field = page.split('name="csrf" value="', 1)[1].split('"', 1)[0]
        for school, status in ((BETA.school, 303), ("another", 403)):
            answer = await console.client.post(
                console.at.console + "/school",
                data={"school": school, "next": "/my", FIELD: field},
                headers=own_page(console),
            )
            assert answer.status_code == status
        assert '<option value="beta" selected>' in (await console.get("/my")).text
        # The school is theirs no longer: the choice falls back, and there is none to make.
        ended = make.employment(
            both, EmploymentRole.STAFF, school_id=BETA.school, ended=True, version=2
        )
        await ingest(console.engine, ended)
        page = (await console.get("/my")).text
        assert "<select" not in page
        assert "Чужакова" not in page


async def test_a_page_that_refreshes_itself_after_the_end_says_so_in_its_place(
    database_url: str,
) -> None:
    async with running(database_url, who=None) as console:
        headers = {"HX-Request-Type": "partial", "HX-Current-URL": console.at.console + "/drift"}
        answer = await console.client.get(console.at.console + "/state", headers=headers)
        assert (answer.status_code, "<html" in answer.text) == (401, False)
        assert 'href="/sign-in?next=%2Fdrift"' in answer.text
        headers["HX-Current-URL"] = "http://[no address"
        answer = await console.client.get(console.at.console + "/state", headers=headers)
        assert 'href="/sign-in?next=%2F"' in answer.text


async def test_names_are_text_whatever_is_in_them(town_url: str) -> None:
    async with engine_of(town_url) as engine:
        person = make.person(ALPHA.id("leader"), version=2)
        await ingest(engine, replace(person, surname=HOSTILE_TITLE, given_name="{{7*7}}"))
        await derive_all(engine)
    async with running(town_url, who=None) as console:
        await console.sign_in_as(ALPHA.id("pupil-1"))
        for path in ("/my", "/sign-in"):
            page = (await console.get(path)).text
            assert "<img" not in page
            assert "{{7*7}}" in page


def settings(sign_in: SignIn, **console: object) -> Settings:
    return Settings(sign_in=sign_in, console=Console(**console))


ALL = "0.0.0.0"  # noqa: S104 - that it does not start there is the point
DEVELOPMENT = SignIn(way="development")
OPENID = SignIn(way="openid", issuer="https://id.example", client_id="rollcall")


@pytest.mark.parametrize(
    ("given", "host", "says"),
    [
        (settings(DEVELOPMENT), ALL, "ROLLCALL_CONSOLE__PUBLIC_URL"),
        (settings(DEVELOPMENT), "192.0.2.1", "ROLLCALL_CONSOLE__PUBLIC_URL"),
        (
            settings(DEVELOPMENT, public_url="https://chats.example"),
            "127.0.0.1",
            "for this machine",
        ),
        (settings(DEVELOPMENT, public_url="http://localhost:80"), ALL, "for this machine"),
        (settings(OPENID), ALL, "ROLLCALL_CONSOLE__PUBLIC_URL"),
        (settings(OPENID), "::", "ROLLCALL_CONSOLE__PUBLIC_URL"),
        (settings(OPENID, public_url="http://chats.example"), ALL, "must be https://"),
        (settings(OPENID, public_url="https://chats.example/x"), ALL, "without a path"),
        (settings(SignIn()), ALL, "ROLLCALL_CONSOLE__PUBLIC_URL"),
    ],
)
async def test_a_console_that_others_could_reach_without_tls_does_not_start(
    given: Settings, host: str, says: str
) -> None:
    async with engine_of("postgresql://nobody@127.0.0.1:1/nothing") as engine:
        with pytest.raises(ConsoleError, match=says) as refused:
            entrance(given, engine, host, 8080)
        assert isinstance(refused.value, NoPublicAddress | NotLocal)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.9.9.9"])
async def test_on_the_machine_itself_everything_starts(host: str) -> None:
    async with engine_of("postgresql://nobody@127.0.0.1:1/nothing") as engine:
        for sign_in in (DEVELOPMENT, OPENID, SignIn()):
            made = entrance(settings(sign_in), engine, host, 8080)
            assert not made.gate.site.secure
            assert made.development is (sign_in is DEVELOPMENT)
            assert (made.provider is not None) is (sign_in is OPENID)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Chats.Example", "https://chats.example"),
        ("https://chats.example:443/", "https://chats.example"),
        ("https://chats.example:8443", "https://chats.example:8443"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    site = site_of(ALL, 8080, url)
    assert (site.origin, site.secure) == (origin, True)


async def test_behind_tls_cookies_are_secure_and_bound_to_the_host(town_url: str) -> None:
    doorway = Doorway(development=True, public_url="https://chats.example")
    async with running(town_url, who=None, doorway=doorway) as console:
        answer = await console.client.post(
            console.at.console + "/sign-in/development",
            data={"operator": "ids"},
            headers={"Origin": "https://chats.example", "Sec-Fetch-Site": "same-origin"},
        )
        (given,) = answer.headers.get_list("set-cookie")
        name, _, rest = given.partition("=")
        assert name == "__Host-rollcall-session"
        assert {part.strip() for part in rest.split(";")[1:]} == {
            "HttpOnly", "Path=/", "SameSite=lax", "Secure",
        }  # fmt: skip
        # The name by which the proxy asks is not where pages are.
        answer = await console.client.post(
            console.at.console + "/sign-in/development",
            data={"operator": "ids"},
            headers=own_page(console),
        )
        assert answer.status_code == 403


def test_consoles_on_one_machine_do_not_take_each_others_cookies() -> None:
    names = {site_of("127.0.0.1", port, None).session.name for port in (8080, 8081)}
    assert len(names) == 2


def test_the_local_rule_is_about_where_it_listens() -> None:
    require_local("::1", site_of("::1", 8080, None))
    with pytest.raises(NotLocal):
        require_local(ALL, site_of(ALL, 8080, "https://chats.example"))


async def test_an_operator_of_the_settings_who_is_a_person_has_both_menus(town_url: str) -> None:
    who = Identified("s", Way.DEVELOPMENT.value, PersonId(ALPHA.id("leader")), None)
    given = SignIn(way="development", operators_with_names=(ALPHA.id("leader"),))
    async with engine_of(town_url) as engine:
        made = entrance(settings(given), engine, "127.0.0.1", 8080)
    doorway = Doorway(operators=made.gate.operators)
    async with running(town_url, who=who, doorway=doorway) as console:
        page = (await console.get("/")).text
        assert 'href="/my"' in page
        assert 'href="/quarantine"' in page
        assert "Своева leader Ивановна" in page
