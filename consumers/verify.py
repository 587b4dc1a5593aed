"""Whether what was fetched follows what was read, asked of Kafka just before it is written.

Guarantees: records are of the topics that we know (ids never come back, and theirs is asked
after the fetch); a hole is no loss; and a new leader's log holds what we read before.
"""

from collections.abc import Sequence

from consumers.kafka_view import KafkaView
from consumers.slices import Piece
from projections.errors import OffsetsMoved


async def verify(view: KafkaView, pieces: Sequence[Piece], holes: Sequence[Piece]) -> None:
    """Return if these may be written.

    Offsets may be missing inside a log (the ends of transactions), not before its start.

    Raises:
        OffsetsMoved: the partitions must be taken up again.
        KafkaUnavailable: nobody can tell now.
    """
    if not pieces:
        return
    views = await view.topics(sorted({piece.key[0] for piece in pieces}))
    for piece in pieces:
        found = views.get(piece.key[0])
        if found is None or found.topic_id != piece.standing.topic_id:
            raise OffsetsMoved("a topic was made anew")
    if holes:
        starts = await view.starts([hole.key for hole in holes])
        if any(starts[hole.key] > hole.standing.next_off for hole in holes):
            raise OffsetsMoved("the log begins after what was read of it")
    await _verify_leaders(view, [each for each in pieces if each.follows_another_leader()])


async def _verify_leaders(view: KafkaView, pieces: Sequence[Piece]) -> None:
    """It may have gone back, and have grown again past what was read."""
    if not pieces:
        return
    same_to = await view.epoch_ends({piece.key: piece.standing.leader_epoch for piece in pieces})
    if any(same_to[piece.key] < piece.standing.next_off for piece in pieces):
        raise OffsetsMoved("a topic holds other records than were read")
