"""How many people gave their accounts up about the same time, in a school and in all.

Counted by facts, not by what was done about them: a person belongs to a crowd by the moment
at which we learned it, so time alone lets nobody out of one. Only accounts that are in a
chat, or were taken out of one since, are anybody's loss and count.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.guard import Crowd, GuardLimits
from domain.ids import MaxUserId, SchoolId

SCHOOL_SECONDS: Final = 3_600
TOTAL_SECONDS: Final = 1_800

_MOMENTS = text("""
    SELECT account, h.key AS person_id, max(h.superseded_at) AS at
      FROM unnest(CAST(:accounts AS bigint[])) AS account
      JOIN fact_history h ON h.kind = 'profiles'
                         AND h.body->>'max_user_id' = CAST(account AS text)
      JOIN fact_profiles p ON p.person_id = h.key AND p.max_user_id IS DISTINCT FROM account
     GROUP BY account, h.key""")

# The fullest of all windows that hold the moment; each ends when somebody gave an account up.
_CROWDS = """
    WITH moment AS (SELECT unnest(CAST(:moments AS timestamptz[])) AS at),
    gave_up AS MATERIALIZED (
        SELECT h.key, max(h.superseded_at) AS at
          FROM fact_history h JOIN fact_profiles p ON p.person_id = h.key
         WHERE h.kind = 'profiles' AND h.body->>'max_user_id' IS NOT NULL
           AND p.max_user_id IS DISTINCT FROM (h.body->>'max_user_id')::bigint
           AND h.superseded_at >= (SELECT min(at) FROM moment) - make_interval(secs => :seconds)
           AND h.superseded_at <= (SELECT max(at) FROM moment) + make_interval(secs => :seconds)
           AND (EXISTS (
                    SELECT FROM observed_members o JOIN chats c USING (chat_id)
                     WHERE o.max_user_id = (h.body->>'max_user_id')::bigint {of_school})
                OR EXISTS (
                    SELECT FROM removal_reservations c
                     WHERE c.max_user_id = (h.body->>'max_user_id')::bigint
                       AND c.cause IN ('unlinked', 'account_changed')
                       AND c.spent_at >= h.superseded_at AND c.voided_at IS NULL {of_school}))
         GROUP BY h.key),
    crowd AS MATERIALIZED (
        SELECT at, count(*) OVER (ORDER BY at RANGE BETWEEN make_interval(secs => :seconds)
                                                    PRECEDING AND CURRENT ROW) AS people
          FROM gave_up)
    SELECT m.at, coalesce((
               SELECT max(c.people) FROM crowd c
                WHERE c.at >= m.at AND c.at <= m.at + make_interval(secs => :seconds)), 0)
               AS people
      FROM moment m"""
_IN_SCHOOL = text(_CROWDS.format(of_school="AND c.school_id = :school"))
_IN_ALL = text(_CROWDS.format(of_school=""))

_LINKED_IN_SCHOOL = text("""
    SELECT count(DISTINCT m.person_id)
      FROM chats c JOIN expected_members m USING (chat_id) JOIN fact_profiles p USING (person_id)
     WHERE c.school_id = :school AND p.max_user_id IS NOT NULL""")
_LINKED_IN_ALL = text("SELECT count(*) FROM fact_profiles WHERE max_user_id IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Crowds:
    """The fullest windows around the moments at which one account was given up."""

    school: Crowd
    total: Crowd


async def crowds_of(
    connection: AsyncConnection,
    school_id: SchoolId,
    accounts: Collection[MaxUserId],
    limits: GuardLimits,
) -> dict[MaxUserId, Crowds]:
    """For each account how many people gave one up about the time when its people did."""
    if not accounts:
        return {}
    moments: dict[MaxUserId, set[datetime]] = {}
    for row in await connection.execute(_MOMENTS, {"accounts": list(accounts)}):
        moments.setdefault(MaxUserId(row.account), set()).add(row.at)
    values = {
        "school": school_id,
        "moments": sorted({at for each in moments.values() for at in each}),
    }
    people = []
    for statement, seconds in ((_IN_SCHOOL, SCHOOL_SECONDS), (_IN_ALL, TOTAL_SECONDS)):
        found = await connection.execute(statement, {**values, "seconds": seconds})
        people.append({row.at: row.people for row in found})
    in_school, in_all = people
    linked = await _linked(connection, school_id, in_school, in_all, limits)
    return {
        account: Crowds(
            Crowd(max(in_school.get(at, 0) for at in moments[account]), linked[0]),
            Crowd(max(in_all.get(at, 0) for at in moments[account]), linked[1]),
        )
        for account in accounts
        if account in moments
    }


async def _linked(
    connection: AsyncConnection,
    school_id: SchoolId,
    in_school: dict[datetime, int],
    in_all: dict[datetime, int],
    limits: GuardLimits,
) -> tuple[int, int]:
    """How many were linked before; asked only where the floor alone would not do."""
    found = []
    for statement, people, floor in (
        (_LINKED_IN_SCHOOL, max(in_school.values(), default=0), limits.unlink_school_floor),
        (_LINKED_IN_ALL, max(in_all.values(), default=0), limits.unlink_total_floor),
    ):
        if people <= floor:
            found.append(0)
            continue
        linked = await connection.execute(statement, {"school": school_id})
        found.append(int(linked.scalar_one()) + people)
    return found[0], found[1]
