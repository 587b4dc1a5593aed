"""Who belongs in which chat: the guide's rules, each as a sentence."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from domain.expected import ExpectedMember, Reason, ReasonKind, Role
from domain.facts import EmploymentRole, Fact
from domain.ids import PersonId
from domain.rules import expected_members
from tests.domain.builders import (
    CHEMISTRY,
    CLASS,
    EVENT_TIME,
    PARENTS,
    ROOM,
    World,
    cancellation,
    employment,
    enrolment,
    group,
    guardianship,
    person,
    school,
    school_class,
    withdrawal,
)

TEACHER, ADMINISTRATOR, STAFF = (
    EmploymentRole.TEACHER,
    EmploymentRole.ADMINISTRATOR,
    EmploymentRole.STAFF,
)
MEMBER, CHIEF = Role.MEMBER, Role.ADMINISTRATOR

SCHOOL: tuple[Fact, ...] = (school(), school_class(teacher="kate"), group(teachers=["rose"]))
"""A school with a class 9г of the class teacher Kate, and chemistry by Rose."""

FAMILY: tuple[Fact, ...] = (enrolment("ann"), guardianship("mum", "ann"))
"""Ann is enrolled in 9г, and her mother is her guardian."""


def test_the_staff_room_has_all_teachers_and_the_school_administrators_lead_it() -> None:
    world = World(
        *SCHOOL,
        employment("t", TEACHER),
        employment("a", ADMINISTRATOR),
        employment("both", TEACHER, ADMINISTRATOR),
        employment("cook", STAFF),
        employment("nobody"),
        employment("former", TEACHER, ADMINISTRATOR, ended=True),
        employment("elsewhere", TEACHER, school_id="s2"),
    )
    assert world.roles(ROOM) == {"t": MEMBER, "a": CHIEF, "both": CHIEF}


def test_the_class_chat_has_the_class_teacher_who_leads_it_and_the_pupils_placed_there() -> None:
    world = World(*SCHOOL, *FAMILY, enrolment("bob", "9a"), withdrawal("cyd"))
    assert world.roles(CLASS) == {"kate": CHIEF, "ann": MEMBER}


def test_the_parents_chat_has_the_class_teacher_and_all_guardians_of_the_pupils() -> None:
    world = World(
        *SCHOOL,
        *FAMILY,
        guardianship("dad", "ann"),
        guardianship("uncle", "ann", ended=True),
        guardianship("stranger", "zed"),
    )
    assert world.roles(PARENTS) == {"kate": CHIEF, "mum": MEMBER, "dad": MEMBER}


def test_a_subject_chat_has_its_teachers_and_the_whole_class() -> None:
    world = World(*SCHOOL, *FAMILY, enrolment("bob"))
    assert world.roles(CHEMISTRY) == {"rose": CHIEF, "ann": MEMBER, "bob": MEMBER}


def test_a_subgroup_has_only_the_pupils_of_its_list_who_are_placed_in_the_class() -> None:
    half = group(teachers=["rose", "lea"], pupils=["ann", "gone"])
    world = World(school(), school_class(), half, enrolment("ann"), enrolment("bob"))
    assert world.roles(CHEMISTRY) == {"rose": CHIEF, "lea": CHIEF, "ann": MEMBER}


def test_a_subgroup_with_nobody_on_its_list_is_not_the_whole_class() -> None:
    world = World(school(), school_class(), group(teachers=["rose"], pupils=[]), *FAMILY)
    assert world.people(CHEMISTRY) == {"rose"}


def test_the_class_teacher_is_not_in_subject_chats_and_guardians_are_in_parents_chats_only() -> (
    None
):
    world = World(*SCHOOL, *FAMILY)
    assert world.chats_with("kate") == {CLASS, PARENTS}
    assert world.chats_with("mum") == {PARENTS}
    assert world.chats_with("ann") == {CLASS, CHEMISTRY}
    assert world.chats_with("rose") == {CHEMISTRY}


def test_an_empty_class_has_its_class_teacher() -> None:
    assert World(*SCHOOL).people(CLASS) == {"kate"}
    assert World(school(), school_class()).people(CLASS) == set()


def test_a_withdrawn_pupil_leaves_every_chat_of_the_class_and_so_does_the_guardian() -> None:
    world = World(*SCHOOL, *FAMILY).with_facts(withdrawal("ann"))
    assert world.chats_with("ann") == set()
    assert world.chats_with("mum") == set()


def test_cancelling_the_withdrawal_brings_pupil_and_guardian_back() -> None:
    world = World(*SCHOOL, *FAMILY, withdrawal("ann"), cancellation("-ann"))
    assert world.chats_with("ann") == {CLASS, CHEMISTRY}
    assert world.chats_with("mum") == {PARENTS}


def test_cancelling_the_enrolment_takes_pupil_and_guardian_out() -> None:
    world = World(*SCHOOL, *FAMILY, cancellation("+ann"))
    assert world.chats_with("ann") == world.chats_with("mum") == set()


def test_a_transferred_pupil_moves_to_the_chats_of_the_new_class() -> None:
    moved = enrolment("ann", "9a", date(2026, 10, 1), "2")
    world = World(*SCHOOL, school_class("9a", name="9а"), *FAMILY, moved)
    assert world.chats_with("ann") == {"class:9a"}
    assert world.chats_with("mum") == {"parents:9a"}
    assert world.chats_with("ann", date(2026, 9, 30)) == {CLASS, CHEMISTRY}


def test_everyone_withdrawn_at_once_leaves_the_teacher_alone() -> None:
    pupils = [f"p{number}" for number in range(30)]
    world = World(*SCHOOL, *map(enrolment, pupils), *map(withdrawal, pupils))
    assert world.people(CLASS) == {"kate"}
    assert len(world.people(CLASS, date(2026, 9, 30))) == 31


def test_an_order_that_takes_effect_tomorrow_changes_nothing_today() -> None:
    world = World(*SCHOOL, enrolment("ann", on=date(2026, 11, 25)))
    assert "ann" not in world.people(CLASS, date(2026, 11, 24))
    assert "ann" in world.people(CLASS, date(2026, 11, 25))


def test_a_guardian_of_twins_stays_while_one_of_them_is_in_the_class() -> None:
    twins = World(*SCHOOL, *FAMILY, enrolment("amy"), guardianship("mum", "amy"))
    one_left = twins.with_facts(withdrawal("ann"))
    assert "mum" in one_left.people(PARENTS)
    assert "mum" not in one_left.with_facts(withdrawal("amy")).people(PARENTS)


def test_a_class_teacher_who_is_a_guardian_too_leads_and_keeps_both_reasons() -> None:
    (kate, *_) = World(*SCHOOL, *FAMILY, guardianship("kate", "ann")).expected(PARENTS)
    assert kate.role is CHIEF
    assert [reason.kind for reason in kate.reasons] == [
        ReasonKind.CLASS_TEACHER,
        ReasonKind.GUARDIANSHIP,
    ]


def test_a_new_class_teacher_takes_the_place_of_the_old_one() -> None:
    world = World(*SCHOOL).with_facts(school_class(teacher="lea", version=2))
    assert world.roles(CLASS) == world.roles(PARENTS) == {"lea": CHIEF}


def test_a_pupil_who_is_a_guardian_too_is_in_both_chats() -> None:
    world = World(*SCHOOL, enrolment("big"), enrolment("small"), guardianship("big", "small"))
    assert world.chats_with("big") == {CLASS, CHEMISTRY, PARENTS}


def test_a_removed_person_is_nowhere_in_any_capacity() -> None:
    world = World(
        *SCHOOL,
        *FAMILY,
        employment("kate", TEACHER, ADMINISTRATOR),
        *(person(name, removed=True) for name in ("kate", "rose", "ann", "mum")),
    )
    assert [world.people(chat_id) for chat_id in world.chats()] == [set()] * 4


def test_a_removed_pupil_gives_no_guardian_a_reason() -> None:
    world = World(*SCHOOL, *FAMILY, person("ann", removed=True))
    assert "mum" not in world.people(PARENTS)
    twins = world.with_facts(enrolment("bob"), guardianship("mum", "bob"))
    assert "mum" in twins.people(PARENTS)


def test_a_removed_person_who_comes_back_is_expected_again() -> None:
    world = World(*SCHOOL, *FAMILY, person("ann", removed=True), person("ann", version=2))
    assert "ann" in world.people(CLASS)


def test_an_employment_that_ended_takes_the_class_and_the_subject_from_a_teacher() -> None:
    ended = [employment(name, TEACHER, ended=True) for name in ("kate", "rose")]
    world = World(*SCHOOL, *FAMILY, *ended)
    assert world.people(CLASS) == {"ann"}
    assert world.people(PARENTS) == {"mum"}
    assert world.people(CHEMISTRY) == {"ann"}


def test_an_employment_that_ended_in_another_school_takes_nothing() -> None:
    world = World(*SCHOOL, employment("kate", TEACHER, school_id="s2", ended=True))
    assert "kate" in world.people(CLASS)


def test_a_former_teacher_stays_as_a_guardian() -> None:
    world = World(
        *SCHOOL, *FAMILY, guardianship("kate", "ann"), employment("kate", TEACHER, ended=True)
    )
    assert world.roles(PARENTS) == {"kate": MEMBER, "mum": MEMBER}


def test_nobody_needs_an_employment_or_a_person_fact_to_be_expected() -> None:
    world = World(*SCHOOL, *FAMILY)
    assert world.people(CLASS) == {"kate", "ann"}


def test_an_order_of_another_school_gives_no_reason_here() -> None:
    world = World(*SCHOOL, school("s2"), enrolment("ann", school_id="s2"))
    assert world.people(CLASS) == {"kate"}
    assert world.people(CHEMISTRY) == {"rose"}


def test_an_order_that_names_another_schools_class_counts_in_its_own_schools_fold() -> None:
    foreign = enrolment("ann", "elsewhere", date(2026, 10, 1), "2")
    world = World(
        *SCHOOL, school("s2"), school_class("elsewhere", school_id="s2"), *FAMILY, foreign
    )
    assert world.chats_with("ann") == set()
    assert world.chats_with("ann", date(2026, 9, 30)) == {CLASS, CHEMISTRY}


def test_a_pupil_may_be_placed_in_two_schools() -> None:
    other = (school("s2"), school_class("b", school_id="s2"))
    world = World(*SCHOOL, *FAMILY, *other, enrolment("ann", "b", order_id="2", school_id="s2"))
    assert world.chats_with("ann") == {CLASS, CHEMISTRY, "class:b"}
    assert world.chats_with("mum") == {PARENTS, "parents:b"}


def test_a_subject_group_of_another_schools_class_has_a_chat_and_gives_nobody_a_reason() -> None:
    alien = group("alien", ["rose"], class_id="9g", school_id="s2")
    world = World(*SCHOOL, *FAMILY, school("s2"), alien)
    assert world.people(CHEMISTRY) == {"rose", "ann"}
    assert "subject:alien" in world.chats()
    assert world.chats_with("rose") == {CHEMISTRY}
    assert world.chats_with("ann") == {CLASS, CHEMISTRY}


def test_last_years_class_of_the_same_name_is_another_class() -> None:
    world = World(*SCHOOL, school_class("9g-2025", name="9г"), enrolment("old", "9g-2025"))
    assert "old" not in world.people(CLASS)
    assert world.chats_with("old") == {"class:9g-2025"}
    assert [chat.title for chat in world.chats().values()].count("9г - Ученики") == 2


def test_each_reason_tells_its_fact_its_role_and_since_when() -> None:
    world = World(*SCHOOL, *FAMILY, employment("t", TEACHER, ADMINISTRATOR))
    midnight = datetime(2026, 8, 31, 21, tzinfo=UTC)
    told = {
        chat_id: {reason for member in world.expected(chat_id) for reason in member.reasons}
        for chat_id in world.chats()
    }
    led = Reason(ReasonKind.CLASS_TEACHER, "9g", CHIEF, EVENT_TIME)
    placed = Reason(ReasonKind.ORDER, "+ann", MEMBER, midnight, "+ann")
    assert told == {
        ROOM: {
            Reason(ReasonKind.EMPLOYMENT, "s1", MEMBER, EVENT_TIME),
            Reason(ReasonKind.EMPLOYMENT, "s1", CHIEF, EVENT_TIME),
        },
        CLASS: {led, placed},
        PARENTS: {led, Reason(ReasonKind.GUARDIANSHIP, "mum:ann", MEMBER, midnight, "+ann")},
        CHEMISTRY: {Reason(ReasonKind.SUBJECT_GROUP, "chem", CHIEF, EVENT_TIME), placed},
    }


def test_members_come_by_id_and_a_teacher_named_twice_has_one_reason() -> None:
    world = World(school(), school_class(), group(teachers=["rose", "lea", "rose"]), *FAMILY)
    since = EVENT_TIME
    teacher = (Reason(ReasonKind.SUBJECT_GROUP, "chem", CHIEF, since),)
    assert world.expected(CHEMISTRY)[1:] == (
        ExpectedMember(PersonId("lea"), CHIEF, teacher),
        ExpectedMember(PersonId("rose"), CHIEF, teacher),
    )


def test_the_reasons_of_one_person_come_in_a_fixed_order() -> None:
    bonds = guardianship("mum", "ann"), guardianship("mum", "bob")
    orders = enrolment("ann"), enrolment("bob")
    one = World(*SCHOOL, *bonds, *orders)
    other = World(*SCHOOL, *orders[::-1], *bonds)
    assert one.expected(PARENTS) == other.expected(PARENTS)
    assert [reason.ref for reason in one.expected(PARENTS)[1].reasons] == ["mum:ann", "mum:bob"]


def test_facts_of_another_school_or_class_that_are_handed_in_give_no_reason() -> None:
    facts = World(*SCHOOL, *FAMILY).facts_of(CHEMISTRY)
    foreign = enrolment("zed", school_id="s2"), enrolment("yan", "9a")
    mixed = replace(facts, roster={**facts.roster, **{each.pupil_id: each for each in foreign}})
    assert expected_members(mixed) == expected_members(facts)
    assert expected_members(replace(facts, group=group(teachers=["t"], school_id="s2"))) == ()


@pytest.mark.parametrize("zone", ["Europe/Kaliningrad", "Asia/Kamchatka", "Mars/Olympus"])
def test_a_pupil_is_expected_since_the_schools_own_midnight(zone: str) -> None:
    world = World(school(timezone=zone), school_class(), enrolment("ann"))
    since = {
        "Europe/Kaliningrad": datetime(2026, 8, 31, 22, tzinfo=UTC),
        "Asia/Kamchatka": datetime(2026, 8, 31, 12, tzinfo=UTC),
        "Mars/Olympus": datetime(2026, 8, 31, 21, tzinfo=UTC),
    }
    assert world.expected(CLASS)[0].reasons[0].since == since[zone]


def test_before_its_school_is_known_a_class_has_chats_in_the_default_zone() -> None:
    world = World(school_class(), enrolment("ann"))
    assert world.chats().keys() == {CLASS, PARENTS}
    assert world.expected(CLASS)[0].reasons[0].since == datetime(2026, 8, 31, 21, tzinfo=UTC)


def test_a_subject_chat_waits_for_its_class_to_be_known() -> None:
    assert World(school(), group()).chats().keys() == {ROOM}
