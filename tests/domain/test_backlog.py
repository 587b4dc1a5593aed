"""The order of a backlog, and how long it takes."""

import pytest

from domain import backlog
from domain.chats import ChatKind


def test_the_staff_room_goes_first_then_class_by_class_then_the_subjects() -> None:
    in_order = [
        (ChatKind.STAFF_ROOM, None),
        (ChatKind.CLASS, "1а"),
        (ChatKind.PARENTS, "1а"),
        (ChatKind.CLASS, "10а"),
        (ChatKind.PARENTS, "10а"),
        (ChatKind.CLASS, "Подготовительный"),
        (ChatKind.SUBJECT, "2в"),
        (ChatKind.SUBJECT, "11б"),
        (ChatKind.SUBJECT, None),
    ]
    places = [backlog.place(*chat) for chat in in_order]
    assert places == sorted(set(places))


@pytest.mark.parametrize("name", ["", "а", "2026 набор", "-1", "١а"])
def test_a_class_of_no_number_comes_after_those_that_have_one(name: str) -> None:
    assert backlog.place(ChatKind.CLASS, name) > backlog.place(ChatKind.PARENTS, "12а")


@pytest.mark.parametrize(
    ("waiting", "lately", "minutes"),
    [(170_000, 9_000, 94), (100, 300, 2), (100, 5000, 1), (99, 1, None), (5000, 0, None)],
)
def test_how_long_it_takes_is_said_by_the_pace_of_late(
    waiting: int, lately: int, minutes: int | None
) -> None:
    assert backlog.minutes_left(waiting, lately) == minutes
