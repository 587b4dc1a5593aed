"""Expected memberships are the same for any order and repetition of the same facts."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from domain.decisions import Decision, MembershipDecision, RoleDecision
from domain.facts import EmploymentRole, Fact, Order
from tests.domain.builders import (
    CHEMISTRY,
    CLASS,
    PARENTS,
    ROOM,
    World,
    cancellation,
    decision,
    employment,
    enrolment,
    group,
    guardianship,
    person,
    school,
    school_class,
    withdrawal,
)

PEOPLE = st.sampled_from("abcd")
CLASSES = st.sampled_from(["9g", "9a"])
DAYS = st.sampled_from([date(2026, 9, 1), date(2026, 10, 1), date(2026, 12, 1)])
NUMBERS = st.integers(1, 3)

SOME_FACT: st.SearchStrategy[Fact] = st.one_of(
    st.builds(enrolment, PEOPLE, CLASSES, DAYS, NUMBERS.map(str)),
    st.builds(withdrawal, PEOPLE, CLASSES, DAYS, NUMBERS.map(lambda number: f"-{number}")),
    st.builds(cancellation, NUMBERS.map(str), st.sampled_from(["s1", "s2"])),
    st.builds(guardianship, PEOPLE, PEOPLE, ended=st.booleans(), version=NUMBERS),
    st.builds(
        employment, PEOPLE, st.sampled_from(EmploymentRole), ended=st.booleans(), version=NUMBERS
    ),
    st.builds(person, PEOPLE, removed=st.booleans(), version=NUMBERS),
)
SOME_DECISION: st.SearchStrategy[Decision] = st.builds(
    decision,
    PEOPLE,
    st.sampled_from(MembershipDecision) | st.sampled_from(RoleDecision),
    st.sampled_from([CLASS, PARENTS, ROOM]),
    NUMBERS.map(str),
    st.integers(1, 3),
)
SETTING: tuple[Fact, ...] = (
    school(),
    school_class(teacher="a"),
    school_class("9a"),
    group(teachers=["b"], pupils=["a", "c"]),
)


def as_events(facts: list[Fact]) -> list[Fact]:
    """The facts as events of their own, no two of which share an id."""
    return [
        replace(fact, rank=replace(fact.rank, event_id=str(number)))
        for number, fact in enumerate(facts)
    ]


def as_journal(decisions: list[Decision]) -> list[Decision]:
    """The decisions with ids of their own."""
    return [
        replace(each, decision_id=f"{each.decision_id}-{number}")
        for number, each in enumerate(decisions)
    ]


@given(
    st.lists(SOME_FACT, max_size=14).map(as_events),
    st.lists(SOME_DECISION, max_size=4).map(as_journal),
    DAYS,
    st.data(),
)
def test_any_order_and_repetition_of_a_history_expects_the_same_people(
    facts: list[Fact], decisions: list[Decision], today: date, data: st.DataObject
) -> None:
    history = [*SETTING, *facts]
    world = World(*history, decisions=decisions)
    again = data.draw(st.lists(st.sampled_from(history)))
    shuffled = World(
        *data.draw(st.permutations([*history, *again])),
        decisions=data.draw(st.permutations([*decisions, *decisions])),
    )
    for chat_id in world.chats():
        assert shuffled.expected(chat_id, today) == world.expected(chat_id, today)


@given(st.lists(SOME_FACT, max_size=14).map(as_events), DAYS)
def test_every_member_has_a_reason_and_an_administrator_one_of_that_role(
    facts: list[Fact], today: date
) -> None:
    world = World(*SETTING, *facts)
    for chat_id in world.chats():
        members = world.expected(chat_id, today)
        assert [each.person_id for each in members] == sorted({each.person_id for each in members})
        for each in members:
            assert each.reasons
            assert each.role in {reason.role for reason in each.reasons}
            assert len(set(each.reasons)) == len(each.reasons)


@given(st.lists(SOME_FACT, max_size=14).map(as_events), DAYS)
def test_replaying_an_enrolment_after_its_withdrawal_adds_nobody(
    facts: list[Fact], today: date
) -> None:
    world = World(*SETTING, *facts)
    replayed = world.with_facts(*(fact for fact in facts if isinstance(fact, Order)))
    assert replayed.people(CLASS, today) == world.people(CLASS, today)
    assert replayed.people(CHEMISTRY, today) == world.people(CHEMISTRY, today)
