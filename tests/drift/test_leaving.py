"""Who left by themselves is not pulled back again and again; who was taken out is put back."""

from tests.drift.people import CHIEF, CLASS, People

WITHOUT_11 = {user: role for user, role in CLASS.items() if user != 11}


async def test_who_left_is_put_back_once_after_a_day(exclusive: People) -> None:
    await exclusive.act(11, "leave")
    await exclusive.hear()
    assert await exclusive.members() == WITHOUT_11
    assert await exclusive.blocked() == {11: "left"}
    await exclusive.time_passes("23 hours")
    assert await exclusive.members() == WITHOUT_11
    await exclusive.time_passes("2 hours")
    assert await exclusive.members() == CLASS
    assert await exclusive.drift() == [("left", 11, None, "put_back")]
    assert await exclusive.blocked() == {}


async def test_who_left_again_stays_away_until_a_new_reason_arises(exclusive: People) -> None:
    await exclusive.act(11, "leave")
    await exclusive.hear()
    await exclusive.time_passes("25 hours")
    await exclusive.act(11, "leave")
    await exclusive.hear()
    await exclusive.time_passes("30 days")
    assert await exclusive.members() == WITHOUT_11
    assert await exclusive.blocked() == {11: "left"}
    await exclusive.expect(CLASS, reason="o-2")
    await exclusive.settle()
    assert await exclusive.members() == CLASS


async def test_a_new_reason_that_changes_no_place_is_found_too(exclusive: People) -> None:
    await exclusive.act(11, "leave")
    await exclusive.hear()
    await exclusive.school.sql("""UPDATE expected_members SET reasons = reasons ||
        '[{"ref": "d-1", "kind": "decision", "role": "member"}]' WHERE person_id = 'p-000011'""")
    await exclusive.settle()
    assert await exclusive.members() == WITHOUT_11
    await exclusive.sweep.look()
    await exclusive.settle()
    assert await exclusive.members() == CLASS


async def test_fewer_reasons_are_no_new_reason(exclusive: People) -> None:
    await exclusive.school.sql("""UPDATE expected_members SET reasons = reasons ||
        '[{"ref": "d-1", "kind": "decision", "role": "member"}]'""")
    await exclusive.act(11, "leave")
    await exclusive.hear()
    await exclusive.expect(CLASS)
    await exclusive.settle()
    assert await exclusive.members() == WITHOUT_11


async def test_who_left_and_came_back_alone_is_one_of_ours(exclusive: People) -> None:
    await exclusive.act(11, "leave")
    await exclusive.hear()
    await exclusive.act(11, "join")
    await exclusive.hear()
    assert await exclusive.members() == CLASS
    assert await exclusive.drift() == [("left", 11, None, "returned")]
    assert await exclusive.school.calls() == {}


async def test_who_left_and_is_expected_no_more_is_not_waited_for(exclusive: People) -> None:
    await exclusive.act(11, "leave")
    await exclusive.hear()
    await exclusive.expect(WITHOUT_11)
    await exclusive.settle()
    assert await exclusive.drift() == [("left", 11, None, "not_expected")]
    assert await exclusive.blocked() == {}
    await exclusive.expect(CLASS)
    await exclusive.settle()
    assert await exclusive.members() == CLASS


async def test_after_three_removals_within_a_day_one_counts_as_having_left(
    exclusive: People,
) -> None:
    for _ in range(3):
        await exclusive.act(11, "remove", by=CHIEF)
        await exclusive.hear()
        assert await exclusive.members() == CLASS
    await exclusive.act(11, "remove", by=CHIEF)
    await exclusive.hear()
    assert await exclusive.members() == WITHOUT_11
    await exclusive.time_passes("25 hours")
    assert await exclusive.members() == CLASS


async def test_an_account_that_left_without_a_webhook_counts_as_having_left(
    exclusive: People,
) -> None:
    await exclusive.act(11, "remove", by=CHIEF)
    await exclusive.updates()
    await exclusive.look()
    assert await exclusive.members() == WITHOUT_11
    assert await exclusive.drift() == [("left", 11, None, None)]


async def test_a_read_that_lags_behind_our_own_add_takes_nobody_for_gone(
    exclusive: People,
) -> None:
    await exclusive.expect({**CLASS, 13: "member"})
    await exclusive.settle()
    for path in ("/chats/{chatId}", "/chats/{chatId}/members"):
        await exclusive.school.fault(method="GET", path=path, kind="stale_read", count=1)
    await exclusive.look()
    assert await exclusive.drift() == []
    assert await exclusive.members() == {**CLASS, 13: "member"}
