"""What Kafka has, as the watchers of the topics' ends saw it last.

Guarantees: only what Kafka has now, of the topics that are read now, counts for the gate. A
partition that nobody has seen for ``GONE_AFTER`` goes, with its ends: its topic was deleted or
made anew with fewer, or the settings name others. A topic that is to be read and is not there is
named until it is there, or nobody wants it any more. One look that lacks something says nothing
yet, and neither do watchers whose settings differ while a release is rolled out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from projections.database import Driver

GONE_AFTER: Final = timedelta(seconds=5)

Place = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at the topics that are read.

    ``ends`` is the offset that the next record of each partition will get, ``ids`` the id of
    each topic that is there, ``missing`` those that are not.
    """

    ends: Mapping[Place, int]
    ids: Mapping[str, str]
    missing: tuple[str, ...] = ()

    def columns(self) -> dict[str, list[str] | list[int]]:
        """The partitions as parameters, one array each."""
        places = sorted(self.ends)
        return {
            "topics": [topic for topic, _ in places],
            "parts": [part for _, part in places],
            "topic_ids": [self.ids[topic] for topic, _ in places],
            "ends": [self.ends[place] for place in places],
        }


_SEE = """
    INSERT INTO kafka_partitions AS k (topic, part, topic_id, seen_at)
    SELECT u.topic, u.part, u.topic_id, :at
      FROM unnest(CAST(:topics AS text[]), CAST(:parts AS int[]), CAST(:topic_ids AS text[]))
           AS u (topic, part, topic_id)
    ON CONFLICT (topic, part) DO UPDATE
       SET topic_id = excluded.topic_id, seen_at = excluded.seen_at"""

# A sight from the future is one of before the clock was put right.
_FORGET = """
    DELETE FROM kafka_partitions
     WHERE seen_at NOT BETWEEN CAST(:at AS timestamptz) - CAST(:gone_after AS interval)
                           AND CAST(:at AS timestamptz) + CAST(:gone_after AS interval)"""

_FORGET_ENDS = """
    DELETE FROM {table} e
     WHERE NOT EXISTS (SELECT FROM kafka_partitions k
                        WHERE (k.topic, k.part, k.topic_id) = (e.topic, e.part, e.topic_id))"""


async def note(store: Driver, sight: Sight, at: datetime) -> None:
    """Take in a look of the instant ``at``; what belongs to nothing that is there goes."""
    await see(store, {place: sight.ids[place[0]] for place in sorted(sight.ends)}, at)
    await store.execute(_FORGET, at=at, gone_after=GONE_AFTER)
    for table in ("topic_ends", "catch_up_ends"):
        await store.execute(_FORGET_ENDS.format(table=table))
    await _note_missing(store, sight, at)


async def see(store: Driver, there: Mapping[Place, str], at: datetime) -> None:
    """These partitions are there now, each in the topic of this id."""
    await store.execute(
        _SEE,
        topics=[topic for topic, _ in there],
        parts=[part for _, part in there],
        topic_ids=list(there.values()),
        at=at,
    )


async def _note_missing(store: Driver, sight: Sight, at: datetime) -> None:
    await store.execute(
        """INSERT INTO missing_topics AS m (topic, since, told_at)
           SELECT topic, :at, :at FROM unnest(CAST(:missing AS text[])) AS u (topic)
           ON CONFLICT (topic) DO UPDATE
              SET told_at = excluded.told_at, since = least(m.since, excluded.since)""",
        missing=list(sight.missing),
        at=at,
    )
    await store.execute(
        """DELETE FROM missing_topics
            WHERE topic = ANY(CAST(:there AS text[]))
               OR told_at NOT BETWEEN CAST(:at AS timestamptz) - CAST(:gone_after AS interval)
                                  AND CAST(:at AS timestamptz) + CAST(:gone_after AS interval)""",
        there=list(sight.ids),
        at=at,
        gone_after=GONE_AFTER,
    )
