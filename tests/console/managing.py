"""«Управление чатами» as somebody of the school ``alpha`` uses it, over HTTP and over SQL."""

import html
import re
from dataclasses import dataclass

import httpx2
from sqlalchemy import text

from console.entrance.forgery import FIELD, form_token
from projections.database import transaction
from tests.console.attackers import own_page
from tests.console.running import Running
from tests.staff.town import ALPHA

ALL = [
    "Учительская", "alpha 7а - Родители", "alpha 7а - Ученики", "alpha 8б - Родители",
    "alpha 8б - Ученики", "alpha chem", "alpha phys",
]  # fmt: skip
"""The titles of the school's chats, in the order of the list."""


_AS_IT_SHOULD_BE = (
    "UPDATE held_plans SET state = 'superseded'",
    "DELETE FROM blocked_accounts",
    "DELETE FROM setbacks",
    "UPDATE chats SET frozen = false, deleted = false",
    """UPDATE chat_sync SET due_at = NULL, waiting = NULL, attempts = 0, observed_at = clock_now(),
              max_chat_id = -abs(hashtext(chat_id))""",
    """INSERT INTO observed_members
       SELECT m.chat_id, p.max_user_id, m.role = 'administrator', clock_now()
         FROM expected_members m JOIN fact_profiles p USING (person_id)
        WHERE p.max_user_id IS NOT NULL ON CONFLICT DO NOTHING""",
)


def words(page: str) -> str:
    """The text of a page, without tags and doubled spaces."""
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", page).split()))


@dataclass
class Managing:
    """The console, asked by one person after another."""

    console: Running
    token: str = ""

    async def be(self, who: str) -> None:
        self.token = await self.console.sign_in_as(ALPHA.id(who))

    async def sql(self, statement: str, **values: object) -> None:
        async with transaction(self.console.engine) as connection:
            await connection.execute(text(statement), values)

    async def fetch(self, statement: str) -> list[tuple[object, ...]]:
        async with transaction(self.console.engine) as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    async def nothing_held(self) -> None:
        """Every chat as it should be, instead of held as the town has them."""
        for statement in _AS_IT_SHOULD_BE:
            await self.sql(statement)

    async def page(self, query: str = "") -> str:
        answer = await self.console.get(f"/chats{query}", part=True)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def titles(self, query: str = "") -> list[str]:
        page = await self.page(query)
        return re.findall(r'<a href="/chats/[^"/]*"><bdi>([^<]*)</bdi>', page)

    async def row(self, title: str, query: str = "") -> str:
        """The words of the row with this title."""
        rows = re.findall(r"<tr>.*?</tr>", await self.page(query), re.DOTALL)
        (found,) = [words(row) for row in rows if f"<bdi>{title}</bdi>" in row]
        return found

    async def send(self, path: str, **fields: str) -> httpx2.Response:
        """Send a form, as a page of the console does."""
        return await self.console.client.post(
            self.console.at.console + path,
            data=fields | {FIELD: form_token(self.token)},
            headers=own_page(self.console),
        )

    async def find(self, **filters: str) -> str:
        """Send the filters; the address that they lead to."""
        answer = await self.send("/chats", **filters)
        assert answer.status_code == 303
        return answer.headers["location"]

    async def found(self, **filters: str) -> list[str]:
        return await self.titles((await self.find(**filters)).removeprefix("/chats"))
