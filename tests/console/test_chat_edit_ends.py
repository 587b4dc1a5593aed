"""What a class teacher does on the screens ends in the messenger's chat."""

from uuid import uuid4

from console.entrance.forgery import FIELD, form_token
from tests.console.attackers import own_page
from tests.console.running import Running, running
from tests.projections.builders import derive_all, ingest
from tests.reconcile.bench import Bench, bench
from tests.staff import town
from tests.staff.town import ALPHA

PAGE = f"/chats/{ALPHA.chat('class', '7a')}"
ACCOUNT = {name: 1000 + place for place, name in enumerate(town.PEOPLE)}


async def click(console: Running, token: str, path: str, **fields: str) -> None:
    """Send a form that has seen everything, and wait until all is done."""
    form = {FIELD: form_token(token), "position": "99", "act_id": str(uuid4())} | fields
    url = console.at.console + path
    answer = await console.client.post(url, data=form, headers=own_page(console))
    assert answer.status_code in {200, 303}, answer.text


async def settled(school: Bench) -> dict[int, str]:
    """The messenger's chat of the class, once nothing is due."""
    await derive_all(school.engine)
    await school.settle()
    chats = [each["title"] for each in await school.chats()]
    (title,) = [each for each in chats if each in {"alpha 7а - Ученики", "Наш класс"}]
    return await school.members(str(title))


async def test_each_act_ends_in_the_messengers_chat(database_url: str) -> None:
    async with bench(database_url) as school, running(database_url, who=None) as console:
        await ingest(school.engine, *town.facts(ALPHA, 1000))
        leader, pupil, parent = (ACCOUNT[each] for each in ("leader", "pupil-1", "parent-1"))
        assert await settled(school) == {leader: "administrator", pupil: "member"}
        token = await console.sign_in_as(ALPHA.id("leader"))
        undone = str(uuid4())
        await click(
            console, token, f"{PAGE}/members/remove", also=ALPHA.id("pupil-1"), act_id=undone
        )
        assert await settled(school) == {leader: "administrator"}
        await click(console, token, f"{PAGE}/undo", undo=undone)
        assert await settled(school) == {leader: "administrator", pupil: "member"}
        await click(console, token, f"{PAGE}/people/add", also=ALPHA.id("parent-1"))
        await click(console, token, f"{PAGE}/members/promote", also=ALPHA.id("pupil-1"))
        assert await settled(school) == {
            leader: "administrator",
            pupil: "administrator",
            parent: "member",
        }
        await click(console, token, f"{PAGE}/members/demote", also=ALPHA.id("pupil-1"))
        await click(console, token, f"{PAGE}/title", title="Наш класс")
        assert (await settled(school))[pupil] == "member"
        assert "Наш класс" in [each["title"] for each in await school.chats()]
