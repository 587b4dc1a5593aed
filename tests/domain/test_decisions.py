"""What staff decided by hand comes on top of the rules (the guide, 3.1 and 3.4)."""

from itertools import permutations

import pytest

from domain.decisions import MembershipDecision, RoleDecision
from domain.expected import ReasonKind, Role
from domain.facts import EmploymentRole, Fact
from tests.domain.builders import (
    CLASS,
    PARENTS,
    World,
    decision,
    employment,
    enrolment,
    guardianship,
    person,
    school,
    school_class,
    withdrawal,
)

ADDED, EXCLUDED, UNDECIDED = MembershipDecision
CHIEF, PLAIN, NO_ROLE = RoleDecision

SCHOOL: tuple[Fact, ...] = (
    school(),
    school_class(teacher="kate"),
    school_class("9a"),
    enrolment("ann"),
    guardianship("mum", "ann"),
    enrolment("bob", "9a"),
    guardianship("bobs", "bob"),
    employment("nurse", EmploymentRole.STAFF),
)


@pytest.mark.parametrize("name", ["nurse", "bob", "bobs", "mum"])
def test_anybody_who_belongs_to_the_school_can_be_added_to_any_chat(name: str) -> None:
    world = World(*SCHOOL, decisions=[decision(name, ADDED)])
    assert world.roles(CLASS) == {"kate": Role.ADMINISTRATOR, "ann": Role.MEMBER, name: Role.MEMBER}


def test_one_added_by_hand_has_that_decision_as_the_reason() -> None:
    world = World(*SCHOOL, decisions=[decision("nurse", ADDED)])
    (nurse,) = (each for each in world.expected(CLASS) if each.person_id == "nurse")
    assert [(reason.kind, reason.ref) for reason in nurse.reasons] == [(ReasonKind.DECISION, "d1")]


@pytest.mark.parametrize(
    "leaving",
    [
        ("nurse", employment("nurse", EmploymentRole.STAFF, ended=True, version=2)),
        ("bob", withdrawal("bob", "9a")),
        ("bobs", withdrawal("bob", "9a")),
        ("bobs", guardianship("bobs", "bob", ended=True, version=2)),
        ("bobs", person("bobs", removed=True)),
        ("bobs", person("bob", removed=True)),
    ],
    ids=[
        "employment ended",
        "withdrawn",
        "their pupil withdrawn",
        "guardianship ended",
        "removed",
        "their pupil removed",
    ],
)
def test_one_added_by_hand_leaves_with_the_school(leaving: tuple[str, Fact]) -> None:
    name, fact = leaving
    world = World(*SCHOOL, decisions=[decision(name, ADDED)])
    assert name in world.people(CLASS)
    assert name not in world.with_facts(fact).people(CLASS)


def test_a_stranger_to_the_school_cannot_be_added() -> None:
    assert "who" not in World(*SCHOOL, decisions=[decision("who", ADDED)]).people(CLASS)


def test_one_excluded_by_hand_is_out_whatever_the_reasons() -> None:
    world = World(*SCHOOL, guardianship("kate", "ann"), decisions=[decision("kate", EXCLUDED)])
    assert world.people(CLASS) == {"ann"}
    assert "kate" in world.people(PARENTS)


def test_an_exclusion_beats_a_role_given_by_hand() -> None:
    world = World(
        *SCHOOL, decisions=[decision("ann", CHIEF), decision("ann", EXCLUDED, decision_id="d2")]
    )
    assert world.people(CLASS) == {"kate"}


def test_a_role_by_hand_overrides_the_rules_both_ways() -> None:
    world = World(*SCHOOL, decisions=[decision("ann", CHIEF), decision("kate", PLAIN)])
    assert world.roles(CLASS) == {"ann": Role.ADMINISTRATOR, "kate": Role.MEMBER}
    assert {each.person_id: each.by_hand for each in world.expected(CLASS)} == {
        "ann": True,
        "kate": False,
    }


def test_a_role_by_hand_brings_nobody_in() -> None:
    assert "nurse" not in World(*SCHOOL, decisions=[decision("nurse", CHIEF)]).people(CLASS)


def test_one_added_and_made_administrator_by_hand_is_both() -> None:
    both = [decision("nurse", ADDED), decision("nurse", CHIEF, decision_id="d2")]
    assert World(*SCHOOL, decisions=both).roles(CLASS)["nurse"] is Role.ADMINISTRATOR


def test_a_decision_taken_back_leaves_the_rules_alone() -> None:
    first = [decision("ann", EXCLUDED), decision("kate", PLAIN, decision_id="d2")]
    back = [
        decision("ann", UNDECIDED, decision_id="d3", hour=13),
        decision("kate", NO_ROLE, decision_id="d4", hour=13),
    ]
    assert World(*SCHOOL, decisions=[*first, *back]).roles(CLASS) == World(*SCHOOL).roles(CLASS)


def test_the_latest_decision_counts_whatever_order_they_come_in() -> None:
    journal = [
        decision("ann", EXCLUDED, decision_id="d1", hour=12),
        decision("ann", ADDED, decision_id="d2", hour=12),
        decision("ann", UNDECIDED, decision_id="d9", hour=11),
    ]
    for shuffled in permutations(journal):
        assert "ann" in World(*SCHOOL, decisions=shuffled).people(CLASS)
    undone = [*journal, decision("ann", EXCLUDED, decision_id="d0", hour=13)]
    for shuffled in permutations(undone):
        assert "ann" not in World(*SCHOOL, decisions=shuffled).people(CLASS)


def test_a_decision_about_another_chat_counts_for_nothing_here() -> None:
    world = World(*SCHOOL, decisions=[decision("ann", EXCLUDED, PARENTS)])
    assert "ann" in world.people(CLASS)
