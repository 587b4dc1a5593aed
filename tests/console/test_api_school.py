"""The API's «Сводка школы», settings, initialising and outsiders: what the screens tell and do."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from domain.chats import ChatKind
from domain.facts import EmploymentRole
from domain.ids import SchoolId
from operations.installation import Installation
from projections.database import transaction
from projections.derive.config import ChatKindsOff
from tests.console.test_api_v1 import CHAT, Program, program, program_of
from tests.domain import builders as make
from tests.projections.builders import derive_all, fetch, ingest
from tests.staff.town import ALPHA, BETA, FOREIGN, OWN

__all__ = ["program"]

SCHOOL = f"/schools/{OWN}"
INITIALISATION = f"{SCHOOL}/initialisation"
CHOICE: dict[str, object] = {"kinds": ["class"], "drops_by_hand": False}
STRANGER, UNSEEN = 78, 4_000


async def told(program: Program, path: str, who: str = "administrator") -> dict[str, Any]:
    answer = await program.ask("GET", path, who=who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refusal(
    program: Program, method: str, path: str, body: object = None, who: str = "administrator"
) -> tuple[int, str]:
    answer = await program.ask(method, path, body, who)
    return answer.status_code, answer.json()["code"]


async def test_the_summary_is_the_schools_for_one_and_the_classes_for_another(
    program: Program,
) -> None:
    whole = await told(program, f"{SCHOOL}/summary?size=1&page=2")
    assert (whole["total"], whole["page"], whole["whole"]) == (2, 2, True)
    assert [row["name"] for row in whole["items"]] == ["alpha 8б"]
    assert whole["pupils"] == {"people": 3, "linked": 2, "inside": 2}
    assert whole["staff"]["people"] == 5
    own = await told(program, f"{SCHOOL}/summary", "leader")
    assert ([row["class_id"] for row in own["items"]], own["whole"], own["staff"]) == (
        [ALPHA.id("7a")], False, None,
    )  # fmt: skip
    of_class = f"{SCHOOL}/summary/classes/{ALPHA.id('7a')}"
    people = await told(program, f"{of_class}?show=outside&part=pupil", "leader")
    (pupil,) = people["items"]
    assert (pupil["person_id"], pupil["why"]) == (ALPHA.id("pupil-2"), "no_profile")
    assert (people["total"], people["everybody"]) == (1, 3)
    parent = (await told(program, f"{of_class}?part=parent"))["items"][0]
    assert [ward["given_name"] for ward in parent["wards"]] == ["pupil-1"]
    assert (await told(program, f"{SCHOOL}/summary/staff"))["class_id"] is None


async def test_a_class_is_told_at_the_address_of_its_own_school_only(program: Program) -> None:
    """The module was asked about for the school that the address names."""
    both = make.employment(
        ALPHA.id("administrator"), EmploymentRole.ADMINISTRATOR, school_id=FOREIGN
    )
    await ingest(program.console.engine, both)
    of_class = f"summary/classes/{BETA.id('7a')}"
    assert (await told(program, f"/schools/{FOREIGN}/{of_class}"))["school_id"] == FOREIGN
    assert await refusal(program, "GET", f"{SCHOOL}/{of_class}") == (404, "not_found")


async def test_a_kind_is_switched_once_by_the_person_and_told_by_whom(program: Program) -> None:
    path = f"{SCHOOL}/settings"
    assert {kind["on"] for kind in (await told(program, path))["kinds"]} == {True}
    for _ in range(2):
        answer = await program.ask("PUT", f"{path}/kinds/subject", {"created": "off"})
        assert answer.json() == await told(program, path)
    off = [kind for kind in answer.json()["kinds"] if not kind["on"]]
    assert [(kind["kind"], kind["by"]["given_name"]) for kind in off] == [
        ("subject", "administrator")
    ]
    journal = await fetch(
        program.console.engine, "SELECT choice, author FROM decisions WHERE subject = 'kind'"
    )
    assert journal == [("off", ALPHA.id("administrator"))]
    wrong = await refusal(program, "PUT", f"{path}/kinds/lesson", {"created": "off"})
    assert wrong == (422, "not_understood")


async def test_initialising_begins_what_was_shown_once_and_nothing_else(program: Program) -> None:
    before = await told(program, INITIALISATION)
    assert (before["under_way"], before["latest"]) == (False, None)
    plan = (await program.ask("POST", f"{INITIALISATION}/plan", CHOICE)).json()
    assert {chat["kind"] for chat in plan["chats"]} == {"class"}
    assert (await told(program, INITIALISATION))["latest"] is None
    other = CHOICE | {"kinds": ["class", "parents"], "hash": plan["hash"]}
    assert await refusal(program, "POST", INITIALISATION, other) == (409, "plan_changed")
    confirmed = CHOICE | {"hash": plan["hash"]}
    first, again = [await program.ask("POST", INITIALISATION, confirmed) for _ in range(2)]
    assert first.status_code == 200, first.text
    assert first.json() == again.json() == await told(program, INITIALISATION)
    latest = first.json()["latest"]
    assert (first.json()["under_way"], latest["started_by"]) == (True, ALPHA.id("administrator"))
    assert {chat["chat_id"] for chat in latest["chats"]} == {
        chat["chat_id"] for chat in plan["chats"]
    }
    late = await refusal(program, "POST", INITIALISATION, other)
    assert late == (409, "under_way")


async def test_whom_somebody_brought_in_is_kept_and_let_go_each_once(program: Program) -> None:
    engine = program.console.engine
    async with transaction(engine) as connection:
        await connection.execute(
            text("INSERT INTO observed_members VALUES (:chat, :who, false, clock_now())"),
            {"chat": CHAT, "who": STRANGER},
        )
    path = f"/chats/{CHAT}/outsiders"
    body = {"account": STRANGER, "version": await program.version()}
    for act, stays in (("keep", True), ("remove", False)):
        key = str(uuid4())
        for _ in range(2):
            answer = await program.ask("POST", f"{path}/{act}", body, key=key)
            assert answer.json() == {"account": STRANGER, "stays": stays, "act_id": key}
    journal = await fetch(
        engine, "SELECT choice FROM decisions WHERE chat_id = :chat AND account = :who ORDER BY at",
        chat=CHAT, who=STRANGER,
    )  # fmt: skip
    assert journal == [("kept",), ("released",)]
    unseen = body | {"account": UNSEEN}
    for act in ("keep", "remove"):
        assert await refusal(program, "POST", f"{path}/{act}", unseen) == (409, "not_there")
    ((own,),) = await fetch(
        engine, "SELECT max_user_id FROM fact_profiles WHERE person_id = :who",
        who=ALPHA.id("pupil-1"),
    )  # fmt: skip
    belongs = await refusal(program, "POST", f"{path}/remove", body | {"account": own})
    assert belongs == (409, "belongs")


async def test_a_person_who_was_let_go_is_let_go_once_also_when_they_are_gone(
    program: Program,
) -> None:
    engine, key = program.console.engine, str(uuid4())
    ((account,),) = await fetch(
        engine, "SELECT max_user_id FROM fact_profiles WHERE person_id = :who",
        who=ALPHA.id("runner"),
    )  # fmt: skip
    there = {"chat": CHAT, "who": account}
    async with transaction(engine) as connection:
        await connection.execute(
            text("INSERT INTO observed_members VALUES (:chat, :who, false, clock_now())"), there
        )
    path = f"/chats/{CHAT}/outsiders/remove"
    body = {"account": account, "version": await program.version()}
    first = await program.ask("POST", path, body, key=key)
    await derive_all(engine)
    async with transaction(engine) as connection:
        await connection.execute(
            text("DELETE FROM observed_members WHERE chat_id = :chat AND max_user_id = :who"), there
        )
    again = await program.ask("POST", path, body, key=key)
    assert first.json() == again.json() == {"account": account, "stays": False, "act_id": key}


@pytest.mark.parametrize("path", [
    "summary", "summary/staff", f"summary/classes/{ALPHA.id('7a')}", "settings", "initialisation",
])  # fmt: skip
async def test_where_the_module_is_off_nothing_of_the_school_is_told(
    town_url: str, path: str
) -> None:
    off = Installation(kinds_off=ChatKindsOff(by_school={SchoolId(OWN): frozenset(ChatKind)}))
    async with program_of(town_url, off) as program:
        assert await refusal(program, "GET", f"{SCHOOL}/{path}") == (403, "module_off")
