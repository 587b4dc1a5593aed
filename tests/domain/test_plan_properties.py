"""Any plan leads to what is wanted, within every limit, in the fewest calls there are."""

from hypothesis import given
from hypothesis import strategies as st

from domain.expected import Role
from domain.ids import MaxUserId
from domain.plan import (
    Action,
    Add,
    Create,
    Deleted,
    Demote,
    Frozen,
    Limits,
    NotCreated,
    Promote,
    Remove,
    Rename,
    Seen,
    Wanted,
    minimal_calls,
    plan,
    removals,
    takings,
)
from domain.targets import holding
from tests.domain.messenger_model import Messenger, administrators, limits_let_one_lead

Roles = dict[MaxUserId, Role]
TITLE, OTHER_TITLE = "9г - Химия", "9г"


@st.composite
def limits_and_chats(draw: st.DrawFn) -> tuple[Limits, Roles, Roles]:
    """Small limits, so that every one of them is met, and two memberships within them."""
    chief_limit = draw(st.integers(1, 4))
    batch = draw(st.integers(chief_limit, 6))
    capacity = draw(st.integers(chief_limit, 16))
    limits = Limits(administrators=chief_limit, batch=batch, capacity=capacity)
    return limits, draw(memberships(limits)), draw(memberships(limits))


@st.composite
def memberships(draw: st.DrawFn, limits: Limits) -> Roles:
    """A membership that the limits allow; few ids, so that two of them overlap."""
    people = draw(st.lists(st.integers(1, 20), unique=True, max_size=limits.capacity))
    chiefs = set(people[: draw(st.integers(0, limits.administrators))])
    return {
        MaxUserId(user_id): Role.ADMINISTRATOR if user_id in chiefs else Role.MEMBER
        for user_id in people
    }


def calls_needed(wanted: Roles, present: Roles, limits: Limits) -> int:
    """The formula of the fewest calls, for a chat that exists and has its title."""
    entering = len(wanted.keys() - present.keys())
    promoted = administrators(wanted) - administrators(present)
    demoted = (administrators(present) - administrators(wanted)) & wanted.keys()
    adds = (entering + limits.batch - 1) // limits.batch
    return adds + len(present.keys() - wanted.keys()) + len(demoted) + bool(promoted)


@given(limits_and_chats(), st.sampled_from([TITLE, OTHER_TITLE]))
def test_any_plan_leads_to_what_is_wanted_in_the_fewest_calls_and_then_there_is_none(
    case: tuple[Limits, Roles, Roles], old_title: str
) -> None:
    limits, wanted, present = case
    target = Wanted(wanted, TITLE)
    before = Seen(present, old_title)
    actions = plan(target, before, limits)
    after = Messenger.having(before, limits).apply(actions).chat
    assert after == Seen(wanted, TITLE)
    assert len(actions) == calls_needed(wanted, present, limits) + (old_title != TITLE)
    assert plan(target, after, limits) == ()


@given(limits_and_chats())
def test_a_chat_that_is_not_there_is_created_with_everybody_in_the_fewest_calls(
    case: tuple[Limits, Roles, Roles],
) -> None:
    limits, wanted, _ = case
    actions = plan(Wanted(wanted, TITLE), NotCreated(), limits)
    after = Messenger.having(NotCreated(), limits).apply(actions).chat
    assert after == (Seen(wanted, TITLE) if wanted else NotCreated())
    assert len(actions) == minimal_calls([wanted], limits)


@given(limits_and_chats())
def test_nobody_is_demoted_who_is_removed_and_nobody_is_called_twice(
    case: tuple[Limits, Roles, Roles],
) -> None:
    limits, wanted, present = case
    actions = plan(Wanted(wanted, TITLE), Seen(present, TITLE), limits)
    demoted = [action.user_id for action in actions if isinstance(action, Demote)]
    assert not set(demoted) & set(removals(actions))
    assert set(removals(actions)) == present.keys() - wanted.keys()
    assert len(demoted) == len(set(demoted))
    assert sum(isinstance(action, Promote) for action in actions) <= 1


@given(limits_and_chats())
def test_new_administrators_are_in_the_first_call_that_lets_anybody_in(
    case: tuple[Limits, Roles, Roles],
) -> None:
    limits, wanted, present = case
    actions = plan(Wanted(wanted, TITLE), Seen(present, TITLE), limits)
    adds = [action for action in actions if isinstance(action, Add)]
    new = administrators(wanted) - present.keys()
    if new:
        assert new <= set(adds[0].user_ids)
        assert set(adds[0].user_ids[: len(new)]) == new


@given(limits_and_chats())
def test_calls_come_in_their_order_where_no_limit_stands_in_the_way(
    case: tuple[Limits, Roles, Roles],
) -> None:
    limits, wanted, present = case
    roomy = Limits(administrators=20, batch=20 + limits.batch, capacity=1000)
    actions = plan(Wanted(wanted, TITLE), Seen(present, OTHER_TITLE), roomy)
    stays = administrators(present) & wanted.keys()
    if stays or not administrators(present):
        new = administrators(wanted) - present.keys()
        places = [place_of(action, new) for action in actions]
        assert places == sorted(places)


def place_of(action: Action, new_administrators: set[MaxUserId]) -> int:
    """The place of a call in the order that design promises."""
    match action:
        case Create():
            return 0
        case Add(user_ids):
            return 1 if new_administrators & set(user_ids) else 3
        case Remove():
            return 2
        case Promote():
            return 4
        case Demote():
            return 5
        case Rename():
            return 6
        case _:
            raise AssertionError(action)


@given(limits_and_chats())
def test_a_chat_that_has_an_administrator_keeps_one_after_every_call_where_limits_allow(
    case: tuple[Limits, Roles, Roles],
) -> None:
    limits, wanted, present = case
    if not limits_let_one_lead(wanted, present, limits):
        return
    messenger = Messenger.having(Seen(present, TITLE), limits)
    messenger.apply(plan(Wanted(wanted, TITLE), Seen(present, TITLE), limits))
    for state in messenger.states:
        assert isinstance(state, Seen)
        assert administrators(state.members)


@given(limits_and_chats())
def test_a_frozen_chat_ends_within_who_is_expected_and_nobody_gains_anything(
    case: tuple[Limits, Roles, Roles],
) -> None:
    limits, expected, present = case
    before = Seen(present, TITLE)
    actions = plan(Frozen(expected), before, limits)
    after = Messenger.having(before, limits).apply(actions).chat
    assert isinstance(after, Seen)
    assert after.members.keys() == present.keys() & expected.keys()
    for user_id, role in after.members.items():
        both = expected[user_id] is present[user_id] is Role.ADMINISTRATOR
        assert role is (Role.ADMINISTRATOR if both else Role.MEMBER)
    assert plan(Frozen(expected), after, limits) == ()


@given(limits_and_chats(), st.frozensets(st.integers(1, 25).map(MaxUserId)))
def test_whoever_waits_keeps_everything_and_the_limits_hold(
    case: tuple[Limits, Roles, Roles], waits: frozenset[MaxUserId]
) -> None:
    limits, wanted, present = case
    before = Seen(present, TITLE)
    first = takings(plan(Wanted(wanted, TITLE), before, limits))
    waiting = waits & {action.user_id for action in first}
    actions = plan(holding(Wanted(wanted, TITLE), before, waiting, limits), before, limits)
    after = Messenger.having(before, limits).apply(actions).chat
    assert isinstance(after, Seen)
    assert {user: after.members.get(user) for user in waiting} == {
        user: present[user] for user in waiting
    }
    assert set(takings(actions)) <= set(first)


@given(limits_and_chats())
def test_deletion_stands_alone(case: tuple[Limits, Roles, Roles]) -> None:
    limits, _, present = case
    actions = plan(Deleted(), Seen(present, TITLE), limits)
    assert Messenger.having(Seen(present, TITLE), limits).apply(actions).chat == NotCreated()
    assert len(actions) == 1


people_in_roles = st.dictionaries(st.integers(1, 12).map(MaxUserId), st.sampled_from(Role))


@given(people_in_roles, people_in_roles)
def test_more_people_than_a_chat_holds_end_in_a_full_chat_that_stays_as_it_is(
    first: Roles, wanted: Roles
) -> None:
    limits = Limits(administrators=2, batch=3, capacity=5)
    messenger = Messenger.having(NotCreated(), limits)
    for target in (Wanted(first, TITLE), Wanted(wanted, TITLE)):
        messenger.apply(plan(target, messenger.chat, limits))
        assert plan(target, messenger.chat, limits) == ()
    if isinstance(messenger.chat, Seen):
        inside = messenger.chat.members
        assert inside.keys() <= wanted.keys()
        assert len(inside) == min(len(wanted), limits.capacity)
        assert len(administrators(inside)) == min(2, len(administrators(wanted)))
