"""The reconcile loop: workers that lease one due chat at a time, while the gate is open.

Guarantees: no chat is changed while the gate is closed, nor before the messenger has ever told
which account is ours; a token that is not valid stops every
worker of the process within one call each, and is probed once a minute; on ``stop`` each
worker ends the pass that it is in. An error of the store is not caught here: whoever runs the
loop starts it again, and what was under way is found as an open intent.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from domain.gate import Gate, shut
from domain.ids import MaxUserId
from domain.work import Lease
from gateway.errors import GatewayError, Unauthorized
from gateway.reconcile import Halted, Reconciler
from gateway.store import ReconcileStore, WakeUps
from loops.together import together
from loops.waiting import either, nap

PROBE_SECONDS = 60.0
GATE_SECONDS = 0.1
AGAIN_SECONDS = 1.0
"""How soon the messenger is asked again who we are, if it does not answer."""

IDLE_SECONDS = 0.5
"""The longest nap between two looks at the queue and the gate; a NOTIFY ends it at once."""

log = structlog.get_logger()


class ReconcileLoop:
    """Runs ``workers`` passes side by side until told to stop."""

    def __init__(
        self,
        store: ReconcileStore,
        reconciler: Reconciler,
        whoami: Callable[[], Awaitable[MaxUserId]],
        *,
        workers: int = 8,
        probe_seconds: float = PROBE_SECONDS,
    ) -> None:
        self._store = store
        self._reconciler = reconciler
        self._whoami = whoami
        self._introduced = False
        self._workers = workers
        self._probe_seconds = probe_seconds
        self._probing = asyncio.Lock()
        self._gate: tuple[float, Gate] | None = None
        self.halted: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; returns when every pass under way has ended."""
        async with self._store.wake_ups() as wake_ups:
            work = partial(self._work, wake_ups)
            await together(stop, {f"reconcile {number}": work for number in range(self._workers)})

    async def _work(self, wake_ups: WakeUps, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if self.halted is not None:
                await self._look_at_token(stop)
            elif not self._introduced:
                await self._introduce(stop)
            elif not await self._one(await self._look_at_gate()):
                await either(stop.wait(), wake_ups.wait(IDLE_SECONDS))

    async def _look_at_gate(self) -> Gate:
        """The gate as it was within the last moment: all workers share one look."""
        now = asyncio.get_running_loop().time()
        if self._gate is None or now - self._gate[0] > GATE_SECONDS:
            self._gate = now, await self._store.gate()
        return self._gate[1]

    async def _one(self, gate: Gate) -> bool:
        """One pass over one chat; False where there is nothing to do now."""
        if shut(gate, takes=False) is not None:
            return False
        lease = await self._store.claim()
        if lease is None:
            return False
        await self._pass(lease, removals_wait=shut(gate, takes=True) is not None)
        return True

    async def _pass(self, lease: Lease, *, removals_wait: bool) -> None:
        outcome = await self._reconciler.reconcile(lease, removals_wait=removals_wait)
        if isinstance(outcome, Halted):
            self._halt(outcome.reason)

    async def _introduce(self, stop: asyncio.Event) -> None:
        """Ask who we are, one worker for all; what was told before will do for a while."""
        async with self._probing:
            if self._introduced or self.halted is not None:
                return
            try:
                await self._store.know_own_account(await self._whoami())
                self._introduced = True
            except Unauthorized as error:
                self._halt(str(error))
            except GatewayError:
                self._introduced = await self._store.own_account() is not None
                if not self._introduced:
                    await nap(stop, AGAIN_SECONDS)

    def _halt(self, reason: str) -> None:
        self.halted = reason
        log.error("messenger.token_refused", reason=reason)

    async def _look_at_token(self, stop: asyncio.Event) -> None:
        """Probe once a minute, one worker for all, until the token is taken again."""
        async with self._probing:
            if self.halted is None:
                return
            if await nap(stop, self._probe_seconds):
                return
            try:
                await self._store.know_own_account(await self._whoami())
            except GatewayError as error:
                self.halted = str(error)
                return
            self.halted, self._introduced = None, True
            log.info("messenger.token_accepted")
