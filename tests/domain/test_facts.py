"""The fold of facts does not depend on how they came."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import Fact, Rank, fold, key_of
from tests.domain.builders import (
    cancellation,
    employment,
    enrolment,
    group,
    guardianship,
    person,
    school,
    school_class,
    withdrawal,
)

INSTANT = datetime(2026, 9, 1, tzinfo=UTC)

ranks = st.builds(
    Rank,
    version=st.integers(0, 2),
    at=st.integers(0, 2).map(lambda micros: INSTANT + timedelta(microseconds=micros)),
    source=st.sampled_from(["/Z", "/a"]),
    event_id=st.sampled_from(["1", "2", "10"]),
)
histories = st.lists(
    st.builds(
        lambda fact, rank: replace(fact, rank=rank), st.sampled_from("xyz").map(person), ranks
    ),
    max_size=12,
)


@given(histories, st.data())
def test_any_order_and_repetition_of_facts_folds_alike(
    history: list[Fact], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(history))) if history else []
    assert fold(data.draw(st.permutations([*history, *again]))) == fold(history)


@given(histories, st.integers(0, 12))
def test_any_split_into_batches_folds_alike(history: list[Fact], cut: int) -> None:
    first, second = fold(history[:cut]), fold(history[cut:])
    assert fold([*second.values(), *first.values()]) == fold(history)


@given(histories)
def test_of_each_entity_the_fact_of_the_greatest_rank_counts(history: list[Fact]) -> None:
    folded = fold(history)
    assert folded.keys() == {key_of(fact) for fact in history}
    for fact in history:
        assert folded[key_of(fact)].rank >= fact.rank


@pytest.mark.parametrize(
    ("lesser", "greater"),
    [
        (Rank(1, INSTANT + timedelta(days=1), "/z", "9"), Rank(2, INSTANT, "/a", "1")),
        (Rank(1, INSTANT, "/z", "9"), Rank(1, INSTANT + timedelta(microseconds=1), "/a", "1")),
        (Rank(1, INSTANT, "/Z", "9"), Rank(1, INSTANT, "/a", "1")),
        (Rank(1, INSTANT, "/a", "10"), Rank(1, INSTANT, "/a", "9")),
        (Rank(1, INSTANT, "/a", "Ж"), Rank(1, INSTANT, "/a", "ж")),
        (
            Rank(1, datetime.fromisoformat("2026-09-01T12:00:00+12:00"), "/z", "9"),
            Rank(1, datetime.fromisoformat("2026-09-01T03:00:00+02:00"), "/a", "1"),
        ),
    ],
    ids=["version", "time", "source by code point", "id as text", "Russian text", "instants"],
)
def test_a_rank_is_decided_by_version_then_time_then_source_then_id(
    lesser: Rank, greater: Rank
) -> None:
    assert lesser < greater


def test_each_entity_is_a_key_of_its_own() -> None:
    facts: list[Fact] = [
        school("x"),
        school_class("x"),
        group("x"),
        person("x"),
        employment("x"),
        employment("x", school_id="s2"),
        guardianship("x", "y"),
        guardianship("y", "x"),
        guardianship("x:y", "z"),
        guardianship("x", "y:z"),
        enrolment("x", order_id="o"),
        cancellation("o"),
        cancellation("o", "s2"),
    ]
    assert len(fold(facts)) == len(facts)


def test_two_bodies_under_one_order_id_are_one_order() -> None:
    one, other = enrolment("x", order_id="o"), withdrawal("x", order_id="o")
    later = replace(one, rank=replace(one.rank, at=one.rank.at + timedelta(seconds=1)))
    assert list(fold([later, other]).values()) == [later]
    assert list(fold([other, later]).values()) == [later]
