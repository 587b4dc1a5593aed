"""What was fetched of each partition, and how it is cut in two when it is refused.

Pure. A piece carries its own offsets, so each half is a batch of its own: the halves of one
partition meet at the same offset.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiokafka import ConsumerRecord

from domain.lanes import Lane
from projections.facts.ingest_store import Batch
from projections.facts.offsets import NOT_KNOWN, PartitionKey, Standing, Step
from projections.facts.quarantine import BadRecord, Cause
from projections.facts.store import Arrival

Item = Arrival | BadRecord


@dataclass(frozen=True, slots=True)
class Piece:
    """Records of one partition in order, what they were read as, and how far they bring it."""

    key: PartitionKey
    standing: Standing
    end: int
    records: Sequence["ConsumerRecord[bytes, bytes]"]
    items: Sequence[Item]
    leader_epoch: int = NOT_KNOWN
    """Of the last batch before ``end``."""

    def follows_another_leader(self) -> bool:
        """Whether another leader may have taken in what follows what was read before."""
        known = self.standing.leader_epoch
        return known not in (NOT_KNOWN, self.leader_epoch)

    def begins_after_a_hole(self) -> bool:
        """Whether offsets are missing before its first record."""
        return bool(self.records) and self.records[0].offset > self.standing.next_off

    def after(self) -> Standing:
        """Where the partition stands once this piece is committed."""
        reached = max(self.standing.reached_off, self.end)
        return replace(
            self.standing,
            next_off=self.end,
            reached_off=reached,
            leader_epoch=self.leader_epoch,
        )


def batch_of(pieces: Sequence[Piece]) -> Batch:
    """The pieces as one transaction; in the replay lane if nothing in them is new."""
    arrivals: list[Arrival] = []
    bad: list[BadRecord] = []
    for piece in pieces:
        for item in piece.items:
            if isinstance(item, Arrival):
                arrivals.append(item)
            else:
                bad.append(item)
    replay = all(piece.end <= piece.standing.reached_off for piece in pieces)
    steps = [_step(piece) for piece in pieces]
    return Batch(arrivals, bad, steps, Lane.REPLAY if replay else Lane.LIVE)


def _step(piece: Piece) -> Step:
    standing = piece.standing
    return Step(*piece.key, standing.topic_id, standing.next_off, piece.end, piece.leader_epoch)


def halves(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Cut in the middle of all records; there are two of them or more."""
    room = sum(len(piece.items) for piece in pieces) // 2
    first: list[Piece] = []
    second: list[Piece] = []
    for piece in pieces:
        count = min(room, len(piece.items))
        room -= count
        if count == len(piece.items):
            first.append(piece)
        elif count == 0:
            second.append(piece)
        else:
            head = replace(
                piece,
                end=piece.records[count].offset,
                records=piece.records[:count],
                items=piece.items[:count],
                # In the middle it is known only if it is the same at both ends.
                leader_epoch=NOT_KNOWN
                if piece.follows_another_leader()
                else piece.standing.leader_epoch,
            )
            first.append(head)
            second.append(
                replace(
                    piece,
                    standing=head.after(),
                    records=piece.records[count:],
                    items=piece.items[count:],
                )
            )
    return first, second


def weight(pieces: Sequence[Piece]) -> int:
    """The bytes of all that is in them, about."""
    return sum(
        len(record.key or b"") + len(record.value or b"")
        for piece in pieces
        for record in piece.records
    )


def refused(piece: Piece, reason: str) -> Piece:
    """The piece of a single record with that record in quarantine."""
    bad = bad_record(piece.records[0], reason, piece.standing.topic_id, Cause.STORE)
    return replace(piece, items=[bad])


def bad_record(
    record: "ConsumerRecord[bytes, bytes]",
    reason: str,
    topic_id: str,
    cause: Cause = Cause.CONTRACT,
) -> BadRecord:
    """A record that goes to quarantine."""
    return BadRecord(
        record.topic,
        record.partition,
        record.offset,
        record.key,
        record.value,
        record.headers,
        reason,
        topic_id,
        cause,
    )
