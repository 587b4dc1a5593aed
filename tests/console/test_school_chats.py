"""«Управление чатами»: what is listed to whom, found by what, in which order."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from console.entrance.forgery import FIELD, form_token
from tests.console.attackers import own_page
from tests.console.running import Running, running
from tests.staff.town import ALPHA


@dataclass
class School:
    """The console, asked by somebody of the school alpha."""

    console: Running
    token: str = ""

    async def be(self, who: str) -> None:
        self.token = await self.console.sign_in_as(ALPHA.id(who))

    async def page(self, query: str = "") -> str:
        answer = await self.console.get(f"/chats{query}", part=True)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def titles(self, query: str = "") -> list[str]:
        return re.findall(r'<a href="/chats/[^"]*"><bdi>([^<]*)</bdi>', await self.page(query))

    async def find(self, **filters: str) -> str:
        """Send the filters as the form does; the address that they lead to."""
        answer = await self.console.client.post(
            self.console.at.console + "/chats",
            data=filters | {FIELD: form_token(self.token)},
            headers=own_page(self.console),
        )
        assert answer.status_code == 303
        return answer.headers["location"]

    async def found(self, **filters: str) -> list[str]:
        return await self.titles((await self.find(**filters)).removeprefix("/chats"))


@pytest.fixture
async def school(town_url: str) -> AsyncIterator[School]:
    async with running(town_url, who=None) as console:
        made = School(console)
        await made.be("administrator")
        yield made


ALL = [
    "Учительская", "alpha 7а - Родители", "alpha 7а - Ученики", "alpha 8б - Родители",
    "alpha 8б - Ученики", "alpha chem", "alpha phys",
]  # fmt: skip


async def test_whoever_works_in_the_school_sees_all_its_chats_and_no_other(school: School) -> None:
    for who in ("administrator", "leader", "chemist", "staff"):
        await school.be(who)
        assert await school.titles() == ALL, who
