"""Whatever is written into an address or a form, the answer is ours: in Russian, and no failure."""

import html
import re
from collections.abc import Iterator

from sqlalchemy import text

from console.entrance.doors import Need
from console.identity.port import Way
from console.pages import EARLIEST, LATEST
from domain.ids import PersonId
from projections.database import transaction
from projections.staff.sessions import Identified
from tests.console.attackers import BY_NAME, OWN_THINGS, Address, addresses, own_page
from tests.console.running import OPERATOR, running
from tests.staff.town import ALPHA

PAGES = [
    each for each in addresses(BY_NAME, OWN_THINGS)
    if each.is_safe and not each.route.startswith(("/api/", "/healthz", "/readyz"))
]  # fmt: skip
BAD = ("%00", "99999999999999")
BAD_IDS = (*BAD, "-1", "%FF", "x" * 5000)
FRIENDLY = ("Такой страницы нет", "Не получилось понять запрос", "Здесь нужны другие права")


def person(who: str) -> Identified:
    if who == "operator":
        return OPERATOR
    return Identified("subject", Way.OPENID.value, PersonId(ALPHA.id(who)))


def tried(address: Address) -> Iterator[str]:
    """Each of what may be asked for by itself, and each parameter of the path."""
    for name in address.query:
        yield from (f"{address.path}?{name}={bad}" for bad in BAD)
    for parameter in re.findall(r"{.*?}", address.route):
        yield from (address.route.replace(parameter, bad) for bad in BAD_IDS)


def one_of(address: Address) -> str:
    """Somebody who gets in."""
    people = address.people if address.door.need is not Need.NOTHING else {"administrator"}
    return next(who for who in ("administrator", "chemist", "operator") if who in people)


async def test_no_address_fails_whatever_stands_in_it(town_url: str) -> None:
    async with running(town_url, who=None) as console:
        tokens = {who: await console.token(person(who)) for who in map(one_of, PAGES)}
        for address in PAGES:
            console.client.cookies.set(console.site.session.name, tokens[one_of(address)])
            for part in (False, True):
                answer = await console.get(address.path, part=part)
                assert answer.status_code in {200, 303}, (address, part)
            for path in tried(address):
                answer = await console.get(path)
                if answer.status_code not in {200, 303}:
                    assert answer.status_code < 500, path
                    assert any(map(answer.text.__contains__, FRIENDLY)), path


async def test_a_person_of_the_development_sign_in_who_cannot_be_is_refused(town_url: str) -> None:
    async with running(town_url, who=None) as console:
        answer = await console.client.post(
            console.at.console + "/sign-in/development",
            data={"person": "a\0b"},
            headers=own_page(console),
        )
        assert answer.status_code == 422
        assert "Не получилось понять запрос" in answer.text


async def test_no_page_leads_to_a_day_that_may_not_be_asked_for(town_url: str) -> None:
    async with running(town_url, who=None) as console:
        async with transaction(console.engine) as connection:
            years = "SET starts_at = '2300-01-01', ends_at = '2300-01-02'"
            await connection.execute(text(f"UPDATE fact_lessons {years}"))
        for who, path, ways in (
            ("pupil-1", f"/diary?on={EARLIEST}", 1),
            ("pupil-1", f"/diary?on={LATEST}", 1),
            ("chemist", f"/lessons/{ALPHA.id('lesson')}/settings", 2),
        ):
            await console.sign_in_as(ALPHA.id(who))
            page = html.unescape((await console.get(path)).text)
            found = re.findall(r'href="(/(?:diary|journal)\?[^"]*)"', page)
            assert len(found) == ways, path
            for way in found:
                assert (await console.get(way)).status_code == 200, way
