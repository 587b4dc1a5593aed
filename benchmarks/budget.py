"""The budget of calls at full pressure: is anything above 30 grants a second, is anything refused.

``python -m benchmarks.budget [--calls N] [--workers W] [--limit L] [--silent] [--load L]
[--stall S] [--slow S] [--json]`` starts an embedded PostgreSQL, a simulated messenger with MAX's
documented limit, or another true one (``--limit``), and ``--workers`` processes with the
product's client and its default budget (``benchmarks.budget_worker``), each with eight calls
waiting for a slot at any time. Counted: answers of 429, the most grants in any second of
database time, the calls per second, and how late a grant is used: from its time to the start of
the call and to its answer.
The messenger names its limit in the message of a 429, and nowhere else; with ``--silent`` that
is not read. ``--load`` starts so many processes beside that only burn a core; ``--stall`` has
the messenger stand still for so many seconds every few seconds, so that what is sent meanwhile
arrives together; ``--slow`` has it answer each call so many seconds later. With ``--json`` the
last line is one object.

Asked for: at most 30 grants in any second, at most one 429 in 10,000 calls, and without any of
these 93 % of the 30 used. At another limit: after the first ten seconds at most one 429 in 100
calls, and 85 % of the limit used. 1 is the exit code where it is missed.
"""

import argparse
import asyncio
import json
import math
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx2

from benchmarks.arguments import positive
from benchmarks.budget_worker import TOKEN, Pressed, Times, work
from benchmarks.percentiles import percentile
from projections.migrate import upgrade
from rollcall.embedded import EmbeddedPostgres
from tests.soak.ledger import Ledger, peak
from tests.system.processes import COMMAND

WORKERS = 3
CALLS_FOR_ONE_429 = 10_000
CALLS_PER_SECOND = 30
SHARE_OF_THE_BUDGET = 0.93
FINDING_SECONDS = 10.0
CALLS_FOR_ONE_429_AT_A_LIMIT = 100
SHARE_OF_A_LIMIT = 0.85
STALL_EVERY = 4.0


@dataclass(frozen=True, slots=True)
class Late:
    """Milliseconds after the time of a grant."""

    median: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured."""

    calls: int
    seconds: float
    calls_per_second: float
    refused_with_429: int
    grants: int
    most_grants_in_a_second: int
    most_uses_in_a_second: int
    most_calls_in_a_second: int
    call_started: Late
    answered: Late
    workers: int
    load: int
    stall: float
    slow: float
    machine_load: float
    limit: int
    silent: bool
    found_calls: int
    found_calls_per_second: float
    found_refused_with_429: int

    @property
    def is_hampered(self) -> bool:
        """Whether something else than the budget bounded the rate."""
        return max(self.load, self.stall, self.slow) > 0

    @property
    def meets_target(self) -> bool:
        """Whether everything that is asked for was so."""
        if self.limit != CALLS_PER_SECOND:
            return self._meets_limit
        return (
            max(self.most_grants_in_a_second, self.most_uses_in_a_second) <= CALLS_PER_SECOND
            and self.refused_with_429 <= max(1, self.calls // CALLS_FOR_ONE_429)
            and (
                self.is_hampered or self.calls_per_second >= SHARE_OF_THE_BUDGET * CALLS_PER_SECOND
            )
        )

    @property
    def _meets_limit(self) -> bool:
        """Once the limit is found: it is hardly met, and used."""
        few = self.found_refused_with_429 <= self.found_calls // CALLS_FOR_ONE_429_AT_A_LIMIT
        used = self.found_calls_per_second >= SHARE_OF_A_LIMIT * self.limit
        return few and (self.is_hampered or used)


@asynccontextmanager
async def _simulator(stall: float, limit: int) -> AsyncIterator[str]:
    """A simulator in a process of its own that stands still now and then; its address."""
    process = await asyncio.create_subprocess_exec(
        *(COMMAND, "simulator", "--token", TOKEN, "--limit", str(limit)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        told = b"" if process.stdout is None else await process.stdout.readline()
        stalling = asyncio.create_task(_stall(process, stall))
        yield json.loads(told)["messenger"]
        stalling.cancel()
    finally:
        process.terminate()
        await process.wait()


async def _stall(process: asyncio.subprocess.Process, seconds: float) -> None:
    """Hold the process still for so long, over and over; cancelled, let it go on."""
    while seconds:
        await asyncio.sleep(STALL_EVERY)
        process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            process.send_signal(signal.SIGCONT)


def _slow(seconds: float) -> dict[str, object]:
    """The fault by which every call is answered so much later."""
    return {"method": "*", "path": "*", "kind": "slow", "seconds": seconds, "probability": 1}


def burn() -> None:
    """Use up a core for ever."""
    while True:
        pass


@contextmanager
def _burning(count: int) -> Iterator[None]:
    """So many processes that only burn a core, while the block lasts."""
    burners = [multiprocessing.Process(target=burn, daemon=True) for _ in range(count)]
    for each in burners:
        each.start()
    try:
        yield
    finally:
        for each in burners:
            each.kill()
            each.join()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be measured, as on the command line."""

    calls: int
    workers: int
    limit: int
    silent: bool
    load: int
    stall: float
    slow: float
    minutes: float


@dataclass(frozen=True, slots=True)
class Counted:
    """Calls and their refusals, as the messenger counts them; when, by the wall clock."""

    at: float
    calls: int
    refused: int


async def _count(http: httpx2.AsyncClient) -> Counted:
    stats = (await http.get("/sim/stats")).json()
    refused = sum(call["count"] for call in stats["calls"] if call["status"] == 429)
    return Counted(time.monotonic(), stats["total"], refused)


async def _once_found(http: httpx2.AsyncClient) -> Counted:
    """The counts ten seconds after the calls have begun."""
    while (await _count(http)).calls == 0:  # noqa: ASYNC110 - another process counts
        await asyncio.sleep(0.1)
    await asyncio.sleep(FINDING_SECONDS)
    return await _count(http)


async def measure(asked: Asked) -> Result:
    """All of it, on servers of its own."""
    load, stall, slow = asked.load, asked.stall, asked.slow
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder, _burning(load):
        async with (
            EmbeddedPostgres(Path(folder) / "postgres") as postgres,
            _simulator(stall, asked.limit) as address,
        ):
            await upgrade(postgres.uri)
            ledger = Ledger()
            await ledger.open(postgres.uri)
            async with httpx2.AsyncClient(base_url=address) as http:
                await http.post("/sim/faults", json=_slow(slow))
                finding = asyncio.create_task(_once_found(http))
                pressed = Pressed(postgres.uri, address, asked.silent)
                times = await _pressure(pressed, asked, time.time() + 60 * asked.minutes)
                ended = await _count(http)
                found = await finding
                stats = (await http.get("/sim/stats")).json()
            await ledger.take_out(postgres.uri)
    granted = sorted(at for _, at in ledger.grants)
    seconds = (granted[-1] - granted[0]).total_seconds()
    return Result(
        calls=stats["total"],
        seconds=round(seconds, 1),
        calls_per_second=round(stats["total"] / seconds, 2),
        refused_with_429=ended.refused,
        grants=len(ledger.grants),
        most_grants_in_a_second=peak(ledger.grants),
        most_uses_in_a_second=peak(ledger.uses),
        most_calls_in_a_second=stats["peak_per_second"],
        call_started=_late([each for one in times for each in one.started]),
        answered=_late([each for one in times for each in one.ended]),
        workers=asked.workers,
        load=load,
        stall=stall,
        slow=slow,
        machine_load=round(os.getloadavg()[1], 1),
        limit=asked.limit,
        silent=asked.silent,
        found_calls=ended.calls - found.calls,
        found_calls_per_second=round(_taken(found, ended) / max(ended.at - found.at, 0.001), 2),
        found_refused_with_429=ended.refused - found.refused,
    )


def _taken(found: Counted, ended: Counted) -> int:
    return (ended.calls - ended.refused) - (found.calls - found.refused)


async def _pressure(pressed: Pressed, asked: Asked, until: float) -> Sequence[Times]:
    """The processes share the calls."""
    share = math.ceil(asked.calls / asked.workers)
    with ProcessPoolExecutor(asked.workers, multiprocessing.get_context("spawn")) as pool:
        loop = asyncio.get_running_loop()
        return await asyncio.gather(
            *(loop.run_in_executor(pool, work, pressed, share, until) for _ in range(asked.workers))
        )


def _late(seconds: Sequence[float]) -> Late:
    ordered = [round(each * 1000, 1) for each in sorted(seconds)]
    return Late(ordered[len(ordered) // 2], percentile(ordered, 0.99), ordered[-1])


def main() -> int:
    """Measure and print; 1 where what is asked for is missed."""
    parser = argparse.ArgumentParser(prog="./run bench budget", description=__doc__)
    parser.add_argument("--calls", type=positive, help="calls to make (10500, at a limit 1500)")
    parser.add_argument("--workers", type=positive, default=WORKERS, help="processes (3)")
    parser.add_argument("--limit", type=positive, default=CALLS_PER_SECOND, help="true limit (30)")
    parser.add_argument("--silent", action="store_true", help="it is never named")
    parser.add_argument("--load", type=int, default=0, help="processes that burn a core (0)")
    parser.add_argument("--stall", type=float, default=0.0, help="seconds; see above (0)")
    parser.add_argument("--slow", type=float, default=0.0, help="seconds; see above (0)")
    parser.add_argument("--minutes", type=float, default=30.0, help="at most (30)")
    parser.add_argument("--json", action="store_true", help="the last line is one object")
    given = parser.parse_args()
    calls = given.calls or (10_500 if given.limit == CALLS_PER_SECOND else 1_500)
    asked = Asked(
        calls=calls,
        workers=given.workers,
        limit=given.limit,
        silent=given.silent,
        load=given.load,
        stall=given.stall,
        slow=given.slow,
        minutes=given.minutes,
    )
    found = asyncio.run(measure(asked))
    if given.json:
        print(json.dumps(asdict(found)))
    else:
        print(
            f"{found.calls:,} calls, {found.calls_per_second} a second: {found.refused_with_429} "
            f"refused with 429; most grants in a second {found.most_grants_in_a_second}\n"
            f"a call starts {found.call_started.median} ms after its grant at the median, "
            f"{found.call_started.p99} ms at the 99th percentile, {found.call_started.most} at "
            f"most; its answer is there after {found.answered.median}, {found.answered.p99}, "
            f"{found.answered.most} ms\n"
            f"after the first {FINDING_SECONDS:.0f} s: {found.found_calls:,} calls, "
            f"{found.found_refused_with_429} refused with 429, {found.found_calls_per_second} "
            f"taken a second of {found.limit}"
        )
    return 0 if found.meets_target else 1


if __name__ == "__main__":
    sys.exit(main())
