"""What is decided when staff add, remove, promote and demote; and whom a choice takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.by_hand import Act, choices
from domain.choice import Choice
from domain.decisions import (
    CountingDecisions,
    Decision,
    MembershipDecision,
    RoleDecision,
)
from domain.expected import Role
from domain.ids import PersonId
from tests.domain import builders as make

WHO = PersonId("p")
NOTHING = CountingDecisions({}, {})


def decided(
    membership: MembershipDecision | None = None, role: RoleDecision | None = None
) -> CountingDecisions:
    def one(choice: MembershipDecision | RoleDecision | None) -> dict[PersonId, Decision]:
        return {} if choice is None else {WHO: make.decision(WHO, choice)}

    return CountingDecisions(one(membership), one(role))


M, R = MembershipDecision, RoleDecision
BY_RULE, CHIEF, NO_RULE = {WHO: Role.MEMBER}, {WHO: Role.ADMINISTRATOR}, dict[PersonId, Role]()


@pytest.mark.parametrize(
    ("act", "rules", "standing", "expected"),
    [
        (Act.ADD, NO_RULE, NOTHING, [M.ADDED]),
        (Act.ADD, BY_RULE, decided(M.EXCLUDED), [M.NONE]),
        (Act.ADD, NO_RULE, decided(M.EXCLUDED), [M.ADDED]),
        (Act.REMOVE, BY_RULE, NOTHING, [M.EXCLUDED]),
        (Act.REMOVE, NO_RULE, decided(M.ADDED), [M.NONE]),
        (Act.REMOVE, BY_RULE, decided(M.ADDED), [M.EXCLUDED]),
        (Act.REMOVE, NO_RULE, NOTHING, [M.EXCLUDED]),
        (Act.REMOVE, NO_RULE, decided(M.ADDED, R.ADMINISTRATOR), [M.NONE, R.NONE]),
        (Act.REMOVE, CHIEF, decided(None, R.MEMBER), [M.EXCLUDED]),
        (Act.PROMOTE, BY_RULE, NOTHING, [R.ADMINISTRATOR]),
        (Act.PROMOTE, CHIEF, decided(None, R.MEMBER), [R.NONE]),
        (Act.DEMOTE, CHIEF, NOTHING, [R.MEMBER]),
        (Act.DEMOTE, BY_RULE, decided(None, R.ADMINISTRATOR), [R.NONE]),
    ],
)
def test_nothing_by_hand_outlasts_its_purpose(
    act: Act,
    rules: dict[PersonId, Role],
    standing: CountingDecisions,
    expected: list[MembershipDecision | RoleDecision],
) -> None:
    assert list(choices(act, WHO, rules, standing)) == expected


PEOPLE = [PersonId(f"p{number}") for number in range(12)]


@given(
    matching=st.sets(st.sampled_from(PEOPLE)),
    pages=st.lists(st.tuples(st.integers(0, 2), st.sets(st.sampled_from(PEOPLE))), max_size=8),
)
def test_any_turning_of_pages_leaves_chosen_exactly_who_was_ticked_last(
    matching: set[PersonId], pages: list[tuple[int, set[PersonId]]]
) -> None:
    choice: Choice[str] = Choice("a filter")
    chosen = set(matching)
    for number, wished in pages:
        page = set(PEOPLE[number * 4 : number * 4 + 4])
        choice = choice.turned(chosen & page, wished & page)
        chosen = (chosen - page) | (wished & page)
    taken = {each for each in PEOPLE if choice.takes(each, matches=each in matching)}
    assert taken == chosen
    assert not choice.also & choice.without
