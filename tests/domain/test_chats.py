"""Chats: which there are, and what they are called."""

import pytest

from domain.chats import ChatKind
from tests.domain.builders import (
    CHEMISTRY,
    CLASS,
    PARENTS,
    ROOM,
    World,
    group,
    school,
    school_class,
)


def test_a_school_has_a_staff_room_a_class_two_chats_and_a_subject_group_one() -> None:
    chats = World(school(), school_class(), group()).chats()
    assert {chat_id: chat.kind for chat_id, chat in chats.items()} == {
        ROOM: ChatKind.STAFF_ROOM,
        CLASS: ChatKind.CLASS,
        PARENTS: ChatKind.PARENTS,
        CHEMISTRY: ChatKind.SUBJECT,
    }


def test_titles_are_those_of_the_guide() -> None:
    chats = World(school(), school_class(), group()).chats()
    assert {chat_id: chat.title for chat_id, chat in chats.items()} == {
        ROOM: "Учительская",
        CLASS: "9г - Ученики",
        PARENTS: "9г - Родители",
        CHEMISTRY: "9г - Химия",
    }


@pytest.mark.parametrize("blank", ["", " ", "\u00a0\t"])
def test_a_blank_name_of_a_subject_group_is_none(blank: str) -> None:
    world = World(school(), school_class(), group(name=blank))
    assert world.chats()[CHEMISTRY].title == "9г - Химия"


def test_a_subject_groups_own_name_is_its_title() -> None:
    named = group(name="4а - Ин.яз./Английский/1")
    assert World(school(), school_class(), named).chats()[CHEMISTRY].title == named.name


@pytest.mark.parametrize("letter", ["ё", "é", "😀", "٣"])
def test_a_title_is_cut_at_two_hundred_code_points(letter: str) -> None:
    long = school_class(name=letter * 10_000)
    assert World(long).chats()[CLASS].title == letter * 200


def test_a_new_name_is_a_new_title_of_the_same_chat() -> None:
    world = World(school_class(), school_class(name="10г", version=2))
    assert world.chats()[CLASS].title == "10г - Ученики"
