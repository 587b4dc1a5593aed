"""Being kept, and being proposed, are weaker than the register and than the school's exclusion."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from domain.decisions import Decision, MembershipDecision
from domain.ids import ChatId, MaxUserId, PersonId
from domain.lanes import Lane
from projections.by_hand import decisions
from projections.database import transaction
from projections.derive.config import DeriveConfig
from projections.derive.rounds import derive_once
from projections.guard import kept_accounts
from tests.domain.builders import person
from tests.drift.people import CHIEF, CLASS, People
from tests.projections.builders import ingest

GUEST = 99
WITH_GUEST = {**CLASS, GUEST: "member"}


@pytest.fixture
async def linked(exclusive: People) -> People:
    """A chat whose guest is a person of ours."""
    await exclusive.school.sql(
        "INSERT INTO fact_profiles VALUES ('p-99', 99, 1, now(), 't', 'e', 't', 0, 0, now())"
    )
    return exclusive


async def _keep(people: People) -> None:
    async with transaction(people.school.engine) as connection:
        done = await kept_accounts.keep(connection, people.chat, MaxUserId(GUEST), "s-admin")
    assert done is kept_accounts.Keeping.KEPT
    await people.settle()


async def _log(people: People, role: str | None) -> None:
    """What derive writes when somebody becomes expected, or ceases to be."""
    async with transaction(people.school.engine) as connection:
        await connection.execute(
            text("""INSERT INTO past_memberships (chat_id, person_id, role, reasons, valid_from,
                                                    known_from)
                    VALUES (:chat, 'p-99', :role, '[]', clock_now(), clock_now())"""),
            {"chat": people.chat, "role": role},
        )


async def _exclude(people: People) -> None:
    decision = Decision(
        "d-1",
        ChatId(people.chat),
        PersonId("p-99"),
        "director",
        datetime(2026, 11, 1, tzinfo=UTC),
        MembershipDecision.EXCLUDED,
    )
    async with transaction(people.school.engine) as connection:
        await decisions.record(connection, decision, Lane.STAFF)
    await people.settle()


async def _comes(people: People, by: int | None = CHIEF) -> None:
    await people.act(GUEST, "join", by=by)
    await people.hear()


async def test_who_is_kept_and_was_expected_since_leaves_with_the_reason(linked: People) -> None:
    await _comes(linked)
    await _keep(linked)
    await linked.school.sql("UPDATE fact_profiles SET known_since = known_since")
    await _log(linked, "member")
    await linked.expect(WITH_GUEST)
    await linked.settle()
    await _log(linked, None)
    await linked.expect(CLASS)
    await linked.settle()
    assert await linked.members() == CLASS


async def test_who_was_expected_before_and_is_kept_after_that_stays(linked: People) -> None:
    await _log(linked, "member")
    await _log(linked, None)
    await _comes(linked)
    await _keep(linked)
    await linked.time_passes("9 days")
    assert await linked.members() == WITH_GUEST


async def test_an_exclusion_by_hand_beats_keeping(linked: People) -> None:
    await _comes(linked)
    await _keep(linked)
    assert await linked.members() == WITH_GUEST
    await _exclude(linked)
    assert await linked.members() == CLASS


async def test_who_is_excluded_leaves_at_once_though_an_administrator_added_them(
    linked: People,
) -> None:
    await _exclude(linked)
    await _comes(linked)
    assert await linked.members() == CLASS


async def test_who_was_removed_from_the_register_leaves_at_once(linked: People) -> None:
    await ingest(linked.school.engine, person("p-99", removed=True))
    await _comes(linked)
    assert await linked.members() == CLASS


async def test_a_removal_from_the_register_reaches_a_chat_that_the_person_is_only_present_in(
    linked: People,
) -> None:
    await _comes(linked)
    await _keep(linked)
    await ingest(linked.school.engine, person("p-99", removed=True))
    await derive_once(linked.school.engine, DeriveConfig())
    await linked.settle()
    assert await linked.members() == CLASS


async def test_a_stranger_who_is_excluded_by_hand_leaves_an_additive_chat(
    additive: People,
) -> None:
    await additive.school.sql(
        "INSERT INTO fact_profiles VALUES ('p-99', 99, 1, now(), 't', 'e', 't', 0, 0, now())"
    )
    await _comes(additive, None)
    assert await additive.members() == WITH_GUEST
    await _exclude(additive)
    assert await additive.members() == CLASS
