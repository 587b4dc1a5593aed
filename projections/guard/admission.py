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
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import Action, takings
from domain.days import local_date, zone_of
from domain.guard import (
    Admission,
    GuardLimits,
    Held,
    Rejected,
    judge,
    judge_flapping,
    judge_strangers,
    judge_unlinking,
)
from domain.ids import ChatId, MaxUserId, SchoolId
from domain.seasons import GuardPolicy
from domain.takings import Before, Lot, Taking, sort_out, takings_hash
from projections.gate import restores
from projections.guard import held_plans, reservations, unlinking
from projections.guard import windows as guard_windows
from projections.guard.held_plans import ToHold
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
    judging = _Judging(connection, chat_id, school_id, limits, before)
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


_Verdicts = dict[MaxUserId, Held]
"""Who waits, by which limit; nobody else does."""


def _waiting(chat_id: ChatId, held: _Verdicts, lot: Sequence[Taking]) -> Waiting:
    waits = tuple(taking for taking in lot if taking.account in held)
    most = max(held.values(), key=lambda verdict: verdict.would_be)
    return Waiting(takings_hash(chat_id, waits), most, waits)


@dataclass(frozen=True, slots=True)
class _Judging:
    """Verdicts over the takings of one plan about which no decision stands."""

    connection: AsyncConnection
    chat_id: ChatId
    school_id: SchoolId
    limits: GuardLimits
    before: Mapping[MaxUserId, Before]

    async def lots(self, left: Sequence[Taking]) -> dict[Lot, list[Taking]]:
        """What is judged together; who flaps is judged for that alone."""
        counted = [(each.account, self._since(each)) for each in left if each.counts]
        times = await guard_windows.times_taken_out(self.connection, self.chat_id, counted)
        lots: dict[Lot, list[Taking]] = {lot: [] for lot in Lot}
        for each in left:
            flaps = isinstance(judge_flapping(times.get(each.account, 0), self.limits), Held)
            lots[Lot.FLAPPING if each.counts and flaps else each.lot].append(each)
        return lots

    async def flapping(self, lot: Sequence[Taking]) -> _Verdicts:
        """All of them wait."""
        counted = [(each.account, self._since(each)) for each in lot]
        times = await guard_windows.times_taken_out(self.connection, self.chat_id, counted)
        verdicts = {
            each.account: judge_flapping(times.get(each.account, 0), self.limits) for each in lot
        }
        return {account: held for account, held in verdicts.items() if isinstance(held, Held)}

    async def counted(self, lot: Sequence[Taking], admitted: list[MaxUserId]) -> _Verdicts:
        """All of them wait where they would pass a limit."""
        if not lot:
            return {}
        since = min((at for at in map(self._since, lot) if at is not None), default=None)
        asked = Asked(self.chat_id, self.school_id, len(lot), admitted, since)
        windows = await count_windows(self.connection, asked, self.limits)
        verdict = judge(len(lot), windows.chat, windows.school, windows.total, self.limits)
        return self._all(lot, verdict if isinstance(verdict, Held) else None)

    async def strangers(self, lot: Sequence[Taking], *, restored: bool) -> _Verdicts:
        """All of them wait where they are a crowd, or the chat was restored."""
        if not lot:
            return {}
        size = await guard_windows.size_of(self.connection, self.chat_id)
        verdict = judge_strangers(len(lot), size, self.limits, restored=restored)
        return self._all(lot, verdict if isinstance(verdict, Held) else None)

    async def unlinked(self, lot: Sequence[Taking]) -> _Verdicts:
        """Each waits whose people gave it up in a crowd."""
        crowds = await unlinking.crowds_of(
            self.connection, self.school_id, [each.account for each in lot], self.limits
        )
        held = self._all(lot, None)
        for account, crowd in crowds.items():
            verdict = judge_unlinking(crowd.school, crowd.total, self.limits)
            if isinstance(verdict, Held):
                held[account] = verdict
        return held

    def _all(self, lot: Sequence[Taking], verdict: Held | None) -> _Verdicts:
        """All by this verdict; without one those of whom a person said no before."""
        if verdict is not None:
            return {each.account: verdict for each in lot}
        said = ((each.account, self.before.get(each.account)) for each in lot)
        return {account: known.verdict for account, known in said if known and known.only_by_person}

    def _since(self, taking: Taking) -> datetime | None:
        known = self.before.get(taking.account)
        return None if known is None else known.since


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


__all__ = ["Assessment", "Waiting", "admit", "assess"]
