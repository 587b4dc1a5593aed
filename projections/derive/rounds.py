"""One round of deriving: claim marks, derive their chats, clear them.

Guarantees: a backlog derives each chat about once, since a full batch of entities is first
turned into marks of chats, which fall together. Refused data is halved down to the one chat
that it concerns, which is tried again later and blocks no other. A deadlock or an outage
leaves everything as it was; the claim lapses.
"""

from collections.abc import Sequence
from contextlib import suppress

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from projections.database import Driver, driver, transaction, wake
from projections.derive.config import DeriveConfig
from projections.derive.transaction import DeriveSteps
from projections.errors import StoreRefused, StoreUnavailable
from projections.queue import claims, marks, school_turns
from projections.queue.marks import Mark, MarkKind

SCHOOLS_AT_ONCE = 8
"""A large school takes about a second."""

_REFUSED = (StoreRefused, ValueError, KeyError, TypeError, OverflowError)
"""What bad data of one chat can raise: PostgreSQL's refusal, or a fault of our rules on it."""

_log = structlog.get_logger(__name__)


async def derive_once(engine: AsyncEngine, config: DeriveConfig) -> int:
    """Derive what is stale now, up to one batch; how many marks were handled.

    Raises:
        StoreUnavailable: the database is away, or broke a deadlock; nothing is lost.
    """
    async with transaction(engine) as connection:
        await marks.mark_due_by_date(await driver(connection), config.batch)
    async with transaction(engine) as connection:
        claimed = await _claim(await driver(connection), config)
    try:
        await _handle(engine, config, claimed)
    except StoreUnavailable:
        # A broken deadlock or a lost connection: others need not wait for the claim to lapse.
        with suppress(StoreUnavailable):
            async with transaction(engine) as connection:
                await claims.release(await driver(connection), claimed)
        raise
    return len(claimed)


async def _claim(store: Driver, config: DeriveConfig) -> list[Mark]:
    """Claim a batch, and of whole schools no more than are derived before the claim lapses."""
    claimed = await claims.claim(store, config.batch, config.lease_seconds)
    schools = [mark for mark in claimed if mark.kind is MarkKind.SCHOOL]
    if schools:
        await school_turns.begin(store)
    if len(schools) > SCHOOLS_AT_ONCE:
        await claims.release(store, schools[SCHOOLS_AT_ONCE:])
        wake(marks.CHANNEL)
    others = [mark for mark in claimed if mark.kind is not MarkKind.SCHOOL]
    return [*schools[:SCHOOLS_AT_ONCE], *others]


async def _handle(engine: AsyncEngine, config: DeriveConfig, claimed: Sequence[Mark]) -> None:
    schools = [mark for mark in claimed if mark.kind is MarkKind.SCHOOL]
    if len(schools) > 1:
        for school in schools:
            await _derive(engine, config, [school])
        claimed = [mark for mark in claimed if mark.kind is not MarkKind.SCHOOL]
    entities = [mark for mark in claimed if mark.kind is not MarkKind.CHAT]
    if len(claimed) == config.batch and entities:
        await _fan_in(engine, entities, config)
        claimed_chats = [mark for mark in claimed if mark.kind is MarkKind.CHAT]
        await _derive(engine, config, claimed_chats)
    else:
        await _derive(engine, config, claimed)


async def _derive(engine: AsyncEngine, config: DeriveConfig, claimed: Sequence[Mark]) -> None:
    if not claimed:
        return
    try:
        async with transaction(engine) as connection:
            await DeriveSteps(await driver(connection), config, claimed).run()
    except _REFUSED as error:
        await _halve(engine, config, claimed, error)


async def _halve(
    engine: AsyncEngine, config: DeriveConfig, claimed: Sequence[Mark], error: Exception
) -> None:
    if len(claimed) > 1:
        middle = len(claimed) // 2
        await _derive(engine, config, claimed[:middle])
        await _derive(engine, config, claimed[middle:])
        return
    mark = claimed[0]
    if mark.kind is not MarkKind.CHAT:
        await _fan_in(engine, claimed, config)
        return
    _log.error("derive.refused", chat_id=mark.id, error=type(error).__name__)
    async with transaction(engine) as connection:
        await claims.postpone(await driver(connection), mark, config.retry_seconds)


async def _fan_in(engine: AsyncEngine, entities: Sequence[Mark], config: DeriveConfig) -> None:
    """Turn marks of entities into marks of the chats that they can matter to."""
    async with transaction(engine) as connection:
        steps = DeriveSteps(await driver(connection), config, entities)
        await steps.resolve()
        await steps.fan_in()
