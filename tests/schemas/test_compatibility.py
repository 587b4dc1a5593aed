"""A change only ever adds: every kind of taking away is caught, and adding is not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from schemas.compatibility import Breakage, breakages, read_schemas
from schemas.documents import schemas
from schemas.generate import BASELINE, CONTRACT

PERSON = "sgo.person.changed.v1.schema.json"
GROUP = "sgo.subject-group.changed.v1.schema.json"
CHAT = "rollcall.chat.created.v1.schema.json"

Node = dict[str, Any]  # a JSON object that a test reaches deep into


def broken(file: str, change: Callable[[Node], object]) -> list[Breakage]:
    """What is said of a change to one of the schemas."""
    old = schemas()
    new = copy.deepcopy(old)
    change(new[file])
    return breakages(old, new)


def members(schema: Node) -> Node:
    found: Node = schema["properties"]
    return found


@pytest.mark.parametrize(
    ("file", "change", "member"),
    [
        pytest.param(PERSON, lambda s: members(s).pop("patronymic"), "patronymic", id="removed"),
        pytest.param(
            PERSON, lambda s: s["required"].append("patronymic"), "patronymic", id="required"
        ),
        pytest.param(
            PERSON,
            lambda s: (members(s).update(snils={}), s["required"].append("snils")),
            "snils",
            id="a new member that is required",
        ),
        pytest.param(
            PERSON, lambda s: members(s)["sex"]["enum"].remove("male"), "sex", id="enum value"
        ),
        pytest.param(
            PERSON, lambda s: members(s)["surname"].update(enum=["А"]), "surname", id="an enum"
        ),
        pytest.param(
            PERSON, lambda s: members(s)["sex"].update(const="male"), "sex", id="a constant"
        ),
        pytest.param(
            PERSON, lambda s: members(s)["version"].update(type="string"), "version", id="type"
        ),
        pytest.param(
            PERSON, lambda s: members(s)["patronymic"]["anyOf"].pop(), "patronymic", id="no null"
        ),
        pytest.param(
            PERSON, lambda s: members(s)["surname"].update(maxLength=9999), "surname", id="shorter"
        ),
        pytest.param(
            PERSON, lambda s: members(s)["surname"].update(minLength=1), "surname", id="not empty"
        ),
        pytest.param(
            PERSON, lambda s: members(s)["version"].update(minimum=1), "version", id="minimum"
        ),
        pytest.param(
            PERSON, lambda s: members(s)["version"].update(maximum=9), "version", id="maximum"
        ),
        pytest.param(
            PERSON,
            lambda s: members(s)["person_id"].update(pattern="^p"),
            "person_id",
            id="pattern",
        ),
        pytest.param(
            PERSON, lambda s: members(s)["surname"].update(format="email"), "surname", id="format"
        ),
        pytest.param(
            PERSON,
            lambda s: members(s)["birth_date"]["anyOf"][0].update(pattern="^2"),
            "birth_date",
            id="pattern of an optional member",
        ),
        pytest.param(
            GROUP, lambda s: members(s)["pupils"]["oneOf"].pop(0), "pupils", id="an alternative"
        ),
        pytest.param(
            GROUP,
            lambda s: members(s)["pupils"]["oneOf"][1]["items"].update(pattern="^p"),
            "pupils[]",
            id="items",
        ),
        pytest.param(
            GROUP, lambda s: members(s)["teacher_ids"].update(minItems=1), "teacher_ids", id="more"
        ),
        pytest.param(
            GROUP,
            lambda s: members(s)["teacher_ids"].update(uniqueItems=True),
            "teacher_ids",
            id="no repetition",
        ),
        pytest.param(PERSON, lambda s: s.update(additionalProperties=False), "", id="closed"),
        pytest.param(PERSON, lambda s: s.update({"not": {}}), "", id="a condition"),
        pytest.param(
            CHAT, lambda s: s["required"].remove("title"), "title", id="ours becomes optional"
        ),
    ],
)
def test_taking_away_is_caught(file: str, change: Callable[[Node], object], member: str) -> None:
    found = broken(file, change)
    assert [(breakage.file, breakage.member) for breakage in found] == [(file, member)]


def test_removing_a_type_of_event_is_caught() -> None:
    new = schemas()
    del new[PERSON]
    assert breakages(schemas(), new) == [Breakage(PERSON, "", "the event type was removed")]


@pytest.mark.parametrize(
    ("file", "change"),
    [
        pytest.param(PERSON, lambda s: members(s).update(snils={"type": "string"}), id="optional"),
        pytest.param(PERSON, lambda s: members(s)["sex"]["enum"].append("x"), id="enum value"),
        pytest.param(PERSON, lambda s: members(s)["surname"].pop("maxLength"), id="no limit"),
        pytest.param(PERSON, lambda s: members(s)["surname"].pop("pattern"), id="no pattern"),
        pytest.param(PERSON, lambda s: members(s)["version"].update(maximum=2**60), id="wider"),
        pytest.param(
            PERSON, lambda s: members(s)["version"].update(type=["integer", "string"]), id="type"
        ),
        pytest.param(PERSON, lambda s: s["required"].remove("surname"), id="optional to read"),
        pytest.param(PERSON, lambda s: s.update(description="Somebody."), id="description"),
        pytest.param(
            GROUP, lambda s: members(s)["pupils"]["oneOf"].append({"type": "null"}), id="or null"
        ),
    ],
)
def test_adding_is_not_caught(file: str, change: Callable[[Node], object]) -> None:
    assert broken(file, change) == []


def test_a_new_type_of_event_is_not_caught() -> None:
    assert breakages(schemas(), {**schemas(), "sgo.room.changed.v1.schema.json": {}}) == []


def test_the_contract_takes_nothing_away_from_the_released_one() -> None:
    released = read_schemas(CONTRACT / BASELINE)
    assert released
    assert breakages(released, schemas()) == []
