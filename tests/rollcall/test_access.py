"""``sessions`` and ``accounts``, as an operator meets them."""

import json

from projections.database import transaction
from projections.staff import sessions
from projections.staff.sessions import Identified, Lifetimes
from tests.console.running import OPERATOR, running
from tests.projections.builders import engine_of
from tests.rollcall.running import command


async def test_an_operator_sees_who_is_signed_in_and_signs_them_out(database_url: str) -> None:
    settings = {"ROLLCALL_POSTGRES__URL": database_url}
    async with running(database_url, who=OPERATOR) as console:
        assert (await console.get("/")).status_code == 200
        told = await command("sessions", "--json", **settings)
        (listed,) = map(json.loads, told.out.splitlines())
        assert (listed["subject"], listed["operator"]) == (OPERATOR.subject, "ids")
        assert (await command("sessions", "--end", "nobody", **settings)).code == 3
        done = await command("sessions", "--end", OPERATOR.subject, **settings)
        assert (done.code, done.out) == (0, "1 sessions are ended\n")
        assert (await console.get("/")).status_code == 303


async def test_everybody_is_signed_out_at_once(database_url: str) -> None:
    async with engine_of(database_url) as engine, transaction(engine) as connection:
        for number in range(3):
            await sessions.begin(connection, Identified(f"s{number}", "openid"), Lifetimes())
    settings = {"ROLLCALL_POSTGRES__URL": database_url}
    assert (await command("sessions", "--end-all", **settings)).out == "3 sessions are ended\n"
    assert "no person, by openid as" not in (await command("sessions", **settings)).out


async def test_a_program_gets_an_account_asks_and_loses_it(database_url: str) -> None:
    settings = {"ROLLCALL_POSTGRES__URL": database_url}
    made = await command("accounts", "--add", "sgo", "--scope", "status:read", **settings)
    assert made.code == 0, made.err
    token = made.out.strip()
    assert made.out.count("\n") == 1
    async with running(database_url, who=None) as console:
        url = console.at.console + "/api/status"
        headers = {"Authorization": f"Bearer {token}"}
        assert (await console.client.get(url)).status_code == 401
        assert (await console.client.get(url, headers=headers)).json()["settled"] is False
        again = await command("accounts", "--add", "sgo", "--scope", "status:read", **settings)
        assert again.code == 3
        assert (await command("accounts", "--revoke", "sgo", **settings)).code == 0
        assert (await console.client.get(url, headers=headers)).status_code == 401
        assert (await command("accounts", "--revoke", "sgo", **settings)).code == 3
    listed = await command("accounts", "--json", **settings)
    assert json.loads(listed.out)["name"] == "sgo"
    assert token not in listed.out


async def test_an_account_that_may_ask_nothing_is_not_made(database_url: str) -> None:
    settings = {"ROLLCALL_POSTGRES__URL": database_url}
    assert (await command("accounts", "--add", "sgo", **settings)).code == 2
    assert (await command("accounts", "--add", "a", "--revoke", "b", **settings)).code == 2
