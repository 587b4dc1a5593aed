"""What two complete knowledges of a chat say that people did in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.drift import Drift, DriftKind, OurHand, Policy, classify, contradicting
from domain.expected import Role
from domain.hints import Hint, HintKind
from domain.ids import MaxUserId
from domain.leniency import Leniency, lenient
from domain.plan import Seen, Wanted, plan

M, A = Role.MEMBER, Role.ADMINISTRATOR
TITLE = "9г - Ученики"


def u(number: int) -> MaxUserId:
    return MaxUserId(number)


def seen(members: dict[int, Role], title: str = TITLE) -> Seen:
    return Seen({u(number): role for number, role in members.items()}, title)


def added(number: int, by: int | None = None) -> Hint:
    return Hint(HintKind.USER_ADDED, u(number), None if by is None else u(by))


def removed(number: int, by: int | None = None) -> Hint:
    return Hint(HintKind.USER_REMOVED, u(number), None if by is None else u(by))


BEFORE = {1: A, 2: M, 3: M}
ADDED, BY_CHIEF = DriftKind.ADDED, DriftKind.ADDED_BY_ADMINISTRATOR
LEFT, TAKEN = DriftKind.LEFT, DriftKind.REMOVED_BY_ADMINISTRATOR

TABLE = [
    ("nothing happened", BEFORE, [], OurHand(), []),
    ("came by link", {**BEFORE, 9: M}, [added(9)], OurHand(), [(ADDED, 9, None)]),
    ("came, and nobody told", {**BEFORE, 9: M}, [], OurHand(), [(ADDED, 9, None)]),
    ("added by an administrator", {**BEFORE, 9: M}, [added(9, 1)], OurHand(), [(BY_CHIEF, 9, 1)]),
    ("added by a member", {**BEFORE, 9: M}, [added(9, 2)], OurHand(), [(ADDED, 9, 2)]),
    ("added by nobody of the chat", {**BEFORE, 9: M}, [added(9, 8)], OurHand(), [(ADDED, 9, 8)]),
    ("named as their own inviter", {**BEFORE, 9: A}, [added(9, 9)], OurHand(), [(ADDED, 9, 9)]),
    ("left by themselves", {1: A, 2: M}, [removed(3)], OurHand(), [(LEFT, 3, None)]),
    ("gone, and nobody told", {1: A, 2: M}, [], OurHand(), [(LEFT, 3, None)]),
    ("taken out", {1: A, 2: M}, [removed(3, 1)], OurHand(), [(TAKEN, 3, 1)]),
    ("removed by themselves", {1: A, 2: M}, [removed(3, 3)], OurHand(), [(LEFT, 3, None)]),
    ("the latest word counts", {1: A, 2: M}, [removed(3, 1), removed(3)], OurHand(),
     [(LEFT, 3, None)]),
    ("promoted", {1: A, 2: A, 3: M}, [], OurHand(), [(DriftKind.PROMOTED, 2, None)]),
    ("demoted", {1: M, 2: M, 3: M}, [], OurHand(), [(DriftKind.DEMOTED, 1, None)]),
    ("we added", {**BEFORE, 9: M}, [], OurHand(entering={u(9)}), []),
    ("we removed and it does not show", {**BEFORE, 9: M}, [],
     OurHand(leaving={u(9)}, lagging={u(9)}), []),
    ("we removed long ago, and here they are", {**BEFORE, 9: M}, [], OurHand(leaving={u(9)}),
     [(ADDED, 9, None)]),
    ("our add does not show", {1: A, 2: M}, [], OurHand(entering={u(3)}, lagging={u(3)}), []),
    ("we added long ago, and they are gone", {1: A, 2: M}, [], OurHand(entering={u(3)}),
     [(LEFT, 3, None)]),
    ("we removed", {1: A, 2: M}, [], OurHand(leaving={u(3)}), []),
    ("we added, and they were taken out", {1: A, 2: M}, [removed(3, 1)],
     OurHand(entering={u(3)}), [(TAKEN, 3, 1)]),
    ("we removed, and they left first", {1: A, 2: M}, [removed(3)],
     OurHand(leaving={u(3)}), [(LEFT, 3, None)]),
    ("we added, and an administrator did first", {**BEFORE, 9: M}, [added(9, 1)],
     OurHand(entering={u(9)}), [(BY_CHIEF, 9, 1)]),
    ("we removed, and they were added", {**BEFORE, 9: M}, [added(9, 1)],
     OurHand(leaving={u(9)}), [(BY_CHIEF, 9, 1)]),
    ("we promoted", {1: A, 2: A, 3: M}, [], OurHand(promoted={u(2)}), []),
    ("we demoted", {1: M, 2: M, 3: M}, [], OurHand(demoted={u(1)}), []),
    ("we promoted and it does not show", {1: M, 2: M, 3: M}, [],
     OurHand(promoted={u(1)}, lagging={u(1)}), []),
    ("we promoted, and they were demoted", {1: M, 2: M, 3: M}, [], OurHand(promoted={u(1)}),
     [(DriftKind.DEMOTED, 1, None)]),
    ("we added, and somebody promoted", {1: A, 2: A, 3: M}, [],
     OurHand(entering={u(2)}, lagging={u(2)}), [(DriftKind.PROMOTED, 2, None)]),
    ("a lie about somebody who is not there", BEFORE, [added(9, 1), removed(2, 1)], OurHand(), []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("after", "hints", "ours", "expected"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_what_people_did(
    after: dict[int, Role],
    hints: list[Hint],
    ours: OurHand,
    expected: list[tuple[DriftKind, int, int | None]],
) -> None:
    found = classify(seen(BEFORE), seen(after), hints, ours)
    assert [(each.kind, each.user_id, each.by) for each in found] == expected


def test_a_title_that_people_changed() -> None:
    hint = Hint(HintKind.TITLE_CHANGED, None, u(2))
    found = classify(seen(BEFORE), seen(BEFORE, "Мы"), [hint])
    assert found == (Drift(DriftKind.TITLE_CHANGED, None, u(2)),)
    ours = OurHand(titles={"Мы"})
    assert classify(seen(BEFORE), seen(BEFORE, "Мы"), [], ours) == ()
    (changed,) = classify(seen(BEFORE, "Мы"), seen(BEFORE, "Они"), [], ours)
    assert changed.kind is DriftKind.TITLE_CHANGED
    late = OurHand(titles={"Мы"}, titles_lag=True)
    assert classify(seen(BEFORE, "Мы"), seen(BEFORE, "Они"), [], late) == ()


def test_spaces_that_the_messenger_takes_out_of_a_title_are_nobodys_doing() -> None:
    assert classify(seen(BEFORE, " 9г  - Химия "), seen(BEFORE, "9г - Химия")) == ()


ACCOUNTS = st.integers(1, 6).map(u)
MEMBERS = st.dictionaries(ACCOUNTS, st.sampled_from(Role))
SETS = st.frozensets(ACCOUNTS)


@given(MEMBERS, MEMBERS)
def test_always_what_already_is_as_wanted_contradicts_nothing(
    before: dict[MaxUserId, Role], after: dict[MaxUserId, Role]
) -> None:
    found = classify(Seen(before, TITLE), Seen(after, TITLE))
    assert contradicting(found, after, "") == ()


@given(MEMBERS, MEMBERS)
def test_any_difference_is_somebodys_doing_and_named_once(
    before: dict[MaxUserId, Role], after: dict[MaxUserId, Role]
) -> None:
    found = classify(Seen(before, TITLE), Seen(after, TITLE))
    touched = {user for user in {*before, *after} if before.get(user) is not after.get(user)}
    assert sorted(each.user_id or 0 for each in found) == sorted(touched)


@given(MEMBERS, MEMBERS, SETS, SETS, SETS, SETS, st.sampled_from(Policy), st.booleans())
def test_always_a_second_look_plans_nothing(
    wanted: dict[MaxUserId, Role],
    present: dict[MaxUserId, Role],
    kept: frozenset[MaxUserId],
    waiting: frozenset[MaxUserId],
    strangers: frozenset[MaxUserId],
    barred: frozenset[MaxUserId],
    policy: Policy,
    adding: bool,  # noqa: FBT001 - given by hypothesis
) -> None:
    leniency = Leniency(kept, waiting, strangers, barred, adding)
    planned = lenient(wanted, present, policy, leniency)
    again = lenient(wanted, planned, policy, leniency)
    assert plan(Wanted(again, TITLE), Seen(planned, TITLE)) == ()


@given(MEMBERS, MEMBERS, SETS, SETS, SETS)
def test_exclusive_always_ends_with_the_wanted_and_the_kept(
    wanted: dict[MaxUserId, Role],
    present: dict[MaxUserId, Role],
    kept: frozenset[MaxUserId],
    waiting: frozenset[MaxUserId],
    strangers: frozenset[MaxUserId],
) -> None:
    planned = lenient(wanted, present, Policy.EXCLUSIVE, Leniency(kept, waiting, strangers))
    assert planned.keys() <= wanted.keys() | kept
    assert wanted.keys() - waiting <= planned.keys()
    assert all(planned[user] is M for user in planned.keys() - wanted.keys())


@given(MEMBERS, MEMBERS, SETS)
def test_additive_never_touches_a_stranger(
    wanted: dict[MaxUserId, Role],
    present: dict[MaxUserId, Role],
    strangers: frozenset[MaxUserId],
) -> None:
    planned = lenient(wanted, present, Policy.ADDITIVE, Leniency(strangers=strangers))
    for user in (present.keys() & strangers) - wanted.keys():
        assert planned[user] is present[user]


@given(MEMBERS, MEMBERS, SETS, SETS, SETS, st.sampled_from([Policy.EXCLUSIVE, Policy.ADDITIVE]))
def test_whoever_is_barred_is_never_kept_by_anything_but_being_wanted(
    wanted: dict[MaxUserId, Role],
    present: dict[MaxUserId, Role],
    kept: frozenset[MaxUserId],
    strangers: frozenset[MaxUserId],
    barred: frozenset[MaxUserId],
    policy: Policy,
) -> None:
    leniency = Leniency(kept=kept, strangers=strangers, barred=barred)
    assert not (lenient(wanted, present, policy, leniency).keys() - wanted.keys()) & barred
