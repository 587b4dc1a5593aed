"""From where a partition is read after an assignment: PostgreSQL's offset against Kafka's log.

Pure. The rules:

* another topic of the same name: from 0 again;
* a log that went back, so that it ends before our offset, or holds other records than those
  that we read: all that it has again;
* an offset that the log does not reach back to, or none where the log does not begin at 0:
  records are missing, and nothing goes on until a person acknowledges that;
* a replay that begins before the log does is no gap: what is gone was read once;
* Kafka remembers a commit of ours beyond all that we know: the database was restored.
"""

from dataclasses import dataclass, replace

from projections.facts.offsets import NOT_KNOWN, ReadingState, Standing


@dataclass(frozen=True, slots=True)
class Log:
    """A partition as Kafka has it: the topic's id, its first offset, and the next one.

    ``same_to`` is how far it is what we read, by the leader epoch of that; None: not known.
    """

    topic_id: str
    start: int
    end: int
    same_to: int | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a partition stands from now on, and what that means for the rest.

    ``backward`` says why chats must wait until everything is read again, if they must.
    """

    standing: Standing
    restored: bool = False
    backward: str | None = None


def resume(  # noqa: PLR0911 - one return for each rule
    stored: Standing | None, log: Log, committed: int | None
) -> Resume:
    """What to do with a partition that was assigned to us."""
    if stored is not None and stored.topic_id != log.topic_id:
        return Resume(_from_zero(log), backward="a topic was made anew")
    reached = 0 if stored is None else stored.reached_off
    restored = committed is not None and committed > reached
    if stored is None:
        return Resume(_from_zero(log), restored)
    if stored.state is not ReadingState.READING:
        return Resume(stored, restored)
    if stored.next_off > log.end:
        return Resume(_from_start(log), backward="a topic ends before what was read of it")
    if log.same_to is not None and log.same_to < stored.next_off:
        return Resume(_from_start(log), backward="a topic holds other records than were read")
    if stored.next_off >= log.start:
        return Resume(stored, restored)
    if reached >= log.start:
        begin = replace(stored, next_off=log.start, leader_epoch=NOT_KNOWN)
        return Resume(begin, restored)
    return Resume(_gap(log, reached), restored)


def _from_zero(log: Log) -> Standing:
    if log.start == 0:
        return Standing(log.topic_id, 0, 0)
    return _gap(log, 0)


def _from_start(log: Log) -> Standing:
    """What the log has lost by now was read before it went back."""
    return Standing(log.topic_id, log.start, log.start)


def _gap(log: Log, reached: int) -> Standing:
    """``next_off`` is where reading goes on once a person has acknowledged it."""
    reason = f"offsets {reached} to {log.start - 1} are gone from the log, and were never read"
    return Standing(log.topic_id, log.start, log.start, ReadingState.GAP, reason)
