"""Whatever arrives by Kafka: quarantine or a fact, never a crash and never a lost neighbour."""

from itertools import chain
from typing import Any

from consumers.fetching import bounded
from tests.badinput.corpus import GOOD, ODD_NAMES, REFUSED, SECRET, UNUSUAL, as_json, event, person
from tests.badinput.engine import Engine


def _neighbour(number: int) -> tuple[tuple[()], bytes, bytes]:
    data = person(f"n-{number:03}", surname="Соседова", given_name="Ия")
    return (), b"key", as_json(event("person.changed", data, f"neighbour-{number}"))


async def test_each_bad_record_ends_in_quarantine_and_each_neighbour_arrives(
    running: Engine,
) -> None:
    bad = [
        (each.headers, f"bad-{number}".encode(), each.value) for number, each in enumerate(REFUSED)
    ]
    around = [_neighbour(number) for number in range(len(bad) + 1)]
    mixed = list(chain.from_iterable(zip(around, bad, strict=False)))
    await running.send([*mixed, around[-1]])
    await running.settle()

    rows = await running.rows("SELECT key, value, reason FROM quarantine")
    kept = {row.key: (row.value, row.reason) for row in rows}
    assert len(rows) == len(REFUSED)
    for (_, key, value), each in zip(bad, REFUSED, strict=True):
        quarantined, reason = kept[key]
        assert quarantined == bounded(value)
        assert reason.startswith(each.reason), (each.name, reason)
        assert SECRET not in reason
        assert reason.isascii(), (each.name, reason)
    persons = {row.person_id for row in await running.rows("SELECT person_id FROM fact_people")}
    assert persons == {f"n-{number:03}" for number in range(len(around))}
    assert await running.chats() == {}


async def test_what_is_unusual_and_good_is_a_fact(running: Engine) -> None:
    await running.send(UNUSUAL.values())
    await running.settle()
    assert await running.rows("SELECT reason FROM quarantine") == []
    persons = {row.person_id for row in await running.rows("SELECT person_id FROM fact_people")}
    assert persons == {
        "p-null-key", "p-header", "p-binary", "p-unknown", "p-null", "p-1970", "p-9999",
    }  # fmt: skip


async def test_an_odd_name_is_kept_as_it_is(running: Engine) -> None:
    names = dict(enumerate(ODD_NAMES.values()))
    await running.events(
        *(
            ("person.changed", person(f"p-{number}", surname=name, given_name=name))
            for number, name in names.items()
        )
    )
    await running.settle()
    rows = await running.rows("SELECT person_id, surname, given_name FROM fact_people")
    kept = {row.person_id: (row.surname, row.given_name) for row in rows}
    assert kept == {f"p-{number}": (name, name) for number, name in names.items()}


def _odd_class(number: int, name: str) -> list[tuple[str, dict[str, Any]]]:
    """A class of this name, and a subject group that bears it too, with one teacher."""
    return [
        ("class.created", {
            "class_id": f"c-{number}", "school_id": "s-1", "version": 1, "name": name,
            "school_year": "2026/2027", "class_teacher_id": "t-1",
        }),
        ("subject-group.changed", {
            "group_id": f"g-{number}", "school_id": "s-1", "class_id": f"c-{number}",
            "version": 1, "subject": "Химия", "name": name, "teacher_ids": ["t-1"],
            "pupils": "whole-class", "status": "active",
        }),
    ]  # fmt: skip


async def test_a_chat_is_made_whatever_its_class_is_called(running: Engine) -> None:
    names = dict(enumerate(ODD_NAMES.values()))
    odd = chain.from_iterable(_odd_class(number, name) for number, name in names.items())
    linked = ("profile.changed", {"person_id": "t-1", "version": 1, "max_user_id": 77})
    await running.events(linked, *odd)
    await running.settle()
    titles = {chat_id: chat["title"] for chat_id, chat in (await running.chats()).items()}
    for number, name in names.items():
        assert titles[f"class:c-{number}"] == f"{name} - Ученики"[:200]
        assert titles[f"parents:c-{number}"] == f"{name} - Родители"[:200]
        own = name if name.strip() else f"{name} - Химия"
        assert titles[f"subject:g-{number}"] == own[:200]
    assert len(titles) == 3 * len(names)
    assert set(map(str, (await running.members()).values())) == {"{77: 'administrator'}"}


async def test_the_example_of_the_corpus_is_good_but_for_its_fault(running: Engine) -> None:
    await running.send([((), b"key", GOOD)])
    await running.settle()
    assert await running.rows("SELECT reason FROM quarantine") == []
