"""Claims on marks: taken as leases, cleared by generation, given back or postponed.

Guarantees: a mark is cleared only at the generation that was read, so one that was set anew in
the meantime stays. A claim is a lease on database time and waits for nobody; neither does
clearing, so ingest and the workers cannot deadlock over marks.
"""

from collections.abc import Sequence

from domain.lanes import Lane
from projections.database import Driver, Record
from projections.instants import Instant, rows, set_right
from projections.queue.marks import Cause, Mark, MarkKind

_CLAIM = """
    WITH free AS MATERIALIZED (
        SELECT kind, id, scope FROM stale_entities
         WHERE claimed_until IS NULL OR claimed_until < (SELECT clock_now())
         ORDER BY lane, (kind = 'chat'), generation LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE stale_entities s SET claimed_until = clock_now() + make_interval(secs => :seconds)
      FROM free f WHERE (s.kind, s.id, s.scope) = (f.kind, f.id, f.scope)
    RETURNING s.kind, s.id, s.scope, s.generation, s.lane, s.cause_at,
              s.marked_at"""

_ALL = """
    SELECT kind, id, scope, generation, lane, cause_at, marked_at FROM stale_entities"""

# A mark that ingest holds at this moment is about to get a new generation: it is passed over.
_READ = """
    WITH read AS MATERIALIZED (
        SELECT s.kind, s.id, s.scope FROM stale_entities s
          JOIN unnest(CAST(:kinds AS text[]), CAST(:ids AS text[]), CAST(:scopes AS text[]),
                      CAST(:generations AS bigint[]))
               AS m (kind, id, scope, generation) USING (kind, id, scope, generation)
           FOR UPDATE OF s SKIP LOCKED)"""

_CLEAR = f"""{_READ}
    DELETE FROM stale_entities s USING read r
     WHERE (s.kind, s.id, s.scope) = (r.kind, r.id, r.scope)"""  # noqa: S608 - made of constants

# Free, but not as if never claimed: another worker may still clear the generation that it
# read, so a new fact must bring a new one.
_RELEASE = f"""{_READ}
    UPDATE stale_entities s SET claimed_until = 'epoch' FROM read r
     WHERE (s.kind, s.id, s.scope) = (r.kind, r.id, r.scope)"""  # noqa: S608 - made of constants

_POSTPONE = """
    UPDATE stale_entities SET claimed_until = clock_now() + make_interval(secs => :seconds)
     WHERE (kind, id, scope, generation) = (:kind, :id, :scope, :generation)"""


# A mark that somebody holds at this moment is set right at the next look. Nobody knows when it
# was set, so the catch-up waits for it too.
_MARKS_AHEAD = """
    UPDATE stale_entities s
       SET marked_at = (SELECT least(passed_at, clock_now()) FROM catch_up)
      FROM (SELECT kind, id, scope FROM stale_entities
             WHERE marked_at > (SELECT clock_now()) FOR UPDATE SKIP LOCKED) a
     WHERE (s.kind, s.id, s.scope) = (a.kind, a.id, a.scope)"""

# Far longer than any worker claims a mark for.
_CLAIMS_AHEAD = """
    UPDATE stale_entities s SET claimed_until = 'epoch'
      FROM (SELECT kind, id, scope FROM stale_entities
             WHERE claimed_until > (SELECT clock_now()) + interval '1 hour'
               FOR UPDATE SKIP LOCKED) a
     WHERE (s.kind, s.id, s.scope) = (a.kind, a.id, a.scope)"""


async def claim(driver: Driver, limit: int, lease_seconds: float) -> list[Mark]:
    """Claim up to ``limit`` free marks, by lane and age; in a transaction of its own."""
    return [_mark(row) for row in await driver.fetch(_CLAIM, limit=limit, seconds=lease_seconds)]


async def all_marks(driver: Driver) -> list[Mark]:
    """Every mark that stands, claimed or not."""
    return [_mark(row) for row in await driver.fetch(_ALL)]


def _mark(row: Record) -> Mark:
    return Mark(
        kind=MarkKind(row["kind"]),
        id=row["id"],
        scope=row["scope"],
        generation=row["generation"],
        cause=Cause(Lane(row["lane"]), row["cause_at"], row["marked_at"]),
    )


async def clear(driver: Driver, marks: Sequence[Mark]) -> None:
    """Delete these marks where their generation is still the one that was read."""
    await _each(driver, _CLEAR, marks)


async def release(driver: Driver, marks: Sequence[Mark]) -> None:
    """Give claimed marks back at once, where they are still as they were read."""
    await _each(driver, _RELEASE, marks)


async def _each(driver: Driver, statement: str, marks: Sequence[Mark]) -> None:
    if marks:
        await driver.execute(
            statement,
            kinds=[mark.kind.value for mark in marks],
            ids=[mark.id for mark in marks],
            scopes=[mark.scope for mark in marks],
            generations=[mark.generation for mark in marks],
        )


async def postpone(driver: Driver, mark: Mark, seconds: float) -> None:
    """Keep a mark that cannot be derived claimed, so that it stands in nobody's way."""
    await driver.execute(
        _POSTPONE,
        kind=mark.kind.value,
        id=mark.id,
        scope=mark.scope,
        generation=mark.generation,
        seconds=seconds,
    )


async def set_right_ahead(driver: Driver) -> None:
    """Nothing was marked later than now, nor is claimed for hours."""
    set_right(Instant.MARK, rows(await driver.execute(_MARKS_AHEAD)))
    set_right(Instant.CLAIM, rows(await driver.execute(_CLAIMS_AHEAD)))
