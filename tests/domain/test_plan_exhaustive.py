"""Plans between all small chats; the fewest calls, shown by trying every other way."""

from collections import deque
from collections.abc import Iterator
from itertools import combinations

import pytest

from domain.expected import Role
from domain.ids import MaxUserId
from domain.plan import Limits, NotCreated, Seen, Wanted, minimal_calls, plan
from tests.domain.messenger_model import Messenger, administrators, limits_let_one_lead

TITLE = "9г - Химия"

State = frozenset[tuple[int, bool]]
"""A chat as (account, is administrator); None in its place where it does not exist."""


def after_create(people: range, limits: Limits) -> Iterator[State]:
    """Every chat that one create makes."""
    for size in range(1, limits.batch + 1):
        for chosen in combinations(people, size):
            for count in range(min(size, limits.administrators) + 1):
                for chiefs in combinations(chosen, count):
                    yield frozenset((who, who in chiefs) for who in chosen)


def after_membership(state: State, people: range, limits: Limits) -> Iterator[State]:
    """Every chat that one add or one removal makes of this one."""
    inside = {who for who, _ in state}
    outside = [who for who in people if who not in inside]
    for size in range(1, min(limits.batch, limits.capacity - len(inside), len(outside)) + 1):
        for chosen in combinations(outside, size):
            yield state | {(who, False) for who in chosen}
    for member in state:
        yield state - {member}


def after_role(state: State, limits: Limits) -> Iterator[State]:
    """Every chat that one promotion of any number, or one demotion, makes of this one."""
    plain = [who for who, is_chief in state if not is_chief]
    chiefs = [who for who, is_chief in state if is_chief]
    for who in chiefs:
        yield (state - {(who, True)}) | {(who, False)}
    for size in range(1, min(len(plain), limits.administrators - len(chiefs)) + 1):
        for promoted in combinations(plain, size):
            yield (state - {(who, False) for who in promoted}) | {(who, True) for who in promoted}


def after_one_call(state: State | None, people: range, limits: Limits) -> Iterator[State]:
    """Every chat that one call of the messenger makes of this one."""
    if state is None:
        yield from after_create(people, limits)
    else:
        yield from after_membership(state, people, limits)
        yield from after_role(state, limits)


def distances(start: State | None, people: range, limits: Limits) -> dict[State | None, int]:
    """The fewest calls from ``start`` to every chat that can be reached, breadth first."""
    known: dict[State | None, int] = {start: 0}
    waiting: deque[State | None] = deque([start])
    while waiting:
        state = waiting.popleft()
        for reached in after_one_call(state, people, limits):
            if reached not in known:
                known[reached] = known[state] + 1
                waiting.append(reached)
    return known


def roles_of(state: State) -> dict[MaxUserId, Role]:
    return {
        MaxUserId(who): Role.ADMINISTRATOR if is_chief else Role.MEMBER for who, is_chief in state
    }


@pytest.mark.parametrize(
    "limits",
    [
        Limits(administrators=1, batch=1, capacity=3),
        Limits(administrators=1, batch=2, capacity=4),
        Limits(administrators=2, batch=2, capacity=3),
        Limits(administrators=2, batch=2, capacity=4),
        Limits(administrators=2, batch=3, capacity=4),
    ],
    ids=str,
)
def test_no_other_way_is_shorter_from_any_small_chat_to_any_other(limits: Limits) -> None:
    people = range(1, 5)
    every = distances(frozenset(), people, limits)
    assert len(every) > 20
    for start in every:
        assert start is not None
        before = Seen(roles_of(start), TITLE)
        for goal, fewest in distances(start, people, limits).items():
            assert goal is not None
            assert len(plan(Wanted(roles_of(goal), TITLE), before, limits)) == fewest, (start, goal)


def test_from_any_small_chat_to_any_other_somebody_always_leads_it_where_limits_allow() -> None:
    limits = Limits(administrators=2, batch=2, capacity=4)
    every = [roles_of(state) for state in distances(frozenset(), range(1, 5), limits) if state]
    for present in every:
        for wanted in every:
            if not limits_let_one_lead(wanted, present, limits):
                continue
            before = Seen(present, TITLE)
            actions = plan(Wanted(wanted, TITLE), before, limits)
            for state in Messenger.having(before, limits).apply(actions).states:
                assert isinstance(state, Seen)
                assert administrators(state.members), (present, wanted)


def test_no_other_way_is_shorter_to_create_any_small_chat() -> None:
    limits = Limits(administrators=2, batch=2, capacity=5)
    for goal, fewest in distances(None, range(1, 6), limits).items():
        if goal:
            wanted = roles_of(goal)
            assert len(plan(Wanted(wanted, TITLE), NotCreated(), limits)) == fewest
            assert minimal_calls([wanted], limits) == fewest
