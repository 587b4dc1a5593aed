"""A day in the life of a class: whatever its teacher does and the register says, all agree on it.

The whole stack but the broker: real PostgreSQL, the rules, the reconciler, the loop of the links,
the webhook, the console over HTTP, and the simulated messenger over a socket. After each step the
messenger has exactly whom it should, and the console says of the same people that they are in.
"""

import csv
import html
from collections.abc import AsyncIterator
from io import StringIO
from uuid import uuid4

import pytest

from tests.console.managing import words
from tests.console.test_chat_edit import hidden
from tests.linking.day import ACCOUNTS, GRANDMOTHER, PARENTS, PUPILS, Day, names_in, school
from tests.linking.parties import SIMULATOR, parties
from tests.projections.builders import ingest
from tests.reconcile.bench import bench
from tests.staff.town import ALPHA

TRIP = "Поход"


@pytest.fixture
async def day(database_url: str) -> AsyncIterator[Day]:
    async with (
        bench(database_url, SIMULATOR) as made,
        parties(database_url, messenger_of=made.simulator) as there,
    ):
        await ingest(made.engine, *school())
        yield Day(there, made)


async def test_a_day_of_a_class_teacher(day: Day) -> None:
    # The night: the register is read; a parent lets nobody add them.
    await day.bench.refuse(ACCOUNTS["parent-1"], "privacy")
    await day.settle()
    assert await day.in_max(PUPILS) == {"pupil-1"}
    await _links(day)
    await _sees_who_is_missing(day)
    await _prints_the_ways_in(day)
    await _adds_a_grandmother(day)
    trip = await _makes_a_chat_for_a_trip(day)
    await _a_parent_unlinks(day)
    await _a_pupil_is_withdrawn(day, trip)


async def _links(day: Day) -> None:
    """The class teacher links their profile, and is in both chats, with the rights."""
    there = day.there
    await there.be(ALPHA.id("leader"))
    assert "Привязать учебный профиль" in words(await there.page("/my"))
    update = await there.confirm(await there.offered(), ACCOUNTS["leader"])
    assert await there.told(update) == 200
    await there.through_kafka()
    await day.settle()
    assert await there.step() == "linked"
    assert await day.link_in_max(PUPILS) in await there.page("/my")
    await day.agreed(PUPILS, {"leader*", "pupil-1"}, {"pupil-2": "Нет профиля"})
    closed = {"parent-1": "Передайте ссылку на чат"}
    await day.agreed(PARENTS, {"leader*"}, closed)


async def _sees_who_is_missing(day: Day) -> None:
    page = await day.there.page("/summary")
    assert "alpha 7а" in words(page)
    assert "8б" not in words(page)
    missing = words(await day.there.page("/summary/classes/alpha-7a?show=outside"))
    assert (
        "Своева pupil-2 Ивановна Ученик не привязан 0 из 2 ○ Не привязан учебный профиль" in missing
    )
    assert "! Аккаунт закрыт от приглашений Передайте ссылку на чат." in missing
    assert "Своева pupil-1 Ивановна Ученик" not in missing


async def _prints_the_ways_in(day: Day) -> None:
    """On paper the link that MAX has; who comes by it is in, and off the paper."""
    parents = await day.chat_in_max(PARENTS)
    paper = html.unescape(await day.there.page("/summary/print?class=alpha-7a"))
    assert await day.link_in_max(PARENTS) in paper
    assert "Своева parent-1" in words(paper).partition("Войдите в чат")[2]
    assert "Своева pupil-2" in words(paper).partition("Войдите в чат")[0]
    told = await _table(day)
    assert {name: row["Нет в чатах"] for name, row in told.items() if row["Нет в чатах"]} == {
        "pupil-2": "alpha 7а - Ученики, alpha chem", "parent-1": "alpha 7а - Родители",
    }  # fmt: skip
    path = f"/sim/chats/{parents['chat_id']}/people/{ACCOUNTS['parent-1']}"
    assert (await day.bench.http.post(path, json={"action": "join"})).status_code == 200
    await day.hear()
    await day.agreed(PARENTS, {"leader*", "parent-1"}, {})
    assert "parent-1" not in await day.there.page("/summary/print?class=alpha-7a")
    assert (await _table(day))["parent-1"]["Нет в чатах"] == ""


async def _table(day: Day) -> dict[str, dict[str, str]]:
    answer = await day.there.console.get("/summary.csv?class=alpha-7a")
    rows = csv.DictReader(StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    return {row["Имя"]: row for row in rows}


async def _adds_a_grandmother(day: Day) -> None:
    """By hand: the register has her as a guardian of a pupil of another class."""
    window = f"/chats/{PARENTS}/people"
    found = await day.send(window, q=GRANDMOTHER)
    assert found.status_code == 200
    assert "grandmother" in found.text
    assert GRANDMOTHER not in found.text  # as it stands it would be a tag
    form = hidden(found.text) | {"also": ALPHA.id("grandmother")}
    answer = await day.send(f"{window}/add", **form)
    assert answer.status_code == 303, words(answer.text)
    assert await day.in_max(PARENTS) == {"leader*", "parent-1"}
    assert "Добавляется" in (await day.on_screen(PARENTS))["grandmother"]
    await day.settle()
    await day.agreed(PARENTS, {"leader*", "parent-1", "grandmother"}, {})


async def _makes_a_chat_for_a_trip(day: Day) -> str:
    """With one pupil and the grandmother alone; its id."""
    people = f"{ALPHA.id('pupil-1')} {ALPHA.id('grandmother')}"
    form = {"kind": "class", "class_of": ALPHA.id("7a"), "filling": "chosen", "title": TRIP,
            "shown_for": f"alpha class {ALPHA.id('7a')} -", "known": PUPILS, "also": people,
            "act_id": str(uuid4())}  # fmt: skip
    answers = [await day.send("/chats/new/add", **form) for _ in range(2)]
    (place,) = {answer.headers["location"] for answer in answers}
    trip = place.removeprefix("/chats/").partition("?")[0]
    await day.settle()
    assert (await day.chat_in_max(trip))["title"] == TRIP
    await day.agreed(trip, {"leader*", "pupil-1", "grandmother"}, {})
    return trip


async def _a_parent_unlinks(day: Day) -> None:
    there = day.there
    await there.be(ALPHA.id("parent-1"))
    await there.press("/my/disconnect")
    await there.through_kafka()
    await day.settle()
    assert await there.loop.once() == 1
    await day.agreed(PARENTS, {"leader*", "grandmother"}, {"parent-1": "Нет профиля"})
    assert (await _table(day))["parent-1"]["Учебный профиль"] == "не привязан"


async def _a_pupil_is_withdrawn(day: Day, trip: str) -> None:
    """By an order of the register: out of every chat of the school, and their parent with them."""
    pupil = ALPHA.id("pupil-1")
    await day.register(
        {
            "specversion": "1.0", "id": "withdrawal", "source": "a-register",
            "type": "sgo.withdrawal.ordered.v1", "subject": f"-{pupil}",
            "time": "2026-10-01T08:00:00Z", "datacontenttype": "application/json",
            "data": {"order_id": f"-{pupil}", "order_number": "2-у", "school_id": "alpha",
                     "pupil_id": pupil, "class_id": ALPHA.id("7a"),
                     "ordered_at": "2026-10-01T08:00:00Z", "effective_on": "2026-10-01"},
        }
    )  # fmt: skip
    await day.settle()
    await day.agreed(PUPILS, {"leader*"}, {"pupil-2": "Нет профиля"})
    await day.agreed(PARENTS, {"leader*", "grandmother"}, {})
    await day.agreed(trip, {"leader*", "grandmother"}, {})
    assert (await _table(day)).keys() == {"pupil-2"}
    whole = {name.rstrip("*") for chat in await day.bench.chats() for name in names_in(chat)}
    assert whole == {"administrator", "leader", "other-leader", "chemist", "physicist", "pupil-3",
                     "parent-3", "grandmother"}  # fmt: skip
