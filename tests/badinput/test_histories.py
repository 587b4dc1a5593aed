"""Histories that went wrong elsewhere, through the whole engine: who is in which chat at the end.

What is expected is written out here by hand, account by account.
"""

from typing import Any

from tests.badinput.engine import Engine

TEACHER, ADMIN, MEMBER = 1000, "administrator", "member"
Event = tuple[str, dict[str, Any]]

_orders = iter(range(1, 10_000))


def school(school_id: str = "s-1") -> Event:
    return "school.changed", {
        "school_id": school_id, "version": 1, "name": "Школа", "timezone": "Europe/Moscow",
        "status": "active",
    }  # fmt: skip


def a_class(class_id: str, school_id: str = "s-1", teacher: str | None = "t-1") -> Event:
    return "class.created", {
        "class_id": class_id, "school_id": school_id, "version": 1, "name": "9г",
        "school_year": "2026/2027", "class_teacher_id": teacher,
    }  # fmt: skip


def order(
    kind: str,
    pupil: str,
    class_id: str,
    *,
    at: str = "2026-08-28T09:00:00Z",
    on: str = "2026-09-01",
    order_id: str | None = None,
    school_id: str = "s-1",
) -> Event:
    return f"{kind}.ordered", {
        "order_id": order_id or f"o-{next(_orders)}", "order_number": "17-К", "ordered_at": at,
        "school_id": school_id, "pupil_id": pupil, "class_id": class_id, "effective_on": on,
    }  # fmt: skip


def cancelled(order_id: str, at: str = "2026-09-02T00:00:00Z") -> Event:
    return "order.cancelled", {"order_id": order_id, "school_id": "s-1", "cancelled_at": at}


def linked(person: str, account: int) -> Event:
    return "profile.changed", {"person_id": person, "version": 1, "max_user_id": account}


def guardian(guardian_id: str, pupil_id: str) -> Event:
    return "guardianship.changed", {
        "guardian_id": guardian_id, "pupil_id": pupil_id, "version": 1, "status": "active",
    }  # fmt: skip


START = (school(), a_class("c-1"), a_class("c-2"), linked("t-1", TEACHER))


async def classes(running: Engine) -> dict[str, dict[int, str]]:
    """{chat: members}, of the chats of classes and parents."""
    members = await running.members()
    return {chat: people for chat, people in members.items() if not chat.startswith("staff")}


async def test_orders_in_every_odd_order(running: Engine) -> None:
    await running.events(
        *START,
        *(linked(f"p-{number}", number) for number in range(1, 11)),
        # 1: withdrawn before the enrolment, by the date of the order; so the enrolment stays.
        order("withdrawal", "p-1", "c-1", at="2026-08-01T09:00:00Z", on="2026-08-01"),
        order("enrolment", "p-1", "c-1"),
        # 2: the withdrawal arrives first, but takes effect later.
        order("withdrawal", "p-2", "c-1", on="2026-10-01"),
        order("enrolment", "p-2", "c-1"),
        # 3: enrolled twice.
        order("enrolment", "p-3", "c-1"),
        order("enrolment", "p-3", "c-1", on="2026-09-05"),
        # 4: transferred within a day, the withdrawal ordered after the enrolment.
        order("enrolment", "p-4", "c-1"),
        order("enrolment", "p-4", "c-2", at="2026-09-07T09:00:00Z", on="2026-09-07"),
        order("withdrawal", "p-4", "c-1", at="2026-09-07T10:00:00Z", on="2026-09-07"),
        # 5: the cancellation comes before its order.
        cancelled("o-five"),
        order("enrolment", "p-5", "c-1", order_id="o-five"),
        # 6: cancelled twice.
        order("enrolment", "p-6", "c-1", order_id="o-six"),
        cancelled("o-six"),
        cancelled("o-six", at="2026-09-03T00:00:00Z"),
        # 7: an old enrolment comes again after the withdrawal.
        order("enrolment", "p-7", "c-1", order_id="o-seven"),
        order("withdrawal", "p-7", "c-1", on="2026-09-10"),
        order("enrolment", "p-7", "c-1", order_id="o-seven"),
        # 8, 9: 29 February and the ends of time.
        order("enrolment", "p-8", "c-1", at="2024-02-28T09:00:00Z", on="2024-02-29"),
        order("enrolment", "p-9", "c-1", at="1970-01-01T00:00:00Z", on="1970-01-01"),
        # 10: not before the year 9999.
        order("enrolment", "p-10", "c-1", at="9999-12-31T23:59:59Z", on="9999-12-31"),
    )
    await running.settle()
    teacher = {TEACHER: ADMIN}
    assert await classes(running) == {
        "class:c-1": {**teacher, 1: MEMBER, 3: MEMBER, 8: MEMBER, 9: MEMBER},
        "class:c-2": {**teacher, 4: MEMBER},
        "parents:c-1": teacher,
        "parents:c-2": teacher,
    }


async def test_accounts_and_roles_that_are_shared(running: Engine) -> None:
    await running.events(
        *START,
        # Twins: one guardian, one account for both pupils.
        linked("p-1", 1), linked("p-2", 1), linked("g-1", 10),
        guardian("g-1", "p-1"), guardian("g-1", "p-2"),
        order("enrolment", "p-1", "c-1"), order("enrolment", "p-2", "c-2"),
        # A pupil who is somebody's guardian too.
        linked("p-3", 3), guardian("p-3", "p-1"), order("enrolment", "p-3", "c-2"),
        # Two pupils on one account in one class; one is withdrawn, the account stays.
        linked("p-4", 4), linked("p-5", 4),
        order("enrolment", "p-4", "c-1"), order("enrolment", "p-5", "c-1"),
        order("withdrawal", "p-5", "c-1", on="2026-09-10"),
        # The class teacher's own child.
        guardian("t-1", "p-4"),
    )  # fmt: skip
    await running.settle()
    assert await classes(running) == {
        "class:c-1": {TEACHER: ADMIN, 1: MEMBER, 4: MEMBER},
        "class:c-2": {TEACHER: ADMIN, 1: MEMBER, 3: MEMBER},
        "parents:c-1": {TEACHER: ADMIN, 10: MEMBER, 3: MEMBER},
        "parents:c-2": {TEACHER: ADMIN, 10: MEMBER},
    }


async def test_ids_of_another_school_give_no_reason(running: Engine) -> None:
    await running.events(
        *START,
        school("s-2"),
        a_class("c-3", "s-2", None),
        linked("p-1", 1),
        linked("p-2", 2),
        linked("p-3", 3),
        # An order of the first school into the second one's class.
        order("enrolment", "p-1", "c-3"),
        # A cancellation that names an order under another school.
        order("enrolment", "p-2", "c-3", order_id="o-other", school_id="s-2"),
        cancelled("o-other"),
        # Placed in both schools at once.
        order("enrolment", "p-3", "c-1"),
        order("enrolment", "p-3", "c-3", school_id="s-2"),
    )
    await running.settle()
    assert await classes(running) == {
        "class:c-1": {TEACHER: ADMIN, 3: MEMBER},
        "class:c-2": {TEACHER: ADMIN},
        "class:c-3": {2: MEMBER, 3: MEMBER},
        "parents:c-1": {TEACHER: ADMIN},
        "parents:c-2": {TEACHER: ADMIN},
    }


async def test_everyone_withdrawn_at_once_leaves_the_class_teacher(running: Engine) -> None:
    pupils = {f"p-{number}": number for number in range(1, 31)}
    await running.events(
        *START,
        *(linked(pupil, account) for pupil, account in pupils.items()),
        *(order("enrolment", pupil, "c-1") for pupil in pupils),
    )
    await running.settle()
    assert (await running.members())["class:c-1"] == {
        TEACHER: ADMIN,
        **dict.fromkeys(pupils.values(), MEMBER),
    }
    await running.events(*(order("withdrawal", pupil, "c-1", on="2026-10-01") for pupil in pupils))
    await running.settle()
    assert (await running.members())["class:c-1"] == {TEACHER: ADMIN}


async def test_an_empty_class_without_a_teacher_has_no_chat_in_the_messenger(
    running: Engine,
) -> None:
    await running.events(school(), a_class("c-1", teacher=None))
    await running.settle()
    assert await running.chats() == {}
    rows = await running.rows("SELECT chat_id, state FROM dashboard.chats ORDER BY chat_id")
    assert [tuple(row) for row in rows] == [
        ("class:c-1", "not_created"),
        ("parents:c-1", "not_created"),
        ("staff_room:s-1", "not_created"),
    ]
