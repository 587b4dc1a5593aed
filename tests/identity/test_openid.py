"""Sign-in by OpenID Connect, over real sockets, against a provider that may lie."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey, RSAKey

from console.entrance.gate import Operators
from console.identity.openid import openid
from console.identity.published import OpenIdConfig
from domain.actors import OperatorRole
from tests.console.running import Doorway, Running, running
from tests.identity.provider import CLIENT, SECRET, Lies, Provider, serving
from tests.staff.town import ALPHA

pytestmark = pytest.mark.servers

PERSON = {"person_id": ALPHA.id("staff")}


@dataclass
class Scene:
    """A console, its provider, and one browser."""

    console: Running
    provider: Provider

    async def get(self, path: str, *, follow: bool = True) -> httpx2.Response:
        at = self.console.at.console
        return await self.console.client.get(
            path if path.startswith("http") else at + path, follow_redirects=follow
        )

    async def sign_in(self, then: str = "/my") -> httpx2.Response:
        """The whole way, as a browser goes it; the page at which it ends."""
        return await self.get(f"/sign-in/openid?next={then}")


@pytest.fixture
async def scene(town_url: str) -> AsyncIterator[Scene]:
    async with serving(Provider(who=dict(PERSON))) as provider:
        config = OpenIdConfig(provider.issuer, CLIENT, SECRET)
        roles = {"subject-of-the-settings": OperatorRole.NAMES}
        operators = Operators(roles | {ALPHA.id("leader"): OperatorRole.IDS})
        doorway = Doorway(openid(config), development=False, operators=operators)
        async with running(town_url, who=None, doorway=doorway) as console:
            yield Scene(console, provider)


def is_in(page: httpx2.Response) -> bool:
    return page.status_code == 200 and page.url.path == "/my"


async def test_whoever_asks_for_a_page_comes_to_it_by_the_provider(scene: Scene) -> None:
    page = await scene.get("/my")
    assert page.url.path == "/sign-in"
    assert 'href="/sign-in/openid?next=%2Fmy"' in page.text
    page = await scene.sign_in()
    assert is_in(page)
    assert "Своева" in page.text


async def test_each_sign_in_is_a_new_session_and_its_cookie_is_for_the_server_alone(
    scene: Scene,
) -> None:
    await scene.sign_in()
    name = scene.console.site.session.name
    first = scene.console.client.cookies[name]
    last = (await scene.sign_in()).history[-1]
    assert scene.console.client.cookies[name] != first
    (given,) = [each for each in last.headers.get_list("set-cookie") if each.startswith(name)]
    assert {part.strip() for part in given.split(";")[1:]} == {
        "HttpOnly", "Path=/", "SameSite=lax",
    }  # fmt: skip
    scene.console.client.cookies.clear()
    scene.console.client.cookies.set(name, first)
    assert (await scene.get("/my", follow=False)).status_code == 303


@pytest.mark.parametrize(
    ("claims", "sees"),
    [
        ({"roles": ["rollcall-operator"]}, "Оператор"),
        ({"roles": "rollcall-operator-names"}, "Оператор"),
        ({"sub": "subject-of-the-settings"}, "Оператор"),
    ],
)
async def test_operators_are_told_by_a_claim_or_by_the_settings(
    scene: Scene, claims: dict[str, Any], sees: str
) -> None:
    scene.provider.who = claims
    page = await scene.sign_in("/")
    assert (page.status_code, page.url.path) == (200, "/")
    assert sees in page.text


async def test_a_person_of_the_settings_is_an_operator_besides(scene: Scene) -> None:
    scene.provider.who = {"person_id": ALPHA.id("leader")}
    assert is_in(await scene.sign_in())
    assert (await scene.get("/quarantine", follow=False)).status_code == 200


@pytest.mark.parametrize(
    "who",
    [
        {},
        {"roles": ["rollcall-operators"]},
        {"roles": {"rollcall-operator": True}},
        {"person_id": ""},
        {"person_id": "a b"},
        {"person_id": ["x"]},
        {"person_id": "x" * 65},
        {"sub": "x" * 256, **PERSON},
        {"sub": "", **PERSON},
    ],
)
async def test_whoever_is_nobody_here_is_not_signed_in(scene: Scene, who: dict[str, Any]) -> None:
    scene.provider.who = who
    await not_signed_in(scene, 403)


async def not_signed_in(scene: Scene, status: int) -> httpx2.Response:
    page = await scene.sign_in()
    assert page.status_code == status, page.text
    assert scene.console.site.session.name not in scene.console.client.cookies
    assert (await scene.get("/my", follow=False)).status_code == 303
    return page


def _now() -> int:
    return int(time.time())


LIES: dict[str, Callable[[], Lies]] = {
    "of another issuer": lambda: Lies({"iss": "https://evil.example"}),
    "for another client": lambda: Lies({"aud": "another"}),
    "for others too, issued to another": lambda: Lies({"aud": [CLIENT, "x"], "azp": "x"}),
    "for another client, issued to us": lambda: Lies({"aud": "another", "azp": CLIENT}),
    "for nobody": lambda: Lies({"aud": None}),
    "expired": lambda: Lies({"exp": _now() - 3600}),
    "without an end": lambda: Lies({"exp": None}),
    "of tomorrow": lambda: Lies({"iat": _now() + 86_400}),
    "not valid yet": lambda: Lies({"nbf": _now() + 3600}),
    "of another sign-in": lambda: Lies({"nonce": "another"}),
    "of no sign-in": lambda: Lies({"nonce": None}),
    "of another access token": lambda: Lies({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    "of nobody": lambda: Lies({"sub": None}),
    "signed by a foreign key": lambda: Lies(foreign_key=True),
    "signed by our public key as a secret": lambda: Lies(algorithm="HS256"),
    "not signed": lambda: Lies(algorithm="none"),
    "with another state": lambda: Lies(answer={"state": "another"}),
    "without a state": lambda: Lies(answer={"state": None}),
    "in the name of another provider": lambda: Lies(answer={"iss": "https://evil.example"}),
    "without a code": lambda: Lies(answer={"code": None}),
    "with a code of its own": lambda: Lies(answer={"code": "made up"}),
    "the person said no": lambda: Lies(answer={"code": None, "error": "access_denied"}),
    "the code is refused": lambda: Lies(token_error="invalid_grant", token_status=400),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_word_that_does_not_bear_checking_signs_nobody_in(scene: Scene, lie: str) -> None:
    scene.provider.lies = LIES[lie]()
    page = await not_signed_in(scene, 403)
    assert "evil.example" not in page.text
    scene.provider.lies = Lies()
    assert is_in(await scene.sign_in()), "the next sign-in is not spoilt by this one"


TROUBLES: dict[str, Lies] = {
    "errors": Lies(token_status=500),
    "a proxy's page": Lies(html=True),
    "our secret is wrong": Lies(token_error="invalid_client", token_status=401),
    "an issuer of its own": Lies(metadata={"issuer": "https://evil.example"}),
    "no keys": Lies(metadata={"jwks_uri": None}),
    "addresses without TLS": Lies(metadata={"token_endpoint": "http://evil.example/token"}),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_provider_in_trouble_is_a_trouble_that_passes(scene: Scene, trouble: str) -> None:
    scene.provider.lies = TROUBLES[trouble]
    page = await not_signed_in(scene, 503)
    assert "Вход сейчас не работает" in page.text
    scene.provider.lies = Lies()
    await scene.get("/sign-in")
    # What it published wrongly and we took is believed for an hour at most; not so an issuer.
    if trouble not in {"no keys", "addresses without TLS"}:
        assert is_in(await scene.sign_in())


@pytest.mark.parametrize("kind", ["another key", "the same name", "another kind"])
async def test_the_providers_keys_may_change_at_any_time(scene: Scene, kind: str) -> None:
    assert is_in(await scene.sign_in())
    known = scene.provider.key.kid
    match kind:
        case "another key":
            scene.provider.key = RSAKey.generate_key(2048, auto_kid=True)
        case "the same name":
            scene.provider.key = RSAKey.generate_key(2048, {"kid": str(known)})
        case _:
            scene.provider.key = ECKey.generate_key("P-256", auto_kid=True)
    assert is_in(await scene.sign_in())


async def test_what_the_provider_publishes_is_asked_once_for_many_sign_ins(scene: Scene) -> None:
    for _ in range(3):
        assert is_in(await scene.sign_in())
    assert sorted(scene.provider.asked) == ["keys", "metadata"]


async def test_a_code_is_worth_nothing_in_another_browser(scene: Scene) -> None:
    leaving = await scene.get("/sign-in/openid", follow=False)
    back = await scene.get(leaving.headers["location"], follow=False)
    link = back.headers["location"]
    async with httpx2.AsyncClient(trust_env=False) as other:
        answer = await other.get(link)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers or "session" not in answer.headers["set-cookie"]
    assert (await scene.get(link, follow=False)).status_code == 303
    # Nor a second time in the same one.
    again = await scene.get(link, follow=False)
    assert again.status_code == 403


@pytest.mark.parametrize(
    "cookie", ["", "x", "{}", "[]", '{"state": ""}', '{"state":1,"nonce":1,"verifier":1,"then":1}']
)
async def test_a_departure_that_is_none_of_ours_is_nobodys(scene: Scene, cookie: str) -> None:
    scene.console.client.cookies.set(scene.console.site.departure.name, cookie)
    answer = await scene.get("/sign-in/callback?state=&code=x", follow=False)
    assert answer.status_code == 403
    assert "Вход не завершён" in answer.text


@pytest.mark.parametrize(
    "then",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "evil",
        "/%0d%0aSet-Cookie:x=1", "javascript:alert(1)", "/\x09/evil.example", "", "/ё",
    ],
)  # fmt: skip
async def test_a_sign_in_ends_on_a_page_of_ours(scene: Scene, then: str) -> None:
    page = await scene.get("/sign-in/openid?" + str(httpx2.QueryParams({"next": then})))
    assert page.url.host == "127.0.0.1"
    assert str(page.url).startswith(scene.console.at.console)
    assert page.status_code in {200, 404}


async def test_who_signs_out_is_out_here_and_led_to_the_providers_sign_out(scene: Scene) -> None:
    await scene.sign_in()
    token = scene.console.client.cookies[scene.console.site.session.name]
    page = await scene.get("/my")
    field = page.text.split('name="csrf" value="', 1)[1].split('"', 1)[0]
    at = scene.console.at.console
    out = await scene.console.client.post(
        f"{at}/sign-out", data={"csrf": field}, headers={"Origin": at}, follow_redirects=True
    )
    assert (out.status_code, out.url.path) == (200, "/signed-out")
    onward = out.headers["refresh"].removeprefix("0; url=")
    assert onward.startswith(f"{scene.provider.issuer}/logout?client_id={CLIENT}")
    assert "signed out of the provider" in (await scene.get(onward)).text
    scene.console.client.cookies.clear()
    scene.console.client.cookies.set(scene.console.site.session.name, token)
    assert (await scene.get("/my", follow=False)).status_code == 303
