"""The naive calculation on cases small enough to be worked out by hand.

One module for one table of rules, though it is long.
"""

from datetime import UTC, date, datetime
from typing import Any

from tests.oracle.naive import chats, deliverable_accounts, expected_members

TODAY = date(2026, 11, 24)

Event = dict[str, Any]


def event(
    kind: str, time: str = "2026-09-01T08:00:00+03:00", of: str = "e", **data: object
) -> Event:
    return {"type": f"sgo.{kind}.v1", "time": time, "source": "/t", "id": of, "data": data}


def school(school_id: str = "s", version: int = 1, **more: object) -> Event:
    data: Event = {"name": "Школа", "timezone": "Europe/Moscow", "status": "active", **more}
    return event("school.changed", school_id=school_id, version=version, **data)


def klass(class_id: str = "c", school_id: str = "s", **more: object) -> Event:
    data: Event = {
        "version": 1,
        "name": "9г",
        "school_year": "2026/2027",
        "status": "active",
        **more,
    }
    return event("class.changed", class_id=class_id, school_id=school_id, **data)


def order(kind: str, order_id: str, effective_on: str = "2026-09-01", **more: Any) -> Event:  # noqa: ANN401 - any member
    data: Event = {
        "order_number": "1",
        "ordered_at": "2026-08-25T10:00:00+03:00",
        "school_id": "s",
        "pupil_id": "pupil",
        "class_id": "c",
        **more,
    }
    time = data.pop("time", "2026-08-25T10:00:00+03:00")
    return event(f"{kind}.ordered", time=time, order_id=order_id, effective_on=effective_on, **data)


def enrolled(order_id: str = "o1", effective_on: str = "2026-09-01", **more: object) -> Event:
    return order("enrolment", order_id, effective_on, **more)


def withdrawn(order_id: str, effective_on: str, **more: object) -> Event:
    return order("withdrawal", order_id, effective_on, **more)


def cancelled(order_id: str, school_id: str = "s") -> Event:
    return event("order.cancelled", order_id=order_id, school_id=school_id)


def employed(person_id: str, *roles: str, status: str = "active", school_id: str = "s") -> Event:
    data: Event = {"person_id": person_id, "school_id": school_id, "version": 1}
    return event("employment.changed", **data, roles=list(roles), status=status)


def guardian(person_id: str = "mother", status: str = "active", version: int = 1) -> Event:
    data: Event = {
        "guardian_id": person_id,
        "pupil_id": "pupil",
        "version": version,
        "status": status,
    }
    return event("guardianship.changed", **data)


def group(group_id: str = "g", **more: object) -> Event:
    data: Event = {
        "school_id": "s",
        "class_id": "c",
        "version": 1,
        "subject": "Химия",
        "teacher_ids": ["teacher"],
        "pupils": "whole-class",
        "status": "active",
        **more,
    }
    return event("subject-group.changed", group_id=group_id, **data)


def profile(person_id: str, account: int | None, version: int = 1) -> Event:
    return event("profile.changed", person_id=person_id, version=version, max_user_id=account)


def removed(person_id: str) -> Event:
    return event("person.changed", person_id=person_id, version=1, status="removed")


def test_every_kind_of_chat_has_its_people() -> None:
    events = [
        school(),
        klass(class_teacher_id="teacher"),
        group(),
        employed("director", "administrator"),
        employed("deputy", "teacher", "administrator"),
        employed("teacher", "teacher"),
        employed("secretary", "staff"),
        enrolled(),
        guardian(),
    ]
    assert expected_members(events, TODAY) == {
        "staff_room:s": {
            "director": "administrator",
            "deputy": "administrator",
            "teacher": "member",
        },
        "class:c": {"teacher": "administrator", "pupil": "member"},
        "parents:c": {"teacher": "administrator", "mother": "member"},
        "subject:g": {"teacher": "administrator", "pupil": "member"},
    }


def test_a_teacher_whose_child_is_in_the_class_is_its_administrator() -> None:
    events = [klass(class_teacher_id="mother"), enrolled(), guardian()]
    assert expected_members(events, TODAY)["parents:c"] == {"mother": "administrator"}


def test_a_list_takes_only_pupils_who_are_placed_in_the_class() -> None:
    events = [klass(), group(pupils=["pupil", "stranger"], teacher_ids=[]), enrolled()]
    assert expected_members(events, TODAY)["subject:g"] == {"pupil": "member"}


def test_a_transfer_leaves_the_old_class_in_whichever_order_the_day_is_folded() -> None:
    for first, second in (("a", "b"), ("b", "a")):
        events = [
            klass(),
            klass("new"),
            enrolled(),
            enrolled(first, "2026-10-01", class_id="new"),
            withdrawn(second, "2026-10-01"),
        ]
        found = expected_members(events, TODAY)
        assert (found["class:c"], found["class:new"]) == ({}, {"pupil": "member"})


def test_orders_of_one_day_are_folded_by_instant_and_then_by_id() -> None:
    by_instant = [
        klass(),
        enrolled("z", ordered_at="2026-08-25T10:00:00+05:00"),
        withdrawn("a", "2026-09-01", ordered_at="2026-08-25T09:00:00+03:00"),
    ]
    by_id = [klass(), withdrawn("a", "2026-09-01"), enrolled("b")]
    assert expected_members(by_instant, TODAY)["class:c"] == {}
    assert expected_members(by_id, TODAY)["class:c"] == {"pupil": "member"}


def test_an_order_dated_ahead_has_effect_from_its_day_on() -> None:
    events = [klass(), enrolled(), withdrawn("o2", "2026-11-25")]
    assert expected_members(events, TODAY)["class:c"] == {"pupil": "member"}
    assert expected_members(events, date(2026, 11, 25))["class:c"] == {}


def test_today_is_that_of_the_schools_own_zone() -> None:
    events = [school(timezone="Asia/Kamchatka"), klass(), enrolled(effective_on="2026-11-25")]
    before = datetime(2026, 11, 24, 11, 59, tzinfo=UTC)
    midnight = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    assert expected_members(events, before)["class:c"] == {}
    assert expected_members(events, midnight)["class:c"] == {"pupil": "member"}


def test_a_cancelled_order_never_had_effect_and_only_its_school_can_cancel_it() -> None:
    gone = withdrawn("o2", "2026-10-01")
    assert expected_members([klass(), cancelled("o2"), enrolled(), gone], TODAY)["class:c"]
    foreign = [klass(), cancelled("o2", "other"), enrolled(), gone]
    assert expected_members(foreign, TODAY)["class:c"] == {}


def test_two_bodies_of_one_order_are_decided_by_time() -> None:
    events = [
        klass(),
        withdrawn("o1", "2026-09-01", time="2026-08-26T10:00:00.000002+03:00"),
        enrolled("o1", time="2026-08-26T10:00:00.000001+03:00"),
    ]
    assert expected_members(events, TODAY)["class:c"] == {}


def test_another_schools_order_gives_no_reason_and_moves_nobody_here() -> None:
    events = [klass(), enrolled("o2", school_id="other")]
    assert expected_members(events, TODAY)["class:c"] == {}
    events += [enrolled(), withdrawn("o3", "2026-10-01", school_id="other")]
    assert expected_members(events, TODAY)["class:c"] == {"pupil": "member"}


def test_a_group_of_another_schools_class_has_nobody() -> None:
    events = [klass(school_id="other"), group(), enrolled(school_id="other"), enrolled("o2")]
    assert expected_members(events, TODAY)["subject:g"] == {}


def test_an_ended_employment_takes_the_reasons_of_its_school_only() -> None:
    events = [klass(class_teacher_id="teacher"), group()]
    there = employed("teacher", "teacher", status="ended", school_id="other")
    here = employed("teacher", "teacher", status="ended")
    teaching = {"teacher": "administrator"}
    assert expected_members([*events, there], TODAY)["subject:g"] == teaching
    assert expected_members([*events, here], TODAY) == {
        "class:c": {},
        "parents:c": {},
        "subject:g": {},
    }


def test_a_removed_pupil_gives_no_guardian_a_place() -> None:
    events = [klass(class_teacher_id="teacher"), enrolled(), guardian(), removed("pupil")]
    assert expected_members(events, TODAY)["parents:c"] == {"teacher": "administrator"}


def test_the_removed_are_nowhere() -> None:
    events = [klass(class_teacher_id="teacher"), group(), enrolled(), guardian()]
    events += [removed("teacher"), removed("pupil"), removed("mother")]
    assert set(map(len, expected_members(events, TODAY).values())) == {0}


def test_a_closed_class_keeps_the_placement_of_its_last_day() -> None:
    closed = klass(status="closed", closed_on="2026-10-01", class_teacher_id="teacher")
    events = [closed, group(), enrolled(), guardian(), withdrawn("o2", "2026-10-01")]
    found = chats(events, TODAY)
    assert all(chat.frozen for chat in found.values())
    assert found["class:c"].members == {"teacher": "administrator", "pupil": "member"}
    ended = expected_members([*events, guardian(status="ended", version=2)], TODAY)
    assert ended["parents:c"] == {"teacher": "administrator"}


def test_before_its_day_a_closing_changes_nothing_and_the_earliest_counts() -> None:
    events = [
        school(status="closed", closed_on="2026-12-01"),
        klass(),
        group(status="closed", closed_on="2026-11-20"),
        enrolled(),
        withdrawn("o2", "2026-11-21"),
    ]
    found = chats(events, TODAY)
    frozen = {chat_id for chat_id, chat in found.items() if chat.frozen}
    assert frozen == {"subject:g"}
    assert "pupil" in found["subject:g"].members
    assert "pupil" not in found["class:c"].members


def test_chats_exist_once_what_they_are_for_is_known() -> None:
    assert expected_members([group(), enrolled(), employed("t", "teacher")], TODAY) == {}
    assert set(expected_members([school(), group()], TODAY)) == {"staff_room:s"}


def test_titles_come_from_names_and_are_cut() -> None:
    events = [school(), klass(), group(), group("h", name="н" * 300)]
    titles = {chat_id: chat.title for chat_id, chat in chats(events, TODAY).items()}
    assert titles == {
        "staff_room:s": "Учительская",
        "class:c": "9г - Ученики",
        "parents:c": "9г - Родители",
        "subject:g": "9г - Химия",
        "subject:h": "н" * 200,
    }


def test_an_empty_name_of_a_group_is_no_title() -> None:
    assert chats([klass(), group(name="")], TODAY)["subject:g"].title == "9г - Химия"


def test_a_class_that_is_created_in_a_later_version_is_open_again() -> None:
    created = klass(version=2, closed_on="2026-10-01")
    created["type"] = "sgo.class.created.v1"
    events = [klass(status="closed", closed_on="2026-10-01"), created]
    assert not chats(events, TODAY)["class:c"].frozen


def test_a_shared_account_has_the_highest_role_behind_it() -> None:
    events = [
        klass(class_teacher_id="teacher"),
        enrolled(),
        guardian(),
        profile("teacher", 7),
        profile("mother", 7),
        profile("pupil", 8),
        profile("pupil", None, version=2),
    ]
    found = deliverable_accounts(events, TODAY)
    assert found == {"class:c": {7: "administrator"}, "parents:c": {7: "administrator"}}


def test_the_first_fifty_by_id_are_administrators() -> None:
    teachers = [f"t{number:02d}" for number in range(60)]
    events = [klass(), group(teacher_ids=teachers)]
    events += [profile(one, 1000 - number) for number, one in enumerate(teachers) if number != 3]
    found = deliverable_accounts(events, TODAY)["subject:g"]
    administrators = {account for account, role in found.items() if role == "administrator"}
    assert len(found) == 59
    assert administrators == {1000 - number for number in range(51) if number != 3}


def test_the_highest_version_counts_then_time_source_and_id() -> None:
    late = {"time": "2026-09-02T00:00:00Z"}
    first = {**klass(name="1a"), "time": "2026-09-01T00:00:00Z", "id": "z"}
    second = {**klass(name="2a"), **late, "id": "a"}
    third = {**klass(name="3a"), **late, "id": "b"}
    fourth = {**klass(name="4a", version=0), "time": "2026-12-31T00:00:00Z"}
    for events in ([first, second, third, fourth], [fourth, third, second, first]):
        assert chats(events, TODAY)["class:c"].title == "3a - Ученики"
