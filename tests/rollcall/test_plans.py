"""``plan``, ``approve``, ``reject`` and ``explain`` as a person at a terminal meets them."""

import json
from collections.abc import AsyncIterator

import pytest

from domain.ids import ChatId
from rollcall.commands.session import login
from tests.reconcile.town import Town, accounts, town
from tests.rollcall.running import Told, command

PEOPLE = accounts(30)


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Town]:
    """A school with the usual limits."""
    async with town(database_url) as made:
        yield made


async def held_chat(place: Town) -> ChatId:
    """A chat of thirty whose plan to remove seven is held."""
    chat = await place.chat("9g", PEOPLE)
    await place.leave(chat, PEOPLE[:7])
    await place.work()
    return chat


async def rollcall(place: Town, *words: str) -> Told:
    """A command that is told nothing but the database."""
    return await command(*words, ROLLCALL_POSTGRES__URL=place.url)


async def test_what_is_shown_is_approved_by_its_hash_and_is_what_is_called(place: Town) -> None:
    chat = await held_chat(place)
    code, out, _ = await rollcall(place, "plan", "--json")
    held = json.loads(out)
    assert (code, held["chat_id"], held["removals"], held["state"]) == (0, chat, 7, "held")
    code, out, _ = await rollcall(place, "plan", chat, "--json")
    dry = json.loads(out)
    assert (dry["state"], dry["hash"], dry["actions"]) == ("held", held["hash"], held["actions"])
    code, out, _ = await rollcall(place, "approve", held["hash"], "--by", "petrova")
    assert code == 0
    assert out.startswith("approved until ")
    assert json.loads((await rollcall(place, "plan", chat, "--json"))[1])["state"] == "approved"
    await place.work()
    called = [{"action": "remove", "user_id": user} for _, user in place.messenger.removed]
    assert called == held["actions"]
    assert await place.value("SELECT decided_by FROM held_plans") == "petrova"


async def test_planning_writes_nothing(place: Town) -> None:
    chat = await place.chat("9g", PEOPLE)
    await place.leave(chat, PEOPLE[:7])
    code, out, _ = await rollcall(place, "plan", chat)
    assert code == 0
    assert out.split()[1] == "held"
    assert await place.states() == []
    assert await place.value("SELECT count(*) FROM removal_reservations") == 0


async def test_what_cannot_be_decided_is_said_in_one_line_and_is_exit_3(place: Town) -> None:
    chat = await held_chat(place)
    old = (await place.the_held()).hash
    await place.leave(chat, PEOPLE[7:9])
    await place.work()
    for word, name in (("approve", "nonsense"), ("approve", old), ("reject", old)):
        code, out, err = await rollcall(place, word, name)
        assert (code, out, err.count("\n")) == (3, "", 1)
    assert (await rollcall(place, "reject", (await place.the_held()).hash))[0] == 0
    assert await place.states() == ["superseded", "rejected"]
    assert (await rollcall(place, "plan", "class:nowhere"))[0] == 1


async def test_why_a_person_is_in_a_chat_or_not_is_told_without_names(place: Town) -> None:
    chat = await held_chat(place)
    code, out, _ = await rollcall(place, "explain", chat, "p-1000", "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["role"], told["present"], told["profile"]) == (None, True, "linked")
    assert (told["chat_state"], told["waiting"]) == ("held", "held")
    assert told["history"][0]["reasons"] == [{"kind": "order", "ref": "o-1000"}]
    code, out, _ = await rollcall(place, "explain", chat, "p-1010")
    assert code == 0
    assert "expected as member" in out
    code, out, _ = await rollcall(place, "explain", chat, "nobody")
    assert (code, "not expected" in out) == (0, True)


async def test_a_chat_that_is_gone_is_brought_back_by_a_person(place: Town) -> None:
    chat = await place.chat("9g", PEOPLE)
    assert (await rollcall(place, "bring-back", chat))[0] == 3
    await place.sql("UPDATE chat_sync SET gone_at = clock_now()")
    code, out, _ = await rollcall(place, "bring-back", chat, "--by", "petrova")
    assert (code, out.split()[0]) == (0, chat)
    assert await place.value("SELECT choice || ' ' || author FROM decisions") == "kept petrova"
    assert (await rollcall(place, "bring-back", "class:nowhere"))[0] == 1


async def test_after_a_rejection_everything_says_rejected(place: Town) -> None:
    chat = await held_chat(place)
    name = (await place.the_held()).hash
    assert (await rollcall(place, "reject", name, "--by", "petrova"))[0] == 0
    await place.work()
    code, out, err = await rollcall(place, "reject", name, "--by", "ivanova")
    assert (code, out) == (3, "")
    assert "it was rejected already, by petrova on " in err
    assert "  rejected by petrova, until " in (await rollcall(place, "plan"))[1]
    dry = json.loads((await rollcall(place, "plan", chat, "--json"))[1])
    assert (dry["state"], dry["hash"]) == ("rejected", name)
    assert {each["state"] for each in dry["waiting"]} == {"rejected"}
    assert "(rejected)" in (await rollcall(place, "plan", chat))[1]
    assert await place.value("SELECT state FROM dashboard.chats") == "rejected"
    journal = "SELECT decided_by || ' ' || (ran_by IS NOT NULL) FROM dashboard.plan_decisions"
    assert await place.value(journal) == "petrova true"


async def test_an_account_that_is_not_in_the_chat_cannot_be_kept_and_kept_ones_are_listed(
    place: Town,
) -> None:
    chat = await place.chat("9g", PEOPLE)
    code, _, err = await rollcall(place, "keep", chat, "4711")
    assert (code, err.count("\n")) == (3, 1)
    assert (await rollcall(place, "keep", chat, "1000", "--by", "petrova"))[0] == 0
    listed = json.loads((await rollcall(place, "drift", "--kept", "--json"))[1])
    assert (listed["max_user_id"], listed["author"], listed["state"]) == (1000, "petrova", "kept")
    assert (await rollcall(place, "keep", chat, "1000", "--no-longer"))[0] == 0
    assert "nobody is kept" in (await rollcall(place, "drift", "--kept"))[2]


def test_a_login_without_a_name_is_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4242")

    monkeypatch.setattr("getpass.getuser", nobody)
    monkeypatch.setattr("os.getuid", lambda: 4242)
    assert login() == "uid-4242"


async def test_who_brings_a_chat_back_is_told_by_an_id_for_it_is_published(place: Town) -> None:
    chat = await place.chat("9g", PEOPLE)
    await place.sql("UPDATE chat_sync SET gone_at = clock_now()")
    code, _, err = await rollcall(place, "bring-back", chat, "--by", "Мария Ивановна")
    assert (code, err.count("\n")) == (1, 1)
    assert (await rollcall(place, "bring-back", chat, "--by", "petrova"))[0] == 0
    said = "SELECT value->'data'->>'deleted' FROM outbox WHERE topic = 'rollcall.decisions'"
    assert await place.value(said) == "false"
