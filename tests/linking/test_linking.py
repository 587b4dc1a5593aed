"""A person links their study profile, and unlinks it: each party may be away, late, or lie."""

import asyncio
import re

import pytest
from sqlalchemy import text

from domain.ids import PersonId
from domain.lanes import Lane
from domain.obstacles import ObstacleKind
from operations import profile_links
from operations.errors import NotPermitted
from operations.installation import Installation
from projections.database import transaction
from projections.reports.obstacles import obstacles
from projections.staff.actors import actor
from projections.staff.store import StaffStore
from simulator.faults import FaultKind, FaultSpec
from tests.linking.parties import Parties, parties
from tests.projections.builders import fetch
from tests.staff.town import ALPHA

PUPIL = ALPHA.id("pupil-2")  # who has no profile
LINKED = ALPHA.id("pupil-1")
ACCOUNT = 7_000_001
LINKS = "/partner/v1/profile-links"
_PARENT = PersonId(ALPHA.id("parent-1"))


async def fail(there: Parties, method: str, path: str, status: int, count: int = 100) -> None:
    spec = FaultSpec(method=method, path=path, kind=FaultKind.STATUS, status=status, count=count)
    there.simulator.simulator.faults.arm(spec)


async def until_linked(there: Parties, account: int = ACCOUNT) -> None:
    assert await there.told(await there.confirm(await there.offered(), account)) == 200
    await there.through_kafka()
    assert await there.step() == "linked"


async def test_a_person_links_and_unlinks_and_each_is_one_event(all_of_them: Parties) -> None:
    there = all_of_them
    await there.be(PUPIL)
    assert "Привязать" in await there.page("/my") or "Продолжить" in await there.page("/my")
    url = await there.offered()
    page = await there.page()
    assert page.count(url) == 2  # the application and the web; the phone has the picture
    assert re.search(r'<svg[^>]* class="segno"', page)
    assert await there.told(await there.confirm(url, ACCOUNT)) == 200
    assert await there.step() == "settling"
    (linked,) = await there.through_kafka()
    assert linked == {"person_id": PUPIL, "version": linked["version"], "max_user_id": ACCOUNT}
    assert await there.step() == "linked"
    assert url not in await there.page()

    assert "7000001" not in await there.page("/my/disconnect")
    answer = await there.press("/my/disconnect")
    assert answer.headers["location"] == "/my/connect"
    (left,) = await there.through_kafka()
    assert left == {"person_id": PUPIL, "version": left["version"]}
    assert int(str(left["version"])) > int(str(linked["version"]))
    assert await there.step() == "leaving"
    assert await there.loop.once() == 1
    assert there.simulator.world.accounts.linked_account(f"person:{PUPIL}") is None
    assert await there.step() == "start"
    assert "Привязка отменена" in (await there.console.get("/my/connect?seen=leaving")).text
    await until_linked(there, ACCOUNT + 1)


async def test_whoever_unlinks_is_expected_and_no_longer_deliverable(all_of_them: Parties) -> None:
    there = all_of_them
    await there.be(LINKED)
    await there.press("/my/disconnect")
    await there.through_kafka()
    due = await fetch(
        there.console.engine,
        """SELECT chat_id FROM expected_members JOIN chat_sync USING (chat_id)
            WHERE person_id = :person AND due_at IS NULL""",
        person=LINKED,
    )
    assert due == [], "every chat of theirs is to be put right"
    # The messenger knew nothing of a link: the register had told it.
    assert await there.loop.once() == 1
    assert await there.step() == "start"


async def test_while_the_messenger_is_away_nothing_is_half_done(town_url: str) -> None:
    async with parties(town_url) as there:
        await there.be(PUPIL)
        await fail(there, "POST", LINKS, 503)
        await there.press("/my/connect")
        await there.loop.once()
        assert await there.step() == "waiting"
        assert await there.through_kafka() == []
        there.simulator.simulator.faults.disarm_all()
        # As if 20 seconds had gone by, and nobody had answered.
        async with transaction(there.console.engine) as connection:
            await connection.execute(
                text("""UPDATE profile_links SET at = at - interval '20 seconds'
                         WHERE step = 'asked'""")
            )
        assert await there.step() == "start"
        assert "MAX сейчас не отвечает" in await there.page()
        assert await there.loop.once() == 0, "nobody waits for it any more"
        assert "MAX сейчас не отвечает" in await there.page()
        await until_linked(there)


async def test_what_the_messenger_refuses_is_said_and_not_asked_for_ever(
    all_of_them: Parties,
) -> None:
    there = all_of_them
    await there.be(PUPIL)
    await fail(there, "POST", LINKS, 403, count=1)
    await there.press("/my/connect")
    await there.loop.once()
    assert "MAX отказался выдать ссылку" in await there.page()
    assert await there.loop.once() == 0
    await until_linked(there)


async def test_an_unlinking_is_told_until_the_messenger_has_heard(all_of_them: Parties) -> None:
    there = all_of_them
    await there.be(PUPIL)
    await until_linked(there)
    await fail(there, "DELETE", f"{LINKS}/{{external_id}}", 500, count=1)
    await there.press("/my/disconnect")
    assert await there.loop.once() == 1
    assert "Ваше решение записано" in await there.page()
    assert await _unheard(there) == [(PUPIL,)]
    assert (await there.press("/my/connect")).status_code == 303
    assert await there.step() == "leaving", "a new link has to wait"
    await there.through_kafka()
    async with transaction(there.console.engine) as connection:
        await connection.execute(
            text("UPDATE profile_links SET try_at = clock_now() WHERE step = 'leaving'")
        )
    assert await there.loop.once() == 1
    assert await _unheard(there) == []
    assert await there.step() == "start"


async def test_a_confirmation_counts_once_and_only_of_whoever_asked(all_of_them: Parties) -> None:
    there = all_of_them
    await there.be(PUPIL)
    update = await there.confirm(await there.offered(), ACCOUNT)
    for _ in range(3):
        assert await there.told(update) == 200
    assert len(await there.through_kafka()) == 1
    for foreign in ("person:nobody", f"person:{LINKED}x", "class:7a", PUPIL):
        assert await there.told(update | {"external_id": foreign}) == 200
    # Linked already: another account does not come by an update that nobody waits for.
    assert await there.told(update | {"user_id": 666, "timestamp": 1_790_000_009_000}) == 200
    assert await there.through_kafka() == []
    # The same update once more, long after, while the person is at linking anew.
    await there.press("/my/disconnect")
    await there.through_kafka()
    await there.loop.once()
    await there.offered()
    assert await there.told(update) == 200
    assert await there.through_kafka() == []
    assert await there.step() == "offered"
    assert await there.told(update | {"timestamp": 1_790_000_060_000}) == 200
    assert [each["max_user_id"] for each in await there.through_kafka()] == [ACCOUNT]


@pytest.mark.parametrize(
    "broken",
    [{"user_id": 0}, {"user_id": -1}, {"user_id": "7"}, {"user_id": None}, {"user_id": True},
     {"user_id": 2**63}, {"external_id": ""}, {"external_id": 7}, {"external_id": "x" * 257}],
)  # fmt: skip
async def test_an_update_that_names_no_account_is_refused_and_sent_again(
    all_of_them: Parties, broken: dict[str, object]
) -> None:
    there = all_of_them
    await there.be(PUPIL)
    update = await there.confirm(await there.offered(), ACCOUNT)
    assert await there.told(update | broken) == 400
    assert await there.step() == "offered"


async def test_an_answer_to_an_older_question_counts_for_nothing(all_of_them: Parties) -> None:
    """Two processes of ours: the slower one's link is not the one that works."""
    there = all_of_them
    await there.be(PUPIL)
    await there.press("/my/connect")
    tasks = there.loop.store
    (slow,) = await tasks.claim(1)
    async with transaction(there.console.engine) as connection:
        await connection.execute(
            text("UPDATE profile_links SET try_at = clock_now() WHERE step = 'asked'")
        )
    assert await there.loop.once() == 1
    before = await there.page()
    issued = await there.loop.messenger.issue_link("person:other", Lane.STAFF)
    await tasks.offered(slow, issued.url, issued.expires_at)
    assert issued.url not in await there.page()
    assert await there.page() == before


async def test_two_clicks_at_once_are_one_question_and_one_event(all_of_them: Parties) -> None:
    there = all_of_them
    await there.be(PUPIL)
    await asyncio.gather(*(there.press("/my/connect") for _ in range(4)))
    asked = await fetch(there.console.engine, _ASKED)
    await there.press("/my/connect")
    assert await fetch(there.console.engine, _ASKED) == asked, "impatience makes nobody wait longer"
    assert await there.loop.once() == 1
    url = await _url(there)
    await there.told(await there.confirm(url, ACCOUNT))
    await there.through_kafka()
    await asyncio.gather(*(there.press("/my/disconnect") for _ in range(4)))
    assert len(await there.through_kafka()) == 1


async def test_a_version_is_above_all_that_is_known_of_the_person(all_of_them: Parties) -> None:
    """The register once sent higher numbers, or our clock was put back."""
    there = all_of_them
    far = 9_000_000_000_000
    async with transaction(there.console.engine) as connection:
        await connection.execute(
            text("UPDATE fact_profiles SET version = :far WHERE person_id = :person"),
            {"far": far, "person": LINKED},
        )
    await there.be(LINKED)
    await there.press("/my/disconnect")
    (left,) = await there.through_kafka()
    assert left["version"] == far + 1
    await there.loop.once()
    await until_linked(there, 42)
    await there.press("/my/disconnect")
    (left,) = await there.through_kafka()
    assert left["version"] == far + 3


async def test_nobody_links_for_another_not_even_a_parent(all_of_them: Parties) -> None:
    there = all_of_them
    store = StaffStore(there.console.engine)
    async with transaction(there.console.engine) as connection:
        parent = await actor(connection, _PARENT)
    assert parent is not None
    assert parent.children
    for child in parent.children:
        for act in (profile_links.ask, profile_links.leave):
            with pytest.raises(NotPermitted):
                await act(store, parent, child, Installation(links_profiles=True))
        assert "max.example/link" not in repr(await store.link_facts(parent, child))
        assert (await store.link_facts(parent, child)).record is None


async def test_where_the_register_links_there_is_nothing_to_press(town_url: str) -> None:
    async with parties(town_url, links_profiles=False) as there:
        for person in (PUPIL, LINKED):
            await there.be(person)
            for path in ("/my", "/my/connect", "/my/disconnect"):
                page = await there.page(path)
                assert "школьная система региона" in page, path
                assert "Привязать учебный профиль" not in page
                assert 'action="/my/' not in page
                assert 'href="/my/' not in page.replace('href="/my"', ""), path
            for path in ("/my/connect", "/my/disconnect"):
                assert (await there.press(path)).headers["location"] == "/my"
        await there.be(ALPHA.id("administrator"))
        sheets = await there.page("/summary/print")
        assert "школьная система региона" in sheets
        assert "/my" not in sheets.partition("<article")[2]
        assert "<svg" not in sheets
        assert await there.loop.once() == 0
        assert await there.through_kafka() == []


async def test_a_page_that_shows_it_already_is_told_nothing_new(all_of_them: Parties) -> None:
    there = all_of_them
    await there.be(PUPIL)
    await there.offered()
    page = await there.page()
    again = page.split('hx-get="', 1)[1].split('"', 1)[0]
    assert (await there.console.get(again, part=True)).status_code == 204
    assert "max.ru" not in again, "the link is a secret, and addresses are written to logs"
    url = await _url(there)
    await there.told(await there.confirm(url, ACCOUNT))
    part = await there.console.get(again, part=True)
    assert 'data-step="settling"' in part.text


async def _unheard(there: Parties) -> list[tuple[str, ...]]:
    async with transaction(there.console.engine) as connection:
        found = await obstacles(connection)
    return [each.about for each in found if each.kind is ObstacleKind.UNHEARD]


_ASKED = "SELECT at, claim FROM profile_links WHERE step = 'asked'"


async def _url(there: Parties) -> str:
    ((url,),) = await fetch(
        there.console.engine, "SELECT url FROM profile_links WHERE url LIKE 'https://max.ru/%'"
    )
    return str(url)
