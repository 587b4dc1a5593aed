"""The steps of linking a study profile, each with what follows from it in one transaction.

Guarantees: a step and the profile's event that it publishes commit together, so neither is half
done; a claim makes answers to older ones count for nothing; a confirmation counts once, only of
somebody who asked, and never one that is older than the last. Versions are our own: milliseconds
of the database's clock, and above all that is known of the person, so a database that was
restored goes on where the lost one was.

The event in Kafka is the journal of these decisions, and its ``person_id`` their author: a
profile is linked and unlinked by its own person and by nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.ids import MaxUserId, PersonId
from domain.profile_links import (
    ANSWER_SECONDS,
    Confirmation,
    Errand,
    LinkTask,
    LinkTrouble,
    person_of,
)
from projections import outbox
from projections.database import transaction

_TYPE: Final = "sgo.profile.changed.v1"
_LATEST: Final = 2**53 - 1
"""The highest version that the contract has."""


# Whoever is linked, or still leaving, has first to leave. To ask again ends an older link.
_ASK = text("""
    INSERT INTO profile_links AS l (person_id, step, at, try_at)
    SELECT :person, 'asked', now.at, now.at FROM (SELECT clock_now() AS at) now
     WHERE NOT EXISTS (SELECT FROM fact_profiles
                        WHERE person_id = :person AND max_user_id IS NOT NULL)
    ON CONFLICT (person_id) DO UPDATE
       SET step = 'asked', at = excluded.at, try_at = excluded.try_at, url = NULL,
           expires_at = NULL, trouble = NULL, tries = 0, claim = l.claim + 1
     WHERE l.step IN ('offered', 'refused', 'left')
        OR (l.step = 'asked' AND l.at < excluded.at - make_interval(secs => :patience))
        OR (l.step = 'confirmed' AND l.version <= (
               SELECT version FROM fact_profiles WHERE person_id = :person))""")

_LEAVE = text("""
    INSERT INTO profile_links AS l (person_id, step, at, try_at)
    SELECT :person, 'leaving', now.at, now.at FROM (SELECT clock_now() AS at) now
     WHERE EXISTS (SELECT FROM fact_profiles
                    WHERE person_id = :person AND max_user_id IS NOT NULL)
        OR EXISTS (SELECT FROM profile_links WHERE person_id = :person AND step = 'confirmed')
    ON CONFLICT (person_id) DO UPDATE
       SET step = 'leaving', at = excluded.at, try_at = excluded.try_at, url = NULL,
           expires_at = NULL, trouble = NULL, tries = 0, claim = l.claim + 1
     WHERE l.step NOT IN ('leaving', 'left')
        OR (l.step = 'left' AND l.version <= (
               SELECT version FROM fact_profiles WHERE person_id = :person))""")


async def ask(connection: AsyncConnection, person_id: PersonId) -> bool:
    """The person wants a link; False where they have no use for one."""
    values = {"person": person_id, "patience": ANSWER_SECONDS}
    return bool((await connection.execute(_ASK, values)).rowcount)


async def leave(connection: AsyncConnection, person_id: PersonId, topic: str) -> bool:
    """The person unlinks; False where nothing is linked."""
    if not (await connection.execute(_LEAVE, {"person": person_id})).rowcount:
        return False
    await _publish(connection, person_id, None, topic)
    return True


_CONFIRM = text("""
    UPDATE profile_links
       SET step = 'confirmed', at = clock_now(), url = NULL, expires_at = NULL, trouble = NULL,
           try_at = NULL, claim = claim + 1, confirmed_at = coalesce(:at, confirmed_at)
     WHERE person_id = :person AND step IN ('asked', 'offered', 'refused')
       AND (confirmed_at IS NULL OR CAST(:at AS timestamptz) IS NULL OR :at > confirmed_at)""")


async def confirm(connection: AsyncConnection, given: Confirmation, topic: str) -> bool:
    """The person said yes in MAX; False where nobody asked, or it was told before."""
    person = person_of(given.external_id)
    values = {"person": person, "at": given.at}
    if person is None or not (await connection.execute(_CONFIRM, values)).rowcount:
        return False
    await _publish(connection, person, given.account, topic)
    return True


_VERSION = text("""
    UPDATE profile_links l
       SET version = least(:latest, greatest(
               floor(extract(epoch FROM clock_now()) * 1000)::bigint, coalesce(l.version, 0) + 1,
               coalesce((SELECT version FROM fact_profiles f
                          WHERE f.person_id = l.person_id), 0) + 1))
     WHERE person_id = :person RETURNING version""")


async def _publish(
    connection: AsyncConnection, person_id: PersonId, account: MaxUserId | None, topic: str
) -> None:
    found = await connection.execute(_VERSION, {"person": person_id, "latest": _LATEST})
    version: int = found.scalar_one()
    linked = {} if account is None else {"max_user_id": account}
    await outbox.add(
        connection,
        event_id=f"profile:{person_id}:{version}",
        topic=topic,
        event_type=_TYPE,
        subject=person_id,
        data={"person_id": person_id, "version": version, **linked},
    )


_TOO_LATE = text("""
    UPDATE profile_links SET step = 'refused', trouble = 'away', at = clock_now(), try_at = NULL
     WHERE step = 'asked' AND try_at IS NOT NULL
       AND at < clock_now() - make_interval(secs => :patience)""")

# Whoever took it has so long; then it is anybody's again.
_CLAIM = text("""
    WITH chosen AS (
        SELECT person_id FROM profile_links WHERE try_at <= clock_now()
         ORDER BY try_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE profile_links l
       SET try_at = clock_now() + make_interval(secs => :lease), claim = l.claim + 1,
           tries = l.tries + 1
      FROM chosen WHERE l.person_id = chosen.person_id
    RETURNING l.person_id, l.step, l.claim, l.tries""")

_OFFERED = text("""
    UPDATE profile_links SET step = 'offered', at = clock_now(), try_at = NULL, trouble = NULL,
                             url = :url, expires_at = :expires_at
     WHERE person_id = :person AND claim = :claim AND step = :step""")
_REFUSED = text("""
    UPDATE profile_links SET step = 'refused', at = clock_now(), try_at = NULL,
                             trouble = :trouble
     WHERE person_id = :person AND claim = :claim AND step = :step""")
_AGAIN = text("""
    UPDATE profile_links SET try_at = clock_now() + make_interval(secs => :seconds),
                             trouble = CASE step WHEN 'leaving' THEN :trouble END
     WHERE person_id = :person AND claim = :claim AND step = :step""")
_LEFT = text("""
    UPDATE profile_links SET step = 'left', at = clock_now(), try_at = NULL, trouble = NULL
     WHERE person_id = :person AND claim = :claim AND step = :step""")


@dataclass(frozen=True, slots=True)
class LinkTasks:
    """What the messenger is to be asked, and its answers; ``gateway.profile_links.LinkStore``."""

    engine: AsyncEngine
    topic: str
    lease_seconds: float = ANSWER_SECONDS

    async def claim(self, limit: int) -> Sequence[LinkTask]:
        """The calls to make now. Nobody gets a link any more who waited for it too long."""
        async with transaction(self.engine) as connection:
            await connection.execute(_TOO_LATE, {"patience": ANSWER_SECONDS})
            rows = await connection.execute(_CLAIM, {"limit": limit, "lease": self.lease_seconds})
            return [
                LinkTask(
                    PersonId(row.person_id),
                    Errand.ISSUE if row.step == "asked" else Errand.END,
                    row.claim,
                    row.tries,
                )
                for row in rows
            ]

    async def offered(self, task: LinkTask, url: str, expires_at: datetime) -> None:
        """The messenger gave a link."""
        await self._answer(_OFFERED, task, {"url": url, "expires_at": expires_at})

    async def refused(self, task: LinkTask, trouble: LinkTrouble) -> None:
        """It gives none."""
        await self._answer(_REFUSED, task, {"trouble": trouble.value})

    async def again(self, task: LinkTask, seconds: float, trouble: LinkTrouble) -> None:
        """It was not to be had: once more after so long."""
        await self._answer(_AGAIN, task, {"seconds": seconds, "trouble": trouble.value})

    async def ended(self, task: LinkTask) -> None:
        """The messenger knows that the person has unlinked."""
        await self._answer(_LEFT, task, {})

    async def confirmed(self, given: Confirmation) -> bool:
        """The person said yes in MAX; False where that changes nothing."""
        async with transaction(self.engine) as connection:
            return await confirm(connection, given, self.topic)

    async def _answer(
        self, statement: TextClause, task: LinkTask, values: dict[str, object]
    ) -> None:
        step = "asked" if task.errand is Errand.ISSUE else "leaving"
        known = {"person": task.person_id, "claim": task.claim, "step": step}
        async with transaction(self.engine) as connection:
            await connection.execute(statement, known | values)
