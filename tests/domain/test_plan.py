"""Plans of single cases, whole: what is called, and in which order."""

import hashlib

import pytest

from domain.ids import ChatId, MaxUserId
from domain.plan import (
    Action,
    Add,
    Create,
    Delete,
    Deleted,
    Demote,
    Frozen,
    Limits,
    NotCreated,
    Promote,
    Remove,
    Rename,
    Seen,
    Target,
    Wanted,
    minimal_calls,
    plan,
    plan_hash,
    removals,
    takings,
)
from domain.targets import holding
from tests.domain.messenger_model import Messenger, members

TITLE = "9г - Химия"


def ids(*numbers: int) -> tuple[MaxUserId, ...]:
    return tuple(MaxUserId(number) for number in numbers)


def one(number: int) -> MaxUserId:
    return MaxUserId(number)


def seen(administrators: tuple[int, ...] = (), plain: tuple[int, ...] = ()) -> Seen:
    return Seen(members(administrators, plain), TITLE)


def wanted(administrators: tuple[int, ...] = (), plain: tuple[int, ...] = ()) -> Wanted:
    return Wanted(members(administrators, plain), TITLE)


SMALL = Limits(administrators=2, batch=3, capacity=6)

CASES: dict[str, tuple[Target, NotCreated | Seen, tuple[Action, ...]]] = {
    "a chat with nobody deliverable is not created": (wanted(), NotCreated(), ()),
    "a chat is created in one call with its administrators first": (
        wanted((9,), (1, 2)),
        NotCreated(),
        (Create(TITLE, ids(9, 1, 2), ids(9)),),
    ),
    "who does not fit the create is added after it": (
        wanted((9,), (1, 2, 3, 4)),
        NotCreated(),
        (Create(TITLE, ids(9, 1, 2), ids(9)), Add(ids(3, 4))),
    ),
    "a chat without a deliverable administrator is filled all the same": (
        wanted((), (1, 2)),
        NotCreated(),
        (Create(TITLE, ids(1, 2), ()),),
    ),
    "a chat that is as it should be needs no call": (wanted((9,), (1,)), seen((9,), (1,)), ()),
    "the whole order: administrators in, removals, the others in, roles": (
        wanted((8, 9), (1, 2, 3)),
        seen((9,), (4, 5)),
        (Add(ids(8, 1, 2)), Remove(one(4)), Remove(one(5)), Add(ids(3)), Promote(ids(8))),
    ),
    "without a new administrator removals come before all additions": (
        wanted((9,), (1, 2)),
        seen((9,), (4,)),
        (Remove(one(4)), Add(ids(1, 2))),
    ),
    "all promotions are one call": (wanted((8, 9)), seen((), (8, 9)), (Promote(ids(8, 9)),)),
    "each demotion is a call": (wanted((), (8, 9)), seen((8, 9)), tuple(map(Demote, ids(8, 9)))),
    "who is removed is not demoted first": (wanted(), seen((9,)), (Remove(one(9)),)),
    "just enough demotions go before a promotion that would pass the limit": (
        wanted((7,), (8, 9)),
        seen((8, 9), (7,)),
        (Demote(one(8)), Promote(ids(7)), Demote(one(9))),
    ),
    "a removed administrator makes the room that a demotion would": (
        wanted((7, 8)),
        seen((8, 9), (7,)),
        (Remove(one(9)), Promote(ids(7))),
    ),
    "the successor is promoted before the last administrator goes": (
        wanted((8,), (1, 2)),
        seen((9,), (1, 3)),
        (Add(ids(8, 2)), Remove(one(3)), Promote(ids(8)), Remove(one(9))),
    ),
    "of two administrators who go one makes room for the successor": (
        wanted((7,), (1,)),
        seen((8, 9), (1, 7)),
        (Remove(one(8)), Promote(ids(7)), Remove(one(9))),
    ),
    "where the limit has no room beside the last administrator the order stays": (
        wanted((6, 7), (1,)),
        seen((9,), (6, 7)),
        (Remove(one(9)), Add(ids(1)), Promote(ids(6, 7))),
    ),
    "in a full chat as few removals as a new administrator needs go first": (
        wanted((8, 9), (1, 2, 3)),
        seen((9,), (1, 2, 3, 4, 5)),
        (Remove(one(4)), Add(ids(8)), Remove(one(5)), Promote(ids(8))),
    ),
    "in a nearly full chat the first call is filled only so far as there is room": (
        wanted((7, 9), (1, 2, 3, 4)),
        seen((9,), (5, 6, 10)),
        (
            Add(ids(7, 1)),
            Remove(one(5)),
            Remove(one(6)),
            Remove(one(10)),
            Add(ids(2, 3, 4)),
            Promote(ids(7)),
        ),
    ),
    "a new title is the last call": (
        Wanted(members((9,)), "Химия"),
        seen((), (9,)),
        (Promote(ids(9)), Rename("Химия")),
    ),
    "a frozen chat takes nobody in, promotes and renames nobody, and loses who is not expected": (
        Frozen(members((2, 9), (77,))),
        Seen(members((9,), (4, 1, 2)), "another"),
        (Remove(one(1)), Remove(one(4))),
    ),
    "an administrator who is expected as a member loses the rights in a frozen chat": (
        Frozen(members((), (9, 4))),
        seen((9,), (4,)),
        (Demote(one(9)),),
    ),
    "a frozen chat that was never created is not created": (
        Frozen(members((), (1,))),
        NotCreated(),
        (),
    ),
    "past a chat's capacity those who are in stay, then the smaller ids come": (
        wanted((9,), (1, 2, 3, 4, 5, 6, 7)),
        seen((9,), (5, 6, 7)),
        (Add(ids(1, 2)),),
    ),
    "past the administrators' limit those who are administrators stay": (
        wanted((7, 8, 9)),
        seen((9,), (7, 8)),
        (Promote(ids(7)),),
    ),
    "a deleted chat is deleted and nothing else": (Deleted(), seen((9,), (1,)), (Delete(),)),
    "a deleted chat that does not exist needs no call": (Deleted(), NotCreated(), ()),
}


@pytest.mark.parametrize(("target", "observed", "expected"), CASES.values(), ids=CASES.keys())
def test_the_plan(
    target: Target, observed: NotCreated | Seen, expected: tuple[Action, ...]
) -> None:
    assert plan(target, observed, SMALL) == expected
    Messenger.having(observed, SMALL).apply(expected)


def test_the_published_limits_are_fifty_administrators_and_a_hundred_ids_a_call() -> None:
    chat = wanted(tuple(range(1, 51)), tuple(range(51, 251)))
    create, *adds = plan(chat, NotCreated())
    everybody = ids(*range(1, 251))
    assert create == Create(TITLE, everybody[:100], everybody[:50])
    assert adds == [Add(everybody[100:200]), Add(everybody[200:])]


def test_minimal_calls_are_a_create_for_each_chat_and_an_add_for_each_further_hundred() -> None:
    sizes = (0, 1, 100, 101, 200, 201)
    chats = [members((), range(1, size + 1)) for size in sizes]
    assert [minimal_calls([chat]) for chat in chats] == [0, 1, 1, 2, 2, 3]
    assert minimal_calls(chats) == 9
    assert minimal_calls([members((), range(1, 10))], SMALL) == 2


def test_the_hash_names_one_plan_of_one_chat() -> None:
    chat = ChatId("class:1")
    actions = plan(wanted((9,), (1, 2)), seen((), (3,)))
    assert plan_hash(chat, actions) == plan_hash(chat, list(actions))
    others = {
        plan_hash(ChatId("class:2"), actions),
        plan_hash(chat, actions[:-1]),
        plan_hash(chat, actions[::-1]),
        plan_hash(chat, [Remove(one(1))]),
        plan_hash(chat, [Demote(one(1))]),
        plan_hash(chat, [Add(ids(1, 2))]),
        plan_hash(chat, [Add(ids(12))]),
        plan_hash(chat, [Promote(ids(1, 2))]),
        plan_hash(chat, [Rename("a")]),
        plan_hash(chat, [Delete()]),
        plan_hash(chat, [Create("a", ids(1), ids(1))]),
        plan_hash(chat, [Create("a", ids(1), ())]),
    }
    assert len(others) == 12
    assert plan_hash(chat, actions) not in others


def test_the_hash_of_a_plan_is_the_same_on_every_machine_and_in_every_version() -> None:
    actions = (Add(ids(8, 1)), Remove(one(4)), Promote(ids(8)), Rename("9г"))
    text = rb'["class:1",["add",[8,1]],["remove",4],["promote",[8]],["rename","9\u0433"]]'
    assert plan_hash(ChatId("class:1"), actions) == hashlib.sha256(text).hexdigest()


def test_who_waits_stays_as_they_are_and_all_else_is_planned() -> None:
    target, there = wanted((8,), (1, 2)), seen((7, 9), (3, 4))
    waits = set(ids(3, 9))
    actions = plan(holding(target, there, waits), there)
    assert takings(actions) == (Remove(one(4)), Remove(one(7)))
    assert Add(ids(8, 1, 2)) in actions


def test_administrators_who_wait_leave_no_room_for_others_to_be_promoted() -> None:
    target, there = wanted((1, 2), (7, 8)), seen((7, 8), (1, 2))
    assert plan(holding(target, there, set(ids(7, 8)), SMALL), there, SMALL) == ()


def test_what_is_taken_from_people_is_told_in_its_order() -> None:
    actions = (Add(ids(8, 1)), Remove(one(4)), Demote(one(2)), Remove(one(3)))
    assert takings(actions) == (Remove(one(4)), Demote(one(2)), Remove(one(3)))


def test_removals_are_told_in_their_order() -> None:
    actions = (Add(ids(8, 1)), Remove(one(4)), Demote(one(2)), Remove(one(3)))
    assert removals(actions) == ids(4, 3)


@pytest.mark.parametrize(
    ("administrators", "batch", "capacity"), [(0, 1, 1), (3, 2, 9), (3, 9, 2), (1, 0, 1)]
)
def test_limits_under_which_no_chat_could_be_kept_are_refused(
    administrators: int, batch: int, capacity: int
) -> None:
    with pytest.raises(ValueError, match="administrators must fit"):
        Limits(administrators, batch, capacity)
