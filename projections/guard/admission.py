"""The guard before the messenger: what a plan takes from people is admitted here, or held.

Guarantees: what was taken in each window and what is about to be is counted and reserved in
one transaction, behind locks of the school and of all, so plans side by side cannot pass
together. Only what is reserved can be called (``spend``; the database refuses all else). What
is held stays so whatever time passes: until a person decides, or what is left of it is few by
itself. What else a plan does, flows.

Each taking is looked up first: what a person approved, for the reason that it still has, goes,
and counts towards no limit; what a person rejected stays. The rest is judged, each lot by
itself: what counts, people who unlinked, strangers, and accounts that flap. What counts waits
all together where it would pass a limit. While plans of other chats of the school wait for its
limit or the one in all, theirs counts for the school as if it were made. Thus nothing trickles
out of a mass removal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import Action, takings
from domain.days import local_date, zone_of
from domain.guard import Admission, GuardLimits, GuardScope, Held, Rejected, allowed
from domain.ids import ChatId, MaxUserId, SchoolId
from domain.seasons import GuardPolicy
from domain.takings import Before, Lot, Taking, sort_out, takings_hash
from projections.gate import restores
from projections.guard import held_plans, reservations
from projections.guard.held_plans import ToHold
from projections.guard.judging import Judging, Verdicts
from projections.guard.taking_causes import people_of, takings_of
from projections.guard.windows import Asked, count_windows


@dataclass(frozen=True, slots=True)
class Waiting:
    """Takings of one lot that wait, under which name, and the limit that they would pass."""

    hash: str
    verdict: Held
    takings: tuple[Taking, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the guard says of a plan: what waits, what was rejected, and what may go.

    ``approved`` are the holds on whose approval what goes rests, by account.
    """

    before: Mapping[MaxUserId, Before]
    approved: Mapping[MaxUserId, int]
    rejected: Mapping[MaxUserId, Rejected]
    waiting: Mapping[Lot, Waiting]
    going: tuple[Taking, ...]

    def admission(self, known: Mapping[Lot, str]) -> Admission:
        """The answer to who asked; ``known`` are the names of what waited before."""
        waits: dict[MaxUserId, Held | Rejected] = dict(self.rejected)
        for each in self.waiting.values():
            waits |= {taking.account: each.verdict for taking in each.takings}
        news = [each for lot, each in self.waiting.items() if known.get(lot) != each.hash]
        return Admission(waits, tuple(each.verdict for each in news))


async def admit(
    connection: AsyncConnection,
    chat_id: ChatId,
    school_id: SchoolId,
    actions: Sequence[Action],
    policy: GuardPolicy,
) -> Admission:
    """Reserve what of the plan may be taken, and hold the rest.

    The caller's transaction holds the chat's lease, so a chat has one plan at a time. Earlier
    reservations of the chat that were not used are replaced by this plan's.
    """
    await _lock(connection, school_id)
    found = await assess(connection, chat_id, school_id, actions, policy)
    await reservations.drop(connection, chat_id)
    await reservations.reserve(connection, chat_id, school_id, found.going, found.approved)
    known = await held_plans.undecided(connection, chat_id)
    changed = [lot for lot in Lot if known.get(lot) != _name(found, lot)]
    await held_plans.supersede(connection, chat_id, changed)
    for lot in changed:
        if lot in found.waiting:
            await _hold(connection, chat_id, school_id, lot, found)
    await held_plans.end_decisions(connection, chat_id)
    return found.admission(known)


def _name(found: Assessment, lot: Lot) -> str | None:
    return found.waiting[lot].hash if lot in found.waiting else None


async def _hold(
    connection: AsyncConnection, chat_id: ChatId, school_id: SchoolId, lot: Lot, found: Assessment
) -> None:
    waiting = found.waiting[lot]
    held = ToHold(
        chat_id=chat_id,
        school_id=school_id,
        lot=lot,
        hash=waiting.hash,
        takings=waiting.takings,
        before=found.before,
        people=await people_of(connection, chat_id, waiting.takings),
        verdict=waiting.verdict,
    )
    await held_plans.hold(connection, held)


async def assess(
    connection: AsyncConnection,
    chat_id: ChatId,
    school_id: SchoolId,
    actions: Sequence[Action],
    policy: GuardPolicy,
) -> Assessment:
    """What the guard says of the plan now; changes nothing, and without locks it is a guess."""
    restored = await restores.is_marked(connection, chat_id)
    wanted = await takings_of(connection, chat_id, takings(actions), restored=restored)
    limits = await _limits(connection, school_id, policy)
    if not limits.enabled:
        return Assessment({}, {}, {}, {}, wanted)
    before = await held_plans.before(connection, chat_id, wanted)
    admitted = await reservations.counted_already(connection, chat_id)
    sorted_out = sort_out(wanted, before, admitted)
    judging = Judging(connection, chat_id, school_id, limits, before)
    lots = await judging.lots(sorted_out.open)
    verdicts = {
        Lot.FLAPPING: await judging.flapping(lots[Lot.FLAPPING]),
        Lot.COUNTED: await judging.counted(
            lots[Lot.COUNTED], [each.account for each in sorted_out.admitted]
        ),
        Lot.STRANGERS: await judging.strangers(lots[Lot.STRANGERS], restored=restored),
        Lot.UNLINKED: await judging.unlinked(lots[Lot.UNLINKED]),
    }
    waiting = {lot: _waiting(chat_id, held, lots[lot]) for lot, held in verdicts.items() if held}
    waits = {each.account for lot in waiting.values() for each in lot.takings}
    stays = waits | sorted_out.rejected.keys()
    going = tuple(each for each in wanted if each.account not in stays)
    return Assessment(before, sorted_out.approved, sorted_out.rejected, waiting, going)


async def beyond_all(
    connection: AsyncConnection,
    chat_id: ChatId,
    school_id: SchoolId,
    planned: int,
    policy: GuardPolicy,
) -> Held | None:
    """The limit of the whole installation, if so many takings that count would pass it now.

    Who approves many plans of a school at once passes it by that; to lift it is an operator's.
    """
    limits = await _limits(connection, school_id, policy)
    if not limits.enabled or not planned:
        return None
    asked = Asked(chat_id, school_id, planned, [], None)
    total = (await count_windows(connection, asked, limits)).total
    limit = allowed(limits.total_floor, limits.total_share, total.size)
    would_be = total.removed + planned
    return Held(GuardScope.TOTAL, limit, would_be) if would_be > limit else None


def _waiting(chat_id: ChatId, held: Verdicts, lot: Sequence[Taking]) -> Waiting:
    waits = tuple(taking for taking in lot if taking.account in held)
    most = max(held.values(), key=lambda verdict: verdict.would_be)
    return Waiting(takings_hash(chat_id, waits), most, waits)


async def _limits(
    connection: AsyncConnection, school_id: SchoolId, policy: GuardPolicy
) -> GuardLimits:
    if not policy.seasons:
        return policy.limits
    found = await connection.execute(
        text("""SELECT clock_now() AS now, (SELECT timezone FROM fact_schools
                                             WHERE school_id = :school) AS timezone"""),
        {"school": school_id},
    )
    row = found.one()
    return policy.limits_on(local_date(zone_of(row.timezone), row.now))


async def _lock(connection: AsyncConnection, school_id: SchoolId) -> None:
    """The school's row, then the one of all: always in this order."""
    school = f"school:{school_id}"
    await connection.execute(
        text("INSERT INTO guard_scopes VALUES (:scope) ON CONFLICT DO NOTHING"), {"scope": school}
    )
    for scope in (school, "total"):
        await connection.execute(
            text("SELECT 1 FROM guard_scopes WHERE scope = :scope FOR UPDATE"), {"scope": scope}
        )


__all__ = ["Assessment", "Waiting", "admit", "assess", "beyond_all"]
