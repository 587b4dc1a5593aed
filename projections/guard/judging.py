"""The verdicts over what a plan takes from people, each lot by its own limit.

Guarantees: what counts waits all together where it would pass a limit; an account that flaps
waits for that alone; one person's unlinking is never held. Whoever asks holds the locks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.guard import (
    GuardLimits,
    Held,
    judge,
    judge_flapping,
    judge_strangers,
    judge_unlinking,
)
from domain.ids import ChatId, MaxUserId, SchoolId
from domain.takings import Before, Lot, Taking
from projections.guard import unlinking, windows
from projections.guard.windows import Asked, count_windows

Verdicts = dict[MaxUserId, Held]
"""Who waits, by which limit; nobody else does."""


@dataclass(frozen=True, slots=True)
class Judging:
    """Verdicts over the takings of one plan about which no decision stands."""

    connection: AsyncConnection
    chat_id: ChatId
    school_id: SchoolId
    limits: GuardLimits
    before: Mapping[MaxUserId, Before]

    async def lots(self, left: Sequence[Taking]) -> dict[Lot, list[Taking]]:
        """What is judged together; who flaps is judged for that alone."""
        counted = [(each.account, self._since(each)) for each in left if each.counts]
        times = await windows.times_taken_out(self.connection, self.chat_id, counted)
        lots: dict[Lot, list[Taking]] = {lot: [] for lot in Lot}
        for each in left:
            flaps = isinstance(judge_flapping(times.get(each.account, 0), self.limits), Held)
            lots[Lot.FLAPPING if each.counts and flaps else each.lot].append(each)
        return lots

    async def flapping(self, lot: Sequence[Taking]) -> Verdicts:
        """All of them wait."""
        counted = [(each.account, self._since(each)) for each in lot]
        times = await windows.times_taken_out(self.connection, self.chat_id, counted)
        verdicts = {
            each.account: judge_flapping(times.get(each.account, 0), self.limits) for each in lot
        }
        return {account: held for account, held in verdicts.items() if isinstance(held, Held)}

    async def counted(self, lot: Sequence[Taking], admitted: list[MaxUserId]) -> Verdicts:
        """All of them wait where they would pass a limit."""
        if not lot:
            return {}
        since = min((at for at in map(self._since, lot) if at is not None), default=None)
        asked = Asked(self.chat_id, self.school_id, len(lot), admitted, since)
        seen = await count_windows(self.connection, asked, self.limits)
        verdict = judge(len(lot), seen.chat, seen.school, seen.total, self.limits)
        return self._all(lot, verdict if isinstance(verdict, Held) else None)

    async def strangers(self, lot: Sequence[Taking], *, restored: bool) -> Verdicts:
        """All of them wait where they are a crowd, or the chat was restored."""
        if not lot:
            return {}
        size = await windows.size_of(self.connection, self.chat_id)
        verdict = judge_strangers(len(lot), size, self.limits, restored=restored)
        return self._all(lot, verdict if isinstance(verdict, Held) else None)

    async def unlinked(self, lot: Sequence[Taking]) -> Verdicts:
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

    def _all(self, lot: Sequence[Taking], verdict: Held | None) -> Verdicts:
        """All by this verdict; without one those of whom a person said no before."""
        if verdict is not None:
            return {each.account: verdict for each in lot}
        said = ((each.account, self.before.get(each.account)) for each in lot)
        return {account: known.verdict for account, known in said if known and known.only_by_person}

    def _since(self, taking: Taking) -> datetime | None:
        known = self.before.get(taking.account)
        return None if known is None else known.since
