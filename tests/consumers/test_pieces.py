"""How a refused batch is cut down."""

from itertools import pairwise

import pytest
from aiokafka import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from consumers.slices import Piece, bad_record, batch_of, halves
from domain.lanes import Lane
from projections.facts.offsets import NOT_KNOWN, Standing


def _record(part: int, offset: int) -> "ConsumerRecord[bytes, bytes]":
    return ConsumerRecord("t", part, offset, 0, 0, None, b"", None, 0, 0, ())


@st.composite
def _pieces(draw: st.DrawFn) -> list[Piece]:
    made = []
    for part in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, 5))
        steps = draw(st.lists(st.integers(1, 3), min_size=1, max_size=6))
        offsets = [start + sum(steps[:place]) for place in range(len(steps))]
        records = [_record(part, offset) for offset in offsets]
        items = [bad_record(record, "why", "id") for record in records]
        end = offsets[-1] + draw(st.integers(1, 3))
        made.append(Piece(("t", part), Standing("id", start, start), end, records, items))
    return made


@given(_pieces())
def test_halves_meet_where_they_were_cut_and_lose_nothing(pieces: list[Piece]) -> None:
    count = sum(len(piece.items) for piece in pieces)
    if count == 1:
        return
    first, second = halves(pieces)
    sizes = [sum(len(piece.items) for piece in half) for half in (first, second)]
    assert sizes == [count // 2, count - count // 2]
    for whole in pieces:
        parts = [piece for piece in (*first, *second) if piece.key == whole.key]
        assert [each for piece in parts for each in piece.records] == list(whole.records)
        assert [each for piece in parts for each in piece.items] == list(whole.items)
        assert parts[0].standing == whole.standing
        assert parts[-1].end == whole.end
        for before, after in pairwise(parts):
            assert after.standing.next_off == before.end
            assert before.records[-1].offset < before.end <= after.records[0].offset


@pytest.mark.parametrize(
    ("known", "then", "at_the_cut"),
    [(4, 4, 4), (4, 5, NOT_KNOWN), (NOT_KNOWN, 5, NOT_KNOWN)],
    ids=["the same leader", "another leader somewhere", "nobody knew before"],
)
def test_a_half_names_a_leader_only_where_both_ends_have_the_same(
    known: int, then: int, at_the_cut: int
) -> None:
    records = [_record(0, offset) for offset in (5, 6)]
    items = [bad_record(record, "why", "id") for record in records]
    standing = Standing("id", 5, 5, leader_epoch=known)
    whole = Piece(("t", 0), standing, 7, records, items, then)
    ([first], [second]) = halves([whole])
    assert (first.leader_epoch, second.standing.leader_epoch) == (at_the_cut, at_the_cut)
    assert second.leader_epoch == then


def test_only_what_was_read_before_is_a_replay() -> None:
    record = _record(0, 5)
    items = [bad_record(record, "why", "id")]
    again = Piece(("t", 0), Standing("id", 5, 9), 6, [record], items)
    new = Piece(("t", 1), Standing("id", 5, 5), 6, [record], items)
    assert batch_of([again]).lane is Lane.REPLAY
    assert batch_of([again, new]).lane is Lane.LIVE
