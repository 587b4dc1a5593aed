"""What follows from each thing that people do in MAX, under each policy."""

from tests.drift.people import CHIEF, CLASS, People

STRANGER = 99


async def test_exclusive_a_stranger_who_came_by_link_leaves_at_once(exclusive: People) -> None:
    await exclusive.act(STRANGER, "join")
    await exclusive.hear()
    assert await exclusive.members() == CLASS
    assert await exclusive.drift() == [("added", STRANGER, None, "gone")]


async def test_exclusive_somebody_added_by_a_member_leaves_at_once(exclusive: People) -> None:
    await exclusive.act(STRANGER, "join", by=10)
    await exclusive.hear()
    assert await exclusive.members() == CLASS
    assert await exclusive.drift() == [("added", STRANGER, 10, "gone")]


async def test_exclusive_who_an_administrator_added_is_a_proposal_for_a_day(
    exclusive: People,
) -> None:
    await exclusive.act(STRANGER, "join", by=CHIEF)
    await exclusive.hear()
    assert await exclusive.members() == {**CLASS, STRANGER: "member"}
    assert await exclusive.school.value("SELECT is_proposal FROM dashboard.drift") is True
    await exclusive.time_passes("23 hours")
    assert await exclusive.members() == {**CLASS, STRANGER: "member"}
    await exclusive.time_passes("2 hours")
    assert await exclusive.members() == CLASS
    assert await exclusive.drift() == [("added_by_administrator", STRANGER, CHIEF, "gone")]


async def test_exclusive_a_guest_with_rights_stays_without_them(exclusive: People) -> None:
    await exclusive.act(STRANGER, "join", by=CHIEF)
    await exclusive.act(STRANGER, "promote")
    await exclusive.hear()
    assert await exclusive.members() == {**CLASS, STRANGER: "member"}


async def test_exclusive_removed_by_an_administrator_is_put_back_at_once(
    exclusive: People,
) -> None:
    await exclusive.act(11, "remove", by=CHIEF)
    await exclusive.hear()
    assert await exclusive.members() == CLASS
    assert await exclusive.drift() == [("removed_by_administrator", 11, CHIEF, "put_back")]


async def test_exclusive_roles_are_set_right(exclusive: People) -> None:
    await exclusive.act(11, "promote")
    await exclusive.act(CHIEF, "demote")
    await exclusive.look()
    assert await exclusive.members() == CLASS
    assert await exclusive.drift() == [
        ("demoted", CHIEF, None, "set_right"),
        ("promoted", 11, None, "set_right"),
    ]


async def test_exclusive_the_title_is_set_right(exclusive: People) -> None:
    await exclusive.rename("Мы 9г", 10)
    await exclusive.hear()
    assert (await exclusive.school.chats())[0]["title"] == "9г - Ученики"
    assert await exclusive.drift() == [("title_changed", None, 10, "set_right")]


async def test_additive_strangers_stay_as_they_are(additive: People) -> None:
    await additive.act(STRANGER, "join")
    await additive.act(STRANGER, "promote")
    await additive.act(98, "join", by=CHIEF)
    await additive.hear()
    await additive.time_passes("3 days")
    assert await additive.members() == {**CLASS, STRANGER: "administrator", 98: "member"}
    assert await additive.drift() == [
        ("added_by_administrator", 98, CHIEF, "tolerated"),
        ("added", STRANGER, None, "tolerated"),
    ]
    assert await additive.school.calls() == {}


async def test_additive_our_own_leave_when_nothing_holds_them(additive: People) -> None:
    await additive.act(STRANGER, "join")
    await additive.hear()
    await additive.expect({user: role for user, role in CLASS.items() if user != 12})
    await additive.settle()
    assert await additive.members() == {
        **{user: role for user, role in CLASS.items() if user != 12},
        STRANGER: "member",
    }


async def test_additive_one_of_ours_who_comes_back_by_link_leaves(additive: People) -> None:
    without = {user: role for user, role in CLASS.items() if user != 12}
    await additive.expect(without)
    await additive.settle()
    await additive.time_passes("1 hour")
    await additive.act(12, "join")
    await additive.hear()
    assert await additive.members() == without


async def test_additive_removals_roles_and_title_are_set_right(additive: People) -> None:
    await additive.act(11, "remove", by=CHIEF)
    await additive.act(10, "promote")
    await additive.rename("Мы", 10)
    await additive.hear()
    assert await additive.members() == CLASS
    assert (await additive.school.chats())[0]["title"] == "9г - Ученики"
    assert {kind for kind, _, _, _ in await additive.drift()} == {
        "removed_by_administrator", "promoted", "title_changed",
    }  # fmt: skip


async def test_observe_records_all_and_changes_nothing(observed: People) -> None:
    await observed.act(STRANGER, "join")
    await observed.act(11, "leave")
    await observed.act(12, "remove", by=CHIEF)
    await observed.act(10, "promote")
    await observed.rename("Мы", 10)
    await observed.hear()
    await observed.time_passes("9 days")
    assert await observed.members() == {CHIEF: "administrator", 10: "administrator", 99: "member"}
    assert await observed.school.calls() == {}
    assert await observed.drift() == [
        ("added", STRANGER, None, "recorded"),
        ("left", 11, None, "recorded"),
        ("removed_by_administrator", 12, CHIEF, "recorded"),
        ("promoted", 10, None, "recorded"),
        ("title_changed", None, 10, "recorded"),
    ]


async def test_the_bot_is_lost_and_found(exclusive: People) -> None:
    await exclusive.bot(member=False)
    await exclusive.hear()
    assert await exclusive.school.value("SELECT state FROM dashboard.chats") == "parked"
    assert await exclusive.drift() == [("bot_lost", None, None, None)]
    assert await exclusive.blocked() == {None: "bot_not_administrator"}
    await exclusive.act(STRANGER, "join")
    await exclusive.bot(member=True, administrator=True)
    await exclusive.hear()
    assert await exclusive.members() == CLASS
    assert await exclusive.school.value("SELECT state FROM dashboard.chats") == "converged"
    assert ("bot_lost", None, None, "bot_back") in await exclusive.drift()


async def test_a_bot_that_comes_back_in_silence_is_found_within_a_day(exclusive: People) -> None:
    await exclusive.bot(member=False)
    await exclusive.hear()
    await exclusive.bot(member=True, administrator=True)
    await exclusive.time_passes("25 hours")
    assert await exclusive.school.value("SELECT state FROM dashboard.chats") == "converged"


async def test_a_first_read_classifies_nobody(exclusive: People) -> None:
    await exclusive.school.sql("UPDATE chat_sync SET observed_at = NULL, known_at = NULL")
    await exclusive.act(STRANGER, "join", by=CHIEF)
    await exclusive.hear()
    assert await exclusive.members() == CLASS
    assert await exclusive.drift() == []
