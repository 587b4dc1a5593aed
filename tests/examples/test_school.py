import json
import re
from collections import Counter
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.decode import Rejected, decode
from schemas.encode import Publication, read_line
from synth.example import example_records
from synth.relative import render
from synth.template import corrupt_lines, template_lines
from tests.oracle import naive

FOLDER = Path(__file__).parents[2] / "examples"
TODAY = date(2026, 11, 24)

Event = dict[str, Any]  # any event's JSON


@cache
def lines() -> tuple[str, ...]:
    return tuple((FOLDER / "school.jsonl").read_text(encoding="utf-8").splitlines())


@cache
def events(today: date = TODAY) -> tuple[Event, ...]:
    return tuple(json.loads(render(one, today)) for one in lines())


@cache
def expected(published: date, today: date) -> dict[str, dict[str, str]]:
    return naive.expected_members(events(published), today)


def data_of(*kinds: str) -> list[Event]:
    return [one["data"] for one in events() if one["type"].split(".", 1)[1][:-3] in kinds]


def counts() -> dict[str, int]:
    """What the README's first table promises, counted anew."""
    region = naive._Region(events(), TODAY)  # noqa: SLF001 - its facts are what is counted
    children = Counter(guardian for guardian, _ in region.guardianships)
    employed = {person for person, _ in region.employments}
    accounts = [one["max_user_id"] for one in region.profiles.values() if one.get("max_user_id")]
    placed = [region.placement(*of, TODAY) for of in region.live_orders]
    teaching = region.groups.values()
    active = [one for one in region.classes.values() if one.get("status") != "closed"]
    return {
        "events": len(lines()),
        "people": len(region.persons),
        "pupils": len({one["pupil_id"] for one in region.orders.values()}),
        "pupils placed in a class today": sum(one is not None for one in placed),
        "staff": len(employed | {one for group in teaching for one in group["teacher_ids"]}),
        "guardians": len(children),
        "guardians with several children here": sum(count > 1 for count in children.values()),
        "guardians who are staff here": len(employed & set(children)),
        "people with a linked profile": len(accounts),
        "different MAX accounts": len(set(accounts)),
        "classes of this year": len(active),
        "subject groups": len(region.groups),
        "orders": len(region.orders),
        "orders dated ahead": sum(
            date.fromisoformat(one["effective_on"]) > TODAY for one in region.orders.values()
        ),
        "cancellations": len(region.cancelled),
        "corrupt records": len(list(corrupt_lines())),
    }


def row_of(chats: list[naive.Chat]) -> tuple[int, ...]:
    return (
        len(chats),
        sum(len(chat.members) for chat in chats),
        sum(len(chat.accounts) for chat in chats),
        sum(naive.ADMINISTRATOR not in chat.accounts.values() for chat in chats),
    )


def expectations() -> dict[str, tuple[int, ...]]:
    """What the README's table of chats promises, computed anew."""
    found = naive.chats(events(), TODAY)
    kinds = {"staff room": "staff_room", "class": "class", "parents": "parents"}
    kinds["subject"] = "subject"
    rows = {
        name: row_of(
            [
                chat
                for chat_id, chat in found.items()
                if chat_id.startswith(f"{kind}:") and not chat.frozen
            ]
        )
        for name, kind in kinds.items()
    }
    rows["frozen"] = row_of([chat for chat in found.values() if chat.frozen])
    rows["all"] = row_of(list(found.values()))
    return rows


def test_the_committed_files_are_what_the_module_writes() -> None:
    assert (FOLDER / "school.jsonl").read_bytes() == "".join(template_lines()).encode()
    assert (FOLDER / "corrupt.raw.jsonl").read_bytes() == "".join(corrupt_lines()).encode()


def test_the_readme_counts_what_is_there() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    documented = {
        name: int(number)
        for name, number in re.findall(r"^\| ([^|]+) \| (\d+) \|$", text, re.MULTILINE)
    }
    assert documented == counts()


def test_the_readme_says_what_the_rules_expect() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z ]+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    assert {name: tuple(map(int, numbers)) for name, *numbers in rows} == expectations()


def test_every_chat_has_somebody_who_can_be_in_it() -> None:
    assert all(chat.accounts for chat in naive.chats(events(), TODAY).values())


@settings(max_examples=1)
@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
@example(date(2028, 2, 29))
@example(date(2026, 9, 1))
@example(date(2026, 12, 31))
def test_the_school_is_valid_and_the_same_on_any_day(today: date) -> None:
    refused = [one for one in lines() if isinstance(read_line(render(one, today)), Rejected)]
    assert refused == []
    assert expected(today, today) == expected(TODAY, TODAY)


def test_every_date_is_relative() -> None:
    dates = re.compile(r'"[0-9]{4}-[0-9]{2}-[0-9]{2}')
    assert not [one for one in lines() if dates.search(one)]


def test_a_day_off_between_the_publisher_and_the_school_changes_nothing() -> None:
    for days in (-1, 1):
        assert expected(TODAY, TODAY + timedelta(days=days)) == expected(TODAY, TODAY)


def test_two_people_share_one_account_and_no_others_do() -> None:
    accounts = [one["max_user_id"] for one in data_of("profile.changed") if "max_user_id" in one]
    assert sorted(Counter(accounts).values())[-2:] == [1, 2]


def test_cancellations_of_both_kinds_come_before_and_after_their_orders() -> None:
    place = {
        (one["type"] == "sgo.order.cancelled.v1", one["data"]["order_id"]): number
        for number, one in enumerate(events())
        if "order_id" in one["data"]
    }
    kinds = {
        (order["type"].split(".")[1], place[True, order_id] < place[False, order_id])
        for order in events()
        if (order_id := order["data"].get("order_id")) and (True, order_id) in place
        if order["type"] != "sgo.order.cancelled.v1"
    }
    assert kinds == {
        ("enrolment", False),
        ("enrolment", True),
        ("withdrawal", False),
        ("withdrawal", True),
    }


def test_a_transfer_is_an_enrolment_and_a_withdrawal_on_one_day() -> None:
    withdrawn = {(one["pupil_id"], one["effective_on"]) for one in data_of("withdrawal.ordered")}
    enrolled = {(one["pupil_id"], one["effective_on"]) for one in data_of("enrolment.ordered")}
    assert len(withdrawn & enrolled) >= 30


def test_last_years_class_is_closed_and_has_the_name_of_one_of_this_year() -> None:
    closed = [one for one in data_of("class.changed") if one["status"] == "closed"]
    names = Counter(one["name"] for one in data_of("class.created"))
    assert [one["name"] for one in closed] == ["5а"]
    assert names["5а"] == 2


def test_one_person_is_removed_and_one_employment_has_ended() -> None:
    removed = [one for one in data_of("person.changed") if one["status"] == "removed"]
    ended = [one for one in data_of("employment.changed") if one["status"] == "ended"]
    assert (len(removed), len(ended)) == (1, 1)


def test_the_records_of_the_demo_are_the_files_with_two_that_no_one_can_read() -> None:
    records = list(example_records(TODAY))
    refused = [one for one in records if isinstance(decode((), one.key, one.value), Rejected)]
    written = [
        (one["topic"], one["key"].encode(), one["value"].encode())
        for one in map(json.loads, corrupt_lines())
    ]
    assert [(one.topic, one.key, one.value) for one in refused] == written
    sent = [read_line(render(one, TODAY)) for one in lines()]
    good = [one for one in records if one not in refused]
    assert [(one.topic, one.key, one.value) for one in good] == [
        (one.topic, one.key, one.value) for one in sent if isinstance(one, Publication)
    ]


def test_the_corrupt_records_are_on_two_topics_and_keyed_as_others_are() -> None:
    keys = {(one["topic"], bool(one["key"])) for one in map(json.loads, corrupt_lines())}
    assert keys == {("sgo.register", True), ("sgo.orders", True)}
