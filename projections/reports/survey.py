"""All chats, counted: how many are in each state, and how many people are in them.

It takes one pass over all memberships, seconds in a region of 170,000 chats, so whoever shows
it to people asks a ``Surveyor``: no page waits for it, and it takes a tenth of the time at most.
"""

import asyncio
from dataclasses import dataclass
from time import monotonic

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from projections.database import transaction
from projections.errors import StoreError
from projections.reconcile.adding import REASON

log = structlog.get_logger()

PATIENCE = 2.0
"""Seconds that somebody who looks waits for a survey that is under way."""

_BEGIN = text("""SELECT set_config('transaction_read_only', 'on', true),
                        set_config('statement_timeout', '300s', true)""")

# What ``dashboard.chats`` says, counted by sets: chat by chat, as the view has to answer for one
# school, it takes three times as long.
_SURVEY = text("""
    SELECT state, count(*) AS chats, sum(people) AS expected, sum(accounts) AS deliverable,
           sum(inside) AS observed
      FROM (SELECT CASE
                       WHEN c.deleted THEN 'deleted'
                       WHEN c.frozen THEN 'frozen'
                       WHEN s.waiting IN ('held', 'rejected') THEN s.waiting
                       WHEN s.waiting IN ('parked', 'gone') THEN 'parked'
                       WHEN s.max_chat_id IS NULL AND coalesce(e.accounts, 0) = 0
                       THEN 'not_created'
                       WHEN s.due_at IS NULL AND s.observed_at IS NOT NULL
                            AND coalesce(e.outside, 0) = 0 AND b.chat_id IS NULL
                       THEN 'converged'
                       ELSE 'pending'
                   END AS state,
                   coalesce(e.people, 0) AS people, coalesce(e.accounts, 0) AS accounts,
                   coalesce(o.accounts, 0) AS inside
              FROM chats c
              LEFT JOIN chat_sync s USING (chat_id)
              LEFT JOIN (
                   SELECT m.chat_id, count(*) AS people,
                          count(DISTINCT p.max_user_id) AS accounts,
                          count(p.max_user_id) FILTER (WHERE i.max_user_id IS NULL) AS outside
                     FROM expected_members m
                     LEFT JOIN fact_profiles p USING (person_id)
                     LEFT JOIN observed_members i
                            ON i.chat_id = m.chat_id AND i.max_user_id = p.max_user_id
                    GROUP BY m.chat_id) e USING (chat_id)
              LEFT JOIN (SELECT chat_id, count(*) AS accounts FROM observed_members
                          GROUP BY chat_id) o USING (chat_id)
              LEFT JOIN (SELECT DISTINCT chat_id FROM blocked_accounts) b USING (chat_id)) counted
     GROUP BY state""")

# Where people can be added, it is those of whom the messenger said otherwise. Where they cannot,
# it is everybody who is outside of a chat that is there: another pass over all memberships.
_INVITED = text("""
    SELECT CASE WHEN off_since IS NULL
                THEN (SELECT count(*) FROM blocked_accounts WHERE reason = :refused)
                ELSE (SELECT count(*) FROM dashboard.blocked WHERE state = 'invited') END
      FROM adding""")


_SIZES = text("SELECT deliverable FROM dashboard.chats WHERE state <> 'frozen' AND deliverable > 0")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the chats that are kept in step; ``chats`` and ``frozen`` count chats."""

    chats: int
    frozen: int
    expected: int
    deliverable: int
    observed: int


@dataclass(frozen=True, slots=True)
class Survey:
    """All chats: how many are in each state of ``dashboard.chats``, and their sums.

    ``invited`` are who can come in by the chat's link alone.
    """

    states: dict[str, int]
    totals: Totals
    invited: int


async def survey(connection: AsyncConnection) -> Survey:
    """The survey, taken now."""
    rows = list(await connection.execute(_SURVEY))
    kept = [row for row in rows if row.state != "frozen"]
    states = {row.state: row.chats for row in rows}
    return Survey(
        states=states,
        totals=Totals(
            chats=sum(states.values()),
            frozen=states.get("frozen", 0),
            expected=sum(int(row.expected) for row in kept),
            deliverable=sum(int(row.deliverable) for row in kept),
            observed=sum(int(row.observed) for row in kept),
        ),
        invited=int((await connection.execute(_INVITED, {"refused": REASON})).scalar_one()),
    )


async def sizes(connection: AsyncConnection) -> list[int]:
    """The accounts that can be in each chat that is kept in step, of chats that can have any."""
    return [row.deliverable for row in await connection.execute(_SIZES)]


class Surveyor:
    """Takes surveys beside whoever looks, one at a time; one that took long is kept longer."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._last: Survey | None = None
        self._until = 0.0
        self._taking: asyncio.Task[None] | None = None

    async def look(self, engine: AsyncEngine) -> Survey | None:
        """The latest survey; a new one where it is time and it is not long in coming.

        None: the first one is still under way, or failed.
        """
        if self._taking is None and monotonic() >= self._until:
            self._taking = asyncio.create_task(self._take(engine), name="survey")
        if self._taking is not None:
            await asyncio.wait({self._taking}, timeout=self._patience)
        return self._last

    async def _take(self, engine: AsyncEngine) -> None:
        began = monotonic()
        try:
            async with transaction(engine) as connection:
                await connection.execute(_BEGIN)
                found = await survey(connection)
            # Not before its connection is given back: whoever has the survey may end the engine.
            self._last = found
        except StoreError as error:
            log.warning("survey.failed", error=type(error).__name__)
        finally:
            self._until = monotonic() + 10 * (monotonic() - began)
            self._taking = None

    async def close(self) -> None:
        """End the survey that is under way."""
        if self._taking is not None:
            self._taking.cancel()
            await asyncio.gather(self._taking, return_exceptions=True)
