"""What the soak's own judge of removals lets pass, and what it does not."""

from tests.soak.person import Approval
from tests.soak.removals import Judge, Removal, Restored, given_up

CHAT, OTHER, SCHOOL = "class:1", "class:2", "s-1"


def _judge(size: int = 10, given: dict[int, int] | None = None) -> Judge:
    return Judge({CHAT: size, OTHER: size}, {CHAT: SCHOOL, OTHER: SCHOOL}, given or {})


def _leave(accounts: range, chat: str = CHAT, at: int = 100) -> list[Removal]:
    return [Removal(at + account, chat, account) for account in accounts]


def test_as_many_as_the_floor_may_leave_a_chat_and_one_more_may_not() -> None:
    assert list(_judge().violations(_leave(range(3)), [], [])) == []
    assert len(list(_judge().violations(_leave(range(4)), [], []))) == 1


def test_a_large_chat_may_lose_its_share() -> None:
    assert list(_judge(30).violations(_leave(range(6)), [], [])) == []
    assert len(list(_judge(30).violations(_leave(range(7)), [], []))) == 1


def test_chats_of_one_school_have_one_limit_together() -> None:
    both = _leave(range(6)) + _leave(range(6, 12), OTHER)
    found = list(_judge(50).violations(both, [], []))
    assert [each.rpartition(" of ")[2] for each in found] == [f"{SCHOOL}, 10 are allowed"] * 2


def test_what_was_approved_before_does_not_count_and_what_was_approved_later_does() -> None:
    early = Approval(50, "hash", CHAT, frozenset(range(4)))
    late = Approval(500, "hash", CHAT, frozenset(range(4)))
    assert list(_judge().violations(_leave(range(4)), [early], [])) == []
    assert len(list(_judge().violations(_leave(range(4)), [late], []))) == 1


def test_an_approval_lets_each_account_leave_once() -> None:
    approved = Approval(50, "hash", CHAT, frozenset({0}))
    first, again = _leave(range(4)), _leave(range(1), at=900)
    assert list(_judge().violations(first, [approved], [])) == []
    assert len(list(_judge().violations(first + again, [approved], []))) == 1


def test_an_account_that_was_given_up_by_then_does_not_count() -> None:
    by_then, later = {0: 100}, {0: 101}
    assert list(_judge(given=by_then).violations(_leave(range(4)), [], [])) == []
    assert len(list(_judge(given=later).violations(_leave(range(4)), [], []))) == 1


def test_a_restored_database_knows_what_was_before_its_copy_and_nothing_later() -> None:
    before, after = _leave(range(3)), _leave(range(3, 6), at=900)
    forgot, knew = Restored(500, copied_at=50), Restored(500, copied_at=400)
    assert list(_judge().violations(before + after, [], [forgot])) == []
    assert len(list(_judge().violations(before + after, [], [knew]))) == 3


def test_an_approval_of_after_the_copy_is_forgotten_by_a_restore() -> None:
    approved = Approval(450, "hash", CHAT, frozenset(range(4)))
    leaving = _leave(range(4), at=900)
    forgot, knew = Restored(500, copied_at=400), Restored(500, copied_at=460)
    assert len(list(_judge().violations(leaving, [approved], [forgot]))) == 1
    assert list(_judge().violations(leaving, [approved], [knew])) == []


def test_an_account_is_given_up_with_the_version_that_replaces_it() -> None:
    def profile(version: int, account: int | None, time: str) -> dict[str, object]:
        data = {"person_id": "p", "version": version, "max_user_id": account}
        return {"type": "sgo.profile.changed.v1", "data": data, "time": time}

    published = [
        profile(3, None, "1970-01-01T00:00:03Z"),
        profile(1, 7, "1970-01-01T00:00:01Z"),
        profile(2, 8, "1970-01-01T00:00:02Z"),
    ]
    assert given_up(published) == {7: 2000, 8: 3000}
