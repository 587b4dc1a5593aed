"""The outbox: events of ours, written with the change that they tell of, published later.

Guarantees: at least once, in the order of ``entry``, with an id that stays the same over all
repetitions. Two changes of one chat are never under way at once (the lease), so the order
holds for each chat. Whatever is published was read back as an event of the contract; what cannot
be published stands in nobody's way, and is named.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from projections.database import driver
from schemas.encode import PUBLISHED, Publication, Unpublishable, encode
from schemas.reasons import reason_of

log = structlog.get_logger()

SOURCE = "rollcall"
"""The CloudEvents source of everything that we publish."""

_LOCK = 0x4F757462  # «Outb»: one publisher at a time, so the order holds


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event to publish: its topic, the record's key, and the whole event as JSON."""

    entry: int
    topic: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of events that were to be published: ``refused`` has why, by entry."""

    published: Sequence[int] = ()
    refused: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told: an event before it is encoded."""

    event_id: str
    topic: str
    event_type: str
    subject: str
    data: Mapping[str, object]


async def add(
    connection: AsyncConnection,
    *,
    event_id: str,
    topic: str,
    event_type: str,
    subject: str,
    data: Mapping[str, object],
) -> None:
    """Add an event to the transaction; one with a known ``event_id`` is not added again."""
    await add_all(connection, [News(event_id, topic, event_type, subject, data)])


async def add_all(connection: AsyncConnection, news: Sequence[News]) -> None:
    """As ``add``, many at once, in their order.

    Each is encoded and read back as everything that we publish. One that does not fit the
    contract is a bug of ours: it is kept with the reason, never published, and told by
    ``status``; the change that it tells of has happened all the same.
    """
    if not news:
        return
    store = await driver(connection)
    now = await store.fetchval("SELECT clock_now()")
    written = [_written(each, now) for each in news]
    await store.execute(
        """INSERT INTO outbox (event_id, topic, key, value, created_at, refused)
           SELECT n.event_id, n.topic, n.key, n.value::jsonb, :now, n.refused
             FROM unnest(CAST(:events AS text[]), CAST(:topics AS text[]), CAST(:keys AS text[]),
                         CAST(:values AS text[]), CAST(:refused AS text[]))
                  WITH ORDINALITY AS n (event_id, topic, key, value, refused, place)
            ORDER BY n.place
           ON CONFLICT (event_id) DO NOTHING""",
        events=[each.event_id for each in news],
        topics=[each.topic for each in news],
        keys=[each.subject for each in news],
        values=[value for value, _ in written],
        refused=[refused for _, refused in written],
        now=now,
    )


def _written(news: News, now: datetime) -> tuple[str, str | None]:
    """The event as JSON, and why it cannot be published."""
    try:
        event = _encoded(news.event_type, news.data, news.event_id, now)
        if event.key.decode() != news.subject:
            raise Unpublishable("subject: is not the entity's id")  # noqa: TRY301 - as encode's
        return event.value.decode(), None
    except Unpublishable as error:
        log.error(  # noqa: TRY400 - a traceback may quote the event
            "outbox.unpublishable", reason=str(error), where=news.event_type
        )
        return json.dumps(dict(news.data), default=str).replace("\\u0000", ""), str(error)


def _encoded(
    event_type: str, data: Mapping[str, object], event_id: str, now: datetime
) -> Publication:
    known = PUBLISHED.get(event_type)
    if known is None:
        raise Unpublishable("type: is not a type of this contract")
    try:
        model = known.model.model_validate(dict(data))
    except ValidationError as error:
        raise Unpublishable(reason_of(error)) from None
    return encode(model, event_id=event_id, source=SOURCE, time=now)


async def take(connection: AsyncConnection, limit: int) -> list[Outgoing]:
    """The oldest events to publish; none while another publisher is at work.

    The lock is held until the transaction ends: publish and call ``published`` within it.
    """
    store = await driver(connection)
    if not await store.fetchval("SELECT pg_try_advisory_xact_lock(:lock)", lock=_LOCK):
        return []
    rows = await store.fetch(
        """SELECT entry, topic, key, value::text AS value FROM outbox
            WHERE published_at IS NULL AND refused IS NULL ORDER BY entry LIMIT :limit""",
        limit=limit,
    )
    return [Outgoing(row["entry"], row["topic"], row["key"], row["value"]) for row in rows]


async def published(connection: AsyncConnection, sent: Sent) -> None:
    """What Kafka has acknowledged, and what it will never take."""
    store = await driver(connection)
    await store.execute(
        """UPDATE outbox SET published_at = clock_now()
            WHERE entry = ANY(CAST(:entries AS bigint[]))""",
        entries=list(sent.published),
    )
    await store.execute(
        """UPDATE outbox o SET refused = u.refused
             FROM unnest(CAST(:entries AS bigint[]), CAST(:reasons AS text[])) AS u (entry, refused)
            WHERE o.entry = u.entry""",
        entries=list(sent.refused),
        reasons=list(sent.refused.values()),
    )
