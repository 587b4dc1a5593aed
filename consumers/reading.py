"""One Kafka record read by itself: into a fact with its origin, or into a bad record.

Guarantees: no record stops another. What is not an event of the contract goes to quarantine
with the field and the rule; so does a record over which our own code fails, with the kind of
the failure, since stopping the partition for it would cost every good one behind it
(``projections.facts.brake`` says when it stops all the same).
"""

import structlog
from aiokafka import ConsumerRecord

from consumers.counters import Counters
from consumers.damaged_batches import unreadable
from consumers.slices import Item, bad_record
from consumers.translate import fact_of
from projections.facts.quarantine import Cause, Cut
from projections.facts.store import Arrival
from schemas.decode import TOO_LARGE, Rejected, decode

log = structlog.get_logger()


def read(record: "ConsumerRecord[bytes, bytes]", topic_id: str, counters: Counters) -> Item:
    """What a record says."""
    try:
        if isinstance(record.value, Cut):
            return bad_record(record, TOO_LARGE, topic_id)
        if unreadable(record.headers):
            return bad_record(record, "headers: a name is not UTF-8", topic_id)
        event = decode(record.headers, record.key, record.value)
        if isinstance(event, Rejected):
            return bad_record(record, event.reason, topic_id)
        counters.subject_differs += event.subject_differs
        counters.key_differs += event.key_differs
        return Arrival(fact_of(event), record.topic, record.partition, record.offset)
    except Exception as error:  # noqa: BLE001 - the module docstring says why
        name = type(error).__name__
        # No traceback: it may quote the record.
        log.error(  # noqa: TRY400 - as above
            "ingest.reading_failed", error=name, topic=record.topic, offset=record.offset
        )
        return bad_record(record, f"reading it failed: {name}", topic_id, Cause.OURS)
