"""The rules of the domain and the naive calculation, written apart, say the same."""

import json
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.translate import fact_of
from domain.chats import is_frozen
from domain.expected import deliverable
from domain.facts import Fact, Profile, fold
from domain.ids import ChatId
from schemas.decode import Decoded, decode
from synth import generate
from tests.domain.builders import World
from tests.oracle import naive
from tests.oracle.histories import TODAY, histories

Event = dict[str, Any]  # any event's JSON


def facts_of(events: list[Event]) -> list[Fact]:
    facts = []
    for event in events:
        decoded = decode((), None, json.dumps(event).encode())
        assert isinstance(decoded, Decoded), decoded
        facts.append(fact_of(decoded))
    return facts


def by_the_domain(events: list[Event], days: int = 0) -> dict[str, naive.Chat]:
    today = TODAY + timedelta(days=days)
    facts = facts_of(events)
    world = World(*facts)
    profiles = {
        fact.person_id: fact.max_user_id
        for fact in fold(facts).values()
        if isinstance(fact, Profile) and fact.max_user_id is not None
    }
    found = {}
    for chat_id, chat in world.chats().items():
        expected = world.expected(ChatId(chat_id), today)
        accounts = deliverable(expected, profiles)
        found[str(chat_id)] = naive.Chat(
            title=chat.title,
            frozen=is_frozen(chat, today),
            members={str(one.person_id): one.role.value for one in expected},
            accounts={int(account): role.value for account, role in accounts.items()},
        )
    return found


@settings(max_examples=100)
@given(histories(), st.integers(-90, 2))
def test_any_history_has_one_outcome_by_both(events: list[Event], days: int) -> None:
    today = TODAY + timedelta(days=days)
    assert naive.chats(events, today) == by_the_domain(events, days)


@given(histories(), st.data())
def test_any_order_and_repetition_has_one_outcome(events: list[Event], data: st.DataObject) -> None:
    again = data.draw(st.permutations(events + events[::2]))
    assert naive.chats(again, TODAY) == naive.chats(events, TODAY)


def test_a_made_up_school_has_one_outcome_by_both() -> None:
    events: list[Event] = list(generate(120, 7, TODAY))
    assert naive.chats(events, TODAY) == by_the_domain(events)
