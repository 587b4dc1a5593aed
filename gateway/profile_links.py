"""The loop that asks the messenger for people's profile links, and tells it who has unlinked.

A person's click is a row; this loop makes the call that it asks for. Guarantees: what passes is
tried again, a link until its person is told that the messenger does not answer, an unlinking
until the messenger has heard; only the messenger's own no ends a try; both calls may be repeated
without harm, since a newer link ends the older and who is not linked counts as unlinked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, assert_never

import structlog

from domain.call_classes import CallClass
from domain.lanes import Lane
from domain.profile_links import Errand, LinkTask, LinkTrouble, external_id_of
from gateway.breaker import BreakingMessenger
from gateway.errors import Answered, GatewayError, Unauthorized
from gateway.ports import ProfileLinks
from loops.waiting import growing, nap

log = structlog.get_logger()

AT_ONCE = 8
_IDLE_SECONDS = 0.5
_SOON = 1.0
_LONGEST = 60.0
_REFUSED_SECONDS = 3600.0


class LinkStore(Protocol):
    """Where the calls to make are kept (``projections.by_hand.profile_links``)."""

    async def claim(self, limit: int) -> Sequence[LinkTask]:
        """The calls to make now."""

    async def offered(self, task: LinkTask, url: str, expires_at: datetime) -> None:
        """The messenger gave a link."""

    async def refused(self, task: LinkTask, trouble: LinkTrouble) -> None:
        """It gives none."""

    async def again(self, task: LinkTask, seconds: float, trouble: LinkTrouble) -> None:
        """It was not to be had: once more after so long."""

    async def ended(self, task: LinkTask) -> None:
        """The messenger knows that the person has unlinked."""


@dataclass(frozen=True, slots=True)
class ProfileLinkLoop:
    """Makes the calls, in the lane of staff: a person waits for each."""

    store: LinkStore
    messenger: ProfileLinks
    breaking: BreakingMessenger

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; what is under way then is ended."""
        while not stop.is_set():
            if not await self.once():
                await nap(stop, _IDLE_SECONDS)

    async def once(self) -> int:
        """What is to be asked now; how much it was."""
        tasks = await self.store.claim(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(self._do(task))
        return len(tasks)

    async def _do(self, task: LinkTask) -> None:
        match task.errand:
            case Errand.ISSUE:
                await self._attempt(task, lambda: self._issue(task))
            case Errand.END:
                await self._attempt(task, lambda: self._end(task))
            case _:
                assert_never(task.errand)

    async def _attempt(self, task: LinkTask, make: Callable[[], Awaitable[None]]) -> None:
        try:
            await make()
        except Unauthorized:
            await self.store.again(task, _SOON, LinkTrouble.AWAY)  # everything stands still then
        except Answered as error:
            log.error("profile_link.refused", reason=str(error))  # noqa: TRY400 - it says why
            await self._take_no(task)
        except GatewayError as error:
            wait = growing(task.tries, _SOON, _LONGEST)
            log.warning("profile_link.waits", reason=str(error))
            await self.store.again(task, wait, LinkTrouble.AWAY)

    async def _take_no(self, task: LinkTask) -> None:
        match task.errand:
            case Errand.ISSUE:
                await self.store.refused(task, LinkTrouble.REFUSED)
            case Errand.END:
                await self.store.again(task, _REFUSED_SECONDS, LinkTrouble.REFUSED)
            case _:
                assert_never(task.errand)

    async def _issue(self, task: LinkTask) -> None:
        external_id = external_id_of(task.person_id)
        link = await self.breaking.call(
            CallClass.PARTNER, lambda: self.messenger.issue_link(external_id, Lane.STAFF)
        )
        await self.store.offered(task, link.url, link.expires_at)

    async def _end(self, task: LinkTask) -> None:
        external_id = external_id_of(task.person_id)
        await self.breaking.call(
            CallClass.PARTNER, lambda: self.messenger.end_link(external_id, Lane.STAFF)
        )
        await self.store.ended(task)


__all__ = ["LinkStore", "ProfileLinkLoop"]
