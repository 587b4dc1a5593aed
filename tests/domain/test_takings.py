"""What was said about one taking before: decisions are about people, and end with the reason."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.guard import GuardScope, Held, Rejected
from domain.ids import ChatId, MaxUserId
from domain.takings import (
    Before,
    HoldState,
    Lot,
    Taking,
    TakingCause,
    TakingKind,
    sort_out,
    takings_hash,
)

CHAT = ChatId("class:1")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
HELD = Held(GuardScope.CHAT, 3, 4)
NO = Rejected("hash", "ivanova", NOW + timedelta(days=30))


def taking(
    account: int,
    reason: str = "r",
    kind: TakingKind = TakingKind.REMOVE,
    cause: TakingCause = TakingCause.NOT_EXPECTED,
) -> Taking:
    return Taking(MaxUserId(account), kind, cause, reason)


def said(standing: HoldState, rejected: Rejected | None = None) -> Before:
    return Before(7, standing, HELD, NOW, rejected)


def test_what_is_approved_goes_what_is_rejected_stays_and_the_rest_is_judged() -> None:
    found = sort_out(
        [taking(account) for account in range(1, 7)],
        {
            MaxUserId(1): said(HoldState.APPROVED),
            MaxUserId(2): said(HoldState.REJECTED, NO),
            MaxUserId(3): said(HoldState.HELD),
            MaxUserId(4): said(HoldState.LAPSED),
        },
        {MaxUserId(2), MaxUserId(5)},
    )
    assert found.approved == {1: 7}
    assert found.rejected == {2: NO}
    assert [each.account for each in found.admitted] == [5]
    assert [each.account for each in found.open] == [3, 4, 6]


@pytest.mark.parametrize(
    ("cause", "lot"),
    [
        (TakingCause.NOT_EXPECTED, Lot.COUNTED),
        (TakingCause.RIGHTS_LOST, Lot.COUNTED),
        (TakingCause.UNLINKED, Lot.UNLINKED),
        (TakingCause.ACCOUNT_CHANGED, Lot.UNLINKED),
        (TakingCause.STRANGER, Lot.STRANGERS),
        (TakingCause.RIGHTS_NOT_OURS, Lot.STRANGERS),
    ],
)
def test_strangers_and_people_who_unlink_are_judged_apart(cause: TakingCause, lot: Lot) -> None:
    assert taking(1, cause=cause).lot is lot
    assert taking(1, cause=cause).counts is (lot is Lot.COUNTED)


@given(st.permutations([1, 2, 3, 12]))
def test_any_order_of_the_same_takings_has_one_name(order: list[int]) -> None:
    assert takings_hash(CHAT, map(taking, order)) == takings_hash(CHAT, map(taking, (1, 2, 3, 12)))


def test_another_person_reason_kind_or_chat_has_another_name() -> None:
    names = {
        takings_hash(CHAT, [taking(1), taking(2)]),
        takings_hash(CHAT, [taking(12)]),
        takings_hash(CHAT, [taking(1)]),
        takings_hash(CHAT, [taking(1, "s")]),
        takings_hash(CHAT, [taking(1, kind=TakingKind.DEMOTE)]),
        takings_hash(ChatId("class:2"), [taking(1)]),
    }
    assert len(names) == 6
