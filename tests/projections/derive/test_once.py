import asyncio

import pytest
from sqlalchemy import text

from domain.chats import ChatKind
from domain.facts import EmploymentRole, Profile
from domain.ids import MaxUserId, PersonId, SchoolId
from domain.lanes import Lane
from projections.database import driver, transaction
from projections.derive import transaction as steps
from projections.derive.audit import Fault, audit
from projections.derive.config import ChatKindsOff, DeriveConfig
from projections.queue import claims as marks
from tests.domain.builders import (
    cancellation,
    employment,
    enrolment,
    group,
    guardianship,
    person,
    rank,
    school,
    school_class,
    withdrawal,
)
from tests.projections.builders import (
    derive_all,
    due_chats,
    engine_of,
    fetch,
    ingest,
    memberships,
    settle_due,
)

WORLD = (
    school(),
    school_class(teacher="t1"),
    group("chem", teachers=("t2",)),
    employment("t1", EmploymentRole.TEACHER),
    employment("boss", EmploymentRole.ADMINISTRATOR),
    enrolment("p1"),
    enrolment("p2"),
    guardianship("g1", "p1"),
)
EXPECTED = {
    "staff_room:s1": {"t1": "member", "boss": "administrator"},
    "class:9g": {"t1": "administrator", "p1": "member", "p2": "member"},
    "parents:9g": {"t1": "administrator", "g1": "member"},
    "subject:chem": {"t2": "administrator", "p1": "member", "p2": "member"},
}


async def test_marked_entities_become_expected_members_of_all_four_chats(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine)

        assert await memberships(engine) == EXPECTED
        assert await fetch(engine, "SELECT * FROM stale_entities") == []
        assert await due_chats(engine) == set(EXPECTED)
        assert await audit(engine) == []


@pytest.mark.parametrize("batch", [1, 2, 3, 7])
async def test_a_backlog_larger_than_a_batch_ends_in_the_same_members(
    database_url: str, batch: int
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine, DeriveConfig(batch=batch))

        assert await memberships(engine) == EXPECTED
        assert await audit(engine) == []


async def test_withdrawn_pupil_leaves_every_chat_of_the_class_and_so_do_guardians(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine)
        await settle_due(engine)
        await ingest(engine, withdrawal("p1"))
        await derive_all(engine)

        assert await memberships(engine) == {
            "staff_room:s1": EXPECTED["staff_room:s1"],
            "class:9g": {"t1": "administrator", "p2": "member"},
            "parents:9g": {"t1": "administrator"},
            "subject:chem": {"t2": "administrator", "p2": "member"},
        }
        assert await due_chats(engine) == {"class:9g", "parents:9g", "subject:chem"}


async def test_a_cancellation_that_came_first_is_found_when_its_order_comes(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, cancellation("+p1"))
        await derive_all(engine)
        await ingest(engine, *WORLD)
        await derive_all(engine)

        assert "p1" not in (await memberships(engine))["class:9g"]


async def test_a_cancelled_order_gives_the_place_back(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD, withdrawal("p1"))
        await derive_all(engine)
        await ingest(engine, cancellation("-p1"))
        await derive_all(engine)

        assert await memberships(engine) == EXPECTED


async def test_a_transfer_moves_the_pupil_and_the_guardian(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD, school_class("9d"))
        await derive_all(engine)
        await ingest(engine, enrolment("p1", "9d", order_id="move", hour=12))
        await derive_all(engine)

        found = await memberships(engine)
        assert found["class:9d"] == {"p1": "member"}
        assert found["parents:9d"] == {"g1": "member"}
        assert "p1" not in found["class:9g"]
        assert await audit(engine) == []


@pytest.mark.parametrize("who", ["p1", "g1", "t1", "t2", "boss"])
async def test_a_removed_person_leaves_every_chat_with_their_guardians_and_comes_back(
    database_url: str, who: str
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine)
        await ingest(engine, person(who, removed=True))
        await derive_all(engine)
        gone = {"p1", "g1"} if who == "p1" else {who}
        assert await memberships(engine) == {
            chat_id: {each: role for each, role in people.items() if each not in gone}
            for chat_id, people in EXPECTED.items()
        }
        assert await audit(engine) == []

        await ingest(engine, person(who, version=2))
        await derive_all(engine)
        assert await memberships(engine) == EXPECTED


async def test_an_ended_employment_takes_every_reason_of_that_school_away(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine)
        await ingest(
            engine,
            employment("t1", EmploymentRole.TEACHER, ended=True, version=2),
            employment("t2", EmploymentRole.TEACHER, ended=True, version=2),
        )
        await derive_all(engine)

        found = await memberships(engine)
        assert found["staff_room:s1"] == {"boss": "administrator"}
        assert not {"t1", "t2"} & {who for people in found.values() for who in people}
        assert await audit(engine) == []


async def test_facts_that_change_nothing_in_a_chat_do_not_make_it_due(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine)
        await settle_due(engine)
        await ingest(engine, school_class(teacher="t1", version=2))
        await derive_all(engine)
        assert await due_chats(engine) == set()

        await ingest(engine, school_class(teacher="t1", version=3, name="10г"))
        await derive_all(engine)
        assert await due_chats(engine) == {"class:9g", "parents:9g", "subject:chem"}


async def test_a_changed_account_makes_the_chats_of_its_person_due(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine)
        await settle_due(engine)
        async with transaction(engine) as connection:
            await connection.execute(
                text("""INSERT INTO observed_members VALUES ('staff_room:s1', 7, false, now())""")
            )
        await ingest(engine, Profile(rank(), PersonId("g1"), MaxUserId(7)))
        await derive_all(engine)
        assert await due_chats(engine) == {"parents:9g", "staff_room:s1"}

        await settle_due(engine)
        await ingest(engine, Profile(rank(2), PersonId("g1"), None))
        await derive_all(engine)
        assert await due_chats(engine) == {"parents:9g", "staff_room:s1"}


async def test_the_best_lane_of_a_chats_marks_is_its_lane(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD, lane=Lane.REPLAY)
        await ingest(engine, enrolment("p3"), lane=Lane.LIVE)
        await derive_all(engine)

        lanes = {
            row[0]: row[1] for row in await fetch(engine, "SELECT chat_id, lane FROM chat_sync")
        }
        assert lanes["class:9g"] == Lane.LIVE
        assert lanes["staff_room:s1"] == Lane.REPLAY


async def test_kinds_that_are_switched_off_are_not_created_and_existing_chats_go_on(
    database_url: str,
) -> None:
    off = DeriveConfig(
        kinds_off=ChatKindsOff(
            frozenset({ChatKind.SUBJECT}), {SchoolId("s1"): frozenset({ChatKind.STAFF_ROOM})}
        )
    )
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine, off)
        assert set(await memberships(engine)) == {"class:9g", "parents:9g"}
        assert await audit(engine, off) == []
        assert {each.fault for each in await audit(engine)} == {Fault.MISSING_CHAT}

    async with engine_of(database_url) as engine:
        await ingest(engine, school(version=2, timezone="Asia/Omsk"))
        await derive_all(engine)
        await ingest(engine, enrolment("p3"))
        await derive_all(engine, off)
        assert "p3" in (await memberships(engine))["subject:chem"]


async def test_the_audit_finds_a_member_too_many_one_too_few_and_one_changed(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine)
        async with transaction(engine) as connection:
            for statement in (
                "DELETE FROM expected_members WHERE person_id = 'p1' AND chat_id = 'class:9g'",
                "UPDATE expected_members SET role = 'member' WHERE person_id = 't2'",
                """INSERT INTO expected_members VALUES
                   ('parents:9g', 'x', 'member', false, '[]', now(), now())""",
                "UPDATE chats SET frozen = true WHERE chat_id = 'staff_room:s1'",
            ):
                await connection.execute(text(statement))

        assert {(each.chat_id, each.fault, each.person_id) for each in await audit(engine)} == {
            ("class:9g", Fault.MISSING_MEMBER, "p1"),
            ("subject:chem", Fault.CHANGED_MEMBER, "t2"),
            ("parents:9g", Fault.SURPLUS_MEMBER, "x"),
            ("staff_room:s1", Fault.CHAT, None),
        }


async def test_the_audit_excuses_what_a_mark_will_have_derived(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine)
        await ingest(engine, enrolment("p3"))

        assert await audit(engine) == []


async def test_a_chat_whose_data_is_refused_blocks_no_other(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        async with transaction(engine) as connection:
            await connection.execute(
                text("ALTER TABLE expected_members ADD CHECK (person_id <> 'p2')")
            )
        await ingest(engine, *WORLD, school_class("9d"), enrolment("p3", "9d"))
        await derive_all(engine)

        found = await memberships(engine)
        assert set(found) == {"staff_room:s1", "parents:9g", "class:9d"}
        marks = await fetch(engine, "SELECT kind, id FROM stale_entities ORDER BY id")
        assert marks == [("chat", "class:9g"), ("chat", "subject:chem")]


async def test_workers_side_by_side_end_in_the_same_members(database_url: str) -> None:
    async with engine_of(database_url, pool_size=4) as engine:
        for fact in WORLD:
            await ingest(engine, fact)
        config = DeriveConfig(batch=2)
        await asyncio.gather(*(derive_all(engine, config) for _ in range(4)))

        assert await memberships(engine) == EXPECTED
        assert await audit(engine) == []


async def test_what_a_lost_worker_had_claimed_is_derived_when_the_claim_lapses(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        async with transaction(engine) as connection:
            assert await marks.claim(await driver(connection), 1000, lease_seconds=60)
        assert await derive_all(engine) == 0
        assert await memberships(engine) == {}

    async with engine_of(database_url, "61 seconds") as engine:
        await derive_all(engine)
        assert await memberships(engine) == EXPECTED


async def test_a_mark_is_cleared_only_at_the_generation_that_was_read(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        async with transaction(engine) as connection:
            claimed = await marks.claim(await driver(connection), 1000, lease_seconds=60)
        await ingest(engine, enrolment("p3"))
        async with transaction(engine) as connection:
            await marks.clear(await driver(connection), claimed)

        left = await fetch(engine, "SELECT kind, id FROM stale_entities ORDER BY kind")
        assert left == [("class", "9g"), ("pupil", "p3")]


async def test_a_school_of_more_chats_than_one_transaction_takes_is_derived_in_parts(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "CHATS_LIMIT", 2)
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine)

        assert await memberships(engine) == EXPECTED
        assert await audit(engine) == []
