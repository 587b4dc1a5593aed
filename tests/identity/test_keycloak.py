"""Sign-in by a real Keycloak: its page, its password, its tokens, its sign-out."""

import html
import re
from pathlib import Path

import httpx2
import pytest

from console.identity.openid import openid
from console.identity.published import OpenIdConfig
from tests.console.running import Doorway, Running, running
from tests.identity.keycloak import CLIENT, PASSWORD, SECRET, CannotHave, archive, keycloak
from tests.staff.town import ALPHA

pytestmark = [pytest.mark.servers, pytest.mark.timeout(400)]


async def asked(console: Running, url: str, **form: str) -> httpx2.Response:
    """As a browser does: on this machine it sends secure cookies without TLS too."""
    client = console.client
    answer = await client.request("POST" if form else "GET", url, data=form or None)
    while True:
        for cookie in client.cookies.jar:
            cookie.secure = False
        if answer.status_code not in {302, 303}:
            return answer
        answer = await client.get(answer.url.join(answer.headers["location"]))


async def password_given(console: Running, page: httpx2.Response, user: str) -> httpx2.Response:
    """Fill the provider's form in."""
    found = re.search(r'id="kc-form-login"[^>]*action="([^"]*)"', page.text)
    assert found is not None, page.text
    return await asked(console, html.unescape(found[1]), username=user, password=PASSWORD)


async def test_people_sign_in_and_out_by_a_real_keycloak(town_url: str, tmp_path: Path) -> None:
    try:
        archive()
    except CannotHave as error:
        pytest.skip(str(error))
    people = {"anna": ALPHA.id("leader")}
    async with keycloak(tmp_path / "keycloak", people, "olga") as issuer:
        doorway = Doorway(openid(OpenIdConfig(issuer, CLIENT, SECRET)), development=False)
        async with running(town_url, who=None, doorway=doorway) as console:
            base = console.at.console
            page = await asked(console, f"{base}/sign-in/openid?next=/my")
            assert page.url.path.startswith("/realms/school/protocol/openid-connect/auth")
            page = await password_given(console, page, "anna")
            assert (page.status_code, page.url.path) == (200, "/my")
            assert "alpha 7а" in page.text
            assert (await console.get("/quarantine")).status_code == 303

            token = page.text.split('name="csrf" value="', 1)[1].split('"', 1)[0]
            out = await console.client.post(
                f"{base}/sign-out", data={"csrf": token}, headers={"Origin": base},
                follow_redirects=True,
            )  # fmt: skip
            page = await asked(console, out.headers["refresh"].removeprefix("0; url="))
            assert "logout" in str(page.url)
            assert (await console.get("/my")).status_code == 303

            console.client.cookies.clear()
            page = await asked(console, f"{base}/sign-in/openid")
            page = await password_given(console, page, "olga")
            assert (page.status_code, page.url.path) == (200, "/")

            console.client.cookies.clear()
            page = await asked(console, f"{base}/sign-in/openid")
            page = await password_given(console, page, "stranger")
            assert page.status_code == 403
            assert "Вас нет в реестре" in page.text
