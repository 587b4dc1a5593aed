"""From people to the accounts behind them."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.expected import (
    ADMINISTRATOR_LIMIT,
    ExpectedMember,
    Reason,
    ReasonKind,
    Role,
    deliverable,
)
from domain.ids import MaxUserId, PersonId

MEMBER, CHIEF = Role.MEMBER, Role.ADMINISTRATOR


def expected(name: str, role: Role = MEMBER, *, by_hand: bool = False) -> ExpectedMember:
    since = datetime(2026, 9, 1, tzinfo=UTC)
    return ExpectedMember(
        PersonId(name), role, (Reason(ReasonKind.ORDER, "o", role, since),), by_hand
    )


def accounts(**profiles: int) -> dict[PersonId, MaxUserId]:
    return {PersonId(name): MaxUserId(account) for name, account in profiles.items()}


def test_only_linked_people_are_deliverable() -> None:
    assert deliverable([expected("ann"), expected("bob")], accounts(ann=1, zed=9)) == {1: MEMBER}


def test_two_people_behind_one_account_are_one_member_with_the_highest_role() -> None:
    people = [expected("ann", CHIEF), expected("bob"), expected("cyd")]
    assert deliverable(people, accounts(ann=1, bob=1, cyd=2)) == {1: CHIEF, 2: MEMBER}


def test_a_shared_account_stays_while_one_of_its_people_is_expected() -> None:
    profiles = accounts(ann=1, bob=1)
    assert deliverable([expected("bob")], profiles) == {1: MEMBER}
    assert deliverable([], profiles) == {}


def test_past_the_limit_those_made_administrators_by_hand_go_first_then_by_id() -> None:
    chiefs = [expected(f"p{number:02}", CHIEF) for number in range(ADMINISTRATOR_LIMIT + 1)]
    by_hand = expected("z", CHIEF, by_hand=True)
    profiles = {each.person_id: MaxUserId(n) for n, each in enumerate([*chiefs, by_hand], 1)}
    roles = deliverable([*chiefs, by_hand], profiles)
    members = {account for account, role in roles.items() if role is MEMBER}
    assert members == {profiles[PersonId("p49")], profiles[PersonId("p50")]}


def test_two_administrators_behind_one_account_take_one_place() -> None:
    chiefs = [expected(f"p{number:02}", CHIEF) for number in range(ADMINISTRATOR_LIMIT + 1)]
    profiles = {each.person_id: MaxUserId(max(number, 1)) for number, each in enumerate(chiefs)}
    assert set(deliverable(chiefs, profiles).values()) == {CHIEF}


@given(
    st.dictionaries(
        st.integers(0, 150).map(lambda number: f"p{number:03}"),
        st.tuples(st.sampled_from(Role), st.booleans(), st.none() | st.integers(1, 120)),
    ),
    st.data(),
)
def test_for_any_people_the_accounts_are_theirs_within_the_limit_in_any_order(
    people: dict[str, tuple[Role, bool, int | None]], data: st.DataObject
) -> None:
    everybody = [
        expected(name, role, by_hand=by_hand and role is CHIEF)
        for name, (role, by_hand, _) in people.items()
    ]
    profiles = accounts(**{name: account for name, (_, _, account) in people.items() if account})
    roles = deliverable(everybody, profiles)
    assert roles.keys() == set(profiles.values())
    chiefs = {account for account, role in roles.items() if role is CHIEF}
    entitled = {
        profiles[e.person_id] for e in everybody if e.role is CHIEF and e.person_id in profiles
    }
    assert chiefs <= entitled
    assert len(chiefs) == min(len(entitled), ADMINISTRATOR_LIMIT)
    assert deliverable(data.draw(st.permutations(everybody)), profiles) == roles
