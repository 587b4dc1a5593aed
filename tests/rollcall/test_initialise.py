"""``initialise`` as a person at a terminal meets it."""

import json

from domain.decisions import MembershipDecision
from projections.by_hand import decisions
from projections.database import transaction
from tests.domain import builders as make
from tests.projections.builders import derive_all, engine_of, fetch
from tests.rollcall.running import Told, command
from tests.staff.town import ALPHA, PEOPLE

CHAT = ALPHA.chat("class", "7a")


async def test_what_is_shown_is_begun_by_its_hash_and_by_no_other(town_url: str) -> None:
    async def rollcall(*words: str) -> Told:
        return await command("initialise", *words, ROLLCALL_POSTGRES__URL=town_url)

    async with engine_of(town_url) as engine:
        async with transaction(engine) as connection:
            await decisions.record(
                connection, make.decision(ALPHA.id("staff"), MembershipDecision.ADDED, CHAT)
            )
        await derive_all(engine)
        classes = (ALPHA.school, "--kinds", "class", "--drop-by-hand")
        code, out, _ = await rollcall(*classes, "--json")
        told = json.loads(out)
        dropped = {each["chat_id"]: each["dropped"] for each in told["chats"]}
        assert (code, dropped[CHAT], told["under_way"]) == (0, [ALPHA.id("staff")], False)
        code, out, _ = await rollcall(*classes)
        assert (code, out.split()[0]) == (0, told["hash"])
        assert not any(each in out for each in PEOPLE if each not in {"staff", "runner"})

        code, _, err = await rollcall(*classes, "--approve", "0" * 64, "--by", "petrova")
        assert (code, err.count("\n"), "something else" in err) == (3, 1, True)
        assert await fetch(engine, "SELECT count(*) FROM initialisations") == [(0,)]
        code, _, _ = await rollcall(*classes, "--approve", told["hash"], "--by", "petrova")
        assert code == 0
        assert await fetch(engine, "SELECT started_by, kinds FROM initialisations") == [
            ("petrova", ["class"])
        ]
        code, out, _ = await rollcall(ALPHA.school)
        assert (code, "one is under way: 0 of 2 chats" in out) == (0, True)
        code, _, err = await rollcall(ALPHA.school, "--approve", out.split()[0], "--by", "ivanov")
        assert (code, "another is under way" in err) == (3, True)
        code, _, err = await rollcall("nowhere")
        assert (code, err) == (1, "rollcall: no such school: nowhere\n")
