"""A school for a day: its class teacher before the screen, beside what the messenger has.

The whole stack but the broker: real PostgreSQL, the rules, the reconciler, the loop of the links,
the webhook, the console over HTTP, and the simulated messenger over a socket.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx2

from console.entrance.forgery import FIELD, form_token
from consumers.translate import fact_of
from domain.facts import Fact, Profile
from domain.ids import MaxUserId, PersonId
from schemas.decode import Decoded, decode
from tests.badinput.corpus import ODD_NAMES
from tests.console.attackers import own_page
from tests.console.managing import words
from tests.domain import builders as make
from tests.linking.parties import Parties
from tests.projections.builders import derive_all, ingest
from tests.reconcile.bench import TOKEN, Bench
from tests.staff.town import ALPHA, PEOPLE, facts

PUPILS, PARENTS = ALPHA.chat("class", "7a"), ALPHA.chat("parents", "7a")
GRANDMOTHER = ODD_NAMES["HTML"]
FIRST_ACCOUNT = 1000
ACCOUNTS = {name: FIRST_ACCOUNT + place for place, name in enumerate(PEOPLE)} | {
    "leader": 7_000_001,
    "grandmother": 7_000_002,
}
NAME_OF = {account: name for name, account in ACCOUNTS.items()}


def school() -> Iterator[Fact]:
    """The own school: the class teacher of 7а has no profile yet; a pupil of 8б a grandmother."""
    leader, grandmother = PersonId(ALPHA.id("leader")), PersonId(ALPHA.id("grandmother"))
    for fact in facts(ALPHA, FIRST_ACCOUNT):
        if not (isinstance(fact, Profile) and fact.person_id == leader):
            yield fact
    known = make.person(grandmother)
    yield replace(known, surname=GRANDMOTHER, given_name="grandmother", patronymic=None)
    yield Profile(make.rank(), grandmother, MaxUserId(ACCOUNTS["grandmother"]))
    yield make.guardianship(grandmother, ALPHA.id("pupil-3"))


@dataclass
class Day:
    """The school, and its class teacher before the screen."""

    there: Parties
    bench: Bench
    marker: int = 0

    async def settle(self) -> None:
        """Everything that waits for a loop of ours."""
        await derive_all(self.bench.engine)
        await self.bench.settle()

    async def hear(self) -> None:
        """What happened inside MAX is told to our webhook."""
        answer = await self.bench.http.get(
            "/updates",
            params={"marker": self.marker, "timeout": 0, "limit": 1000},
            headers={"Authorization": TOKEN},
        )
        self.marker = answer.json()["marker"]
        for update in answer.json()["updates"]:
            assert await self.there.told(update) == 200
        await self.bench.hurry()  # what is heard is gathered for a moment
        await self.settle()

    async def in_max(self, chat: str) -> set[str]:
        """Whom the messenger has in a chat, the administrators with a star."""
        return set(names_in(await self.chat_in_max(chat)))

    async def chat_in_max(self, chat: str) -> dict[str, object]:
        (found,) = [
            each
            for each in await self.bench.chats()
            if str(each["external_id"]).startswith(f"{chat}#")
        ]
        return found

    async def link_in_max(self, chat: str) -> str:
        """The address by which the messenger lets people into a chat."""
        path = f"/chats/{(await self.chat_in_max(chat))['chat_id']}"
        answer = await self.bench.http.get(path, headers={"Authorization": TOKEN})
        return str(answer.json()["link"])

    async def on_screen(self, chat: str) -> dict[str, str]:
        """How «Редактировать чат» says that each stands in it, the administrators with a star."""
        await self.there.be(ALPHA.id("leader"))
        page = await self.there.page(f"/chats/{chat}?size=100")
        found = {}
        for row in re.findall(r"<tr>.*?</tr>", page.partition("<tbody>")[2], re.DOTALL):
            cells = [words(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
            name = cells[2].rsplit(" Ивановна", 1)[0].rsplit(" ", 1)[-1]
            found[name + ("*" if cells[3] == "Да" else "")] = cells[5]
        return found

    async def agreed(self, chat: str, inside: set[str], outside: dict[str, str]) -> None:
        """The messenger has these; the console says so, and of the others why they are not in."""
        assert await self.in_max(chat) == inside
        said = await self.on_screen(chat)
        assert {name for name, state in said.items() if state.startswith("✓")} == inside
        others = {name: state for name, state in said.items() if name not in inside}
        assert others.keys() == outside.keys()
        assert {name: why in others[name] for name, why in outside.items()} == dict.fromkeys(
            outside, True
        ), others

    async def send(self, path: str, **fields: str) -> httpx2.Response:
        """A form of a page, by whoever is signed in."""
        return await self.there.console.client.post(
            self.there.console.at.console + path,
            data=fields | {FIELD: form_token(self.there.token)},
            headers=own_page(self.there.console),
        )

    async def register(self, event: dict[str, object]) -> None:
        """An event of the register, as ingest reads it."""
        read = decode((), None, json.dumps(event).encode())
        assert isinstance(read, Decoded), read
        await ingest(self.bench.engine, fact_of(read))


def names_in(chat: dict[str, object]) -> Iterator[str]:
    """Whom the messenger has in a chat, administrators with a star."""
    members = chat["members"]
    assert isinstance(members, list)
    for each in members:
        if not each["is_bot"]:
            yield NAME_OF[each["user_id"]] + ("*" if each["is_admin"] else "")
