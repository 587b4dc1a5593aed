"""What happens to the servers and to the network between: restarts, pauses, restores, faults.

Copies of the database are taken while it is down for a restart, as a nightly copy would be;
a restore puts back one that is at least one restart old.
"""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.soak.crew import Crew
from tests.soak.ledger import Ledger
from tests.soak.proxy import Fault, FaultProxy
from tests.soak.removals import Restored
from tests.soak.stage import Stage

COPIES = 3
"""How many are kept; the oldest of them is put back."""


Outage = Callable[[], Coroutine[None, None, None]]


@dataclass(slots=True)
class Outages:
    """Does it, and counts."""

    stage: Stage
    crew: Crew
    ledger: Ledger
    rng: Random
    counted: Counter[str] = field(default_factory=Counter)
    forgotten_chats: int = 0
    restored: list[Restored] = field(default_factory=list)
    _copies: list[tuple[Path, int]] = field(default_factory=list)

    async def broker(self) -> None:
        """Restart it, let it crash, or make it stand still for a while."""
        kind = self.rng.choice(("restart", "crash", "pause"))
        kafka = self.stage.kafka
        if kind == "restart":
            await kafka.restart()
        elif kind == "crash":
            await kafka.kill()
            await kafka.start()
        else:
            await self._pause(kafka.pid, self.rng.uniform(1.0, 6.0))
        self.counted[f"broker {kind}"] += 1

    async def database(self) -> None:
        """Restart it, or let it crash; after an orderly stop a copy is taken."""
        postgres = self.stage.postgres
        if self.rng.random() < 0.5:
            await postgres.stop()
            await self._copy()
            kind = "restart"
        else:
            await postgres.kill()
            kind = "crash"
        await postgres.start()
        self.counted[f"database {kind}"] += 1

    async def restore(self) -> None:
        """Everybody dies, and the database is as it was some restarts ago."""
        await self.crew.strike_all()
        await self.ledger.take_out(self.stage.postgres.uri)
        await self.stage.postgres.kill()
        if not self._copies:
            await self.stage.postgres.start()
            await self.stage.postgres.stop()
            await self._copy()
        await _run("rm", "-rf", str(self._cluster))
        copy, copied_at = self._copies[0]
        await _run("cp", "-a", str(copy), str(self._cluster))
        await self.stage.postgres.start()
        self.restored.append(Restored(_now(), copied_at))
        known = await self.stage.school.value("SELECT count(max_chat_id) FROM chat_sync")
        self.forgotten_chats += max(0, len(await self.stage.school.chats()) - known)
        self.counted["restore"] += 1

    async def faults(self, proxy: FaultProxy, shortest: float, longest: float) -> None:
        """One fault after the other on this proxy, until cancelled."""
        while True:
            await asyncio.sleep(self.rng.uniform(shortest, longest))
            fault = self.rng.choice(list(Fault))
            self.counted[f"{proxy.name} {fault.value}"] += 1
            await proxy.strike(fault, self.rng.uniform(0.5, 4.0))

    def schedule(self, broker: int, database: int, restores: int) -> list[Outage]:
        """All outages in the order in which they come; a restore only after some restarts."""
        some: list[Outage] = [self.broker] * broker + [self.database] * database
        self.rng.shuffle(some)
        for number in range(restores):
            some.insert((number + 1) * len(some) // (restores + 1) + number, self.restore)
        return some

    @property
    def _cluster(self) -> Path:
        return self.stage.folder / "postgres" / "pgdata"

    async def _copy(self) -> None:
        copy, now = self.stage.folder / f"copy-{self.counted.total():04}", _now()
        await _run("cp", "-a", str(self._cluster), str(copy))
        self._copies.append((copy, now))
        while len(self._copies) > COPIES:
            await _run("rm", "-rf", str(self._copies.pop(0)[0]))

    async def _pause(self, pid: int | None, seconds: float) -> None:
        if pid is None:
            return
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)


def _now() -> int:
    """Milliseconds since 1970, as the messenger counts."""
    return int(time.time() * 1000)


async def _run(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(*words)
    code = await process.wait()
    if code:
        raise RuntimeError(f"{words[0]} ends with {code}")
