"""One refused account stops nobody else: it is named among ever fewer, and then it waits."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.actions import LIMITS, Action, Add, Create, Demote, Promote, Remove, Rename
from domain.expected import Role
from domain.ids import MaxUserId
from domain.plan import NotCreated, Seen, Wanted, plan
from domain.refusals import ALONE, WHOLE, Setback, Wish, allowed, apart, strikes_after, unserved_of
from domain.states import Deleted, Frozen

LATER = datetime(2026, 11, 28, tzinfo=UTC)
TITLE = "9г - Ученики"

accounts = st.integers(1, 30).map(MaxUserId)
roles = st.sampled_from(Role)
members = st.dictionaries(accounts, roles, max_size=12)
setbacks = st.lists(
    st.builds(
        Setback,
        st.sampled_from(Wish),
        accounts,
        st.integers(1, ALONE + 5),
        st.none() | st.just(LATER),
    ),
    max_size=8,
    unique_by=lambda each: (each.wish, each.account),
).map(tuple)


def _done(before: dict[MaxUserId, Role], actions: tuple[Action, ...]) -> dict[MaxUserId, Role]:
    """What the chat holds after these calls, all of which must be possible."""
    now = dict(before)
    for action in actions:
        match action:
            case Create(_, users, chiefs):
                now = dict.fromkeys(users, Role.MEMBER) | dict.fromkeys(chiefs, Role.ADMINISTRATOR)
            case Add(users):
                now |= {user: Role.MEMBER for user in users if user not in now}
            case Remove(user):
                del now[user]
            case Promote(users):
                assert set(users) <= now.keys()
                now |= dict.fromkeys(users, Role.ADMINISTRATOR)
            case Demote(user):
                assert now[user] is Role.ADMINISTRATOR
                now[user] = Role.MEMBER
            case _:
                pass
    return now


@given(wanted=members, present=members, known=setbacks, made=st.booleans())
def test_calls_taken_apart_make_of_any_chat_what_they_would_have_made(
    wanted: dict[MaxUserId, Role],
    present: dict[MaxUserId, Role],
    known: tuple[Setback, ...],
    made: bool,  # noqa: FBT001 - hypothesis calls it by name
) -> None:
    observed = Seen(present, TITLE) if made else NotCreated()
    before = present if made else {}
    actions = plan(Wanted(wanted, TITLE), observed)
    assert _done(before, apart(actions, known)) == _done(before, actions)


@given(wanted=members, present=members, known=setbacks)
def test_who_has_a_strike_comes_after_all_others_and_among_few_enough(
    wanted: dict[MaxUserId, Role], present: dict[MaxUserId, Role], known: tuple[Setback, ...]
) -> None:
    struck = {each.account: each.strikes for each in known if each.wish is Wish.ADD}
    actions = apart(plan(Wanted(wanted, TITLE), Seen(present, TITLE)), known)
    adds = [action.user_ids for action in actions if isinstance(action, Add)]
    late = [users for users in adds if set(users) & struck.keys()]
    assert adds[len(adds) - len(late) :] == late
    for users in late:
        assert len({struck[user] for user in users}) == 1
        assert len(users) <= max(1, WHOLE >> struck[users[0]])


@given(named=st.integers(1, WHOLE))
def test_whoever_fails_among_others_is_alone_after_seven_strikes_at_most(named: int) -> None:
    strikes, rounds = 0, 0
    while named > 1:
        strikes = max(strikes + 1, strikes_after(named))
        assert WHOLE >> strikes <= max(1, named // 2)
        named, rounds = max(1, WHOLE >> strikes), rounds + 1
    assert rounds <= ALONE


@given(wanted=members, present=members, known=setbacks)
def test_nothing_is_planned_for_a_wish_that_waits_and_all_else_as_before(
    wanted: dict[MaxUserId, Role], present: dict[MaxUserId, Role], known: tuple[Setback, ...]
) -> None:
    seen = Seen(present, TITLE)
    waits = {(each.wish, each.account) for each in known if each.retry_at}
    planned = plan(allowed(Wanted(wanted, TITLE), seen, known), seen)
    touched = {account for _, account in waits}
    for action in planned:
        match action:
            case Add(users) | Promote(users):
                wish = Wish.ADD if isinstance(action, Add) else Wish.PROMOTE
                assert not {(wish, user) for user in users} & waits
            case Remove(user):
                assert (Wish.REMOVE, user) not in waits
            case Demote(user):
                assert (Wish.DEMOTE, user) not in waits
            case _:
                pass
    after = _done(present, planned)
    wished = _done(present, plan(Wanted(wanted, TITLE), seen))
    for account in (wished.keys() | after.keys()) - touched:
        assert after.get(account) == wished.get(account)


def test_a_title_that_waits_stays_as_it_is() -> None:
    seen = Seen({}, "Мы")
    known = (Setback(Wish.RENAME, None, 0, LATER),)
    assert plan(allowed(Wanted({}, TITLE), seen, known), seen) == ()
    assert plan(Wanted({}, TITLE), seen) == (Rename(TITLE),)


def test_who_cannot_be_removed_from_a_closed_chat_keeps_nobody_else_in() -> None:
    user, other = MaxUserId(1), MaxUserId(2)
    seen = Seen({user: Role.MEMBER, other: Role.MEMBER}, TITLE)
    known = (Setback(Wish.REMOVE, user, 1, LATER),)
    assert allowed(Frozen({}), seen, known) == Frozen({user: Role.MEMBER})
    assert allowed(Deleted(), seen, known) == Deleted()


@given(wanted=members, present=members, bot=accounts)
def test_no_plan_ever_touches_the_bot(
    wanted: dict[MaxUserId, Role], present: dict[MaxUserId, Role], bot: MaxUserId
) -> None:
    for target in (Wanted(wanted, TITLE), Frozen({}), Frozen(wanted)):
        for observed in (Seen(present, TITLE), NotCreated()):
            for action in plan(target, observed, LIMITS, bot):
                assert not isinstance(action, Remove | Demote) or action.user_id != bot
                if isinstance(action, Add | Promote):
                    assert bot not in action.user_ids
                if isinstance(action, Create):
                    assert bot not in action.members


@given(users=st.lists(accounts, unique=True), present=members)
def test_a_wish_is_open_for_those_of_whom_the_chat_does_not_show_it(
    users: list[MaxUserId], present: dict[MaxUserId, Role]
) -> None:
    seen = Seen(present, TITLE)
    inside = {user for user in users if user in present}
    chiefs = {user for user in inside if present[user] is Role.ADMINISTRATOR}
    still_open = {
        Wish.ADD: set(users) - inside,
        Wish.REMOVE: inside,
        Wish.PROMOTE: inside - chiefs,  # who went out must come in first
        Wish.DEMOTE: chiefs,
    }
    for wish, expected in still_open.items():
        assert set(unserved_of(wish, users, seen)) == expected, wish
