"""The demo: the example school published to real Kafka, and the chats that come of it.

The school is published before the loops start, so what is seen is a catch-up: nobody is
added whom a later record takes out again. The figures at the end are counted by the
messenger's simulator, not by us.
"""

from dataclasses import asdict, dataclass

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actions import minimal_calls
from domain.expected import Role
from domain.ids import MaxUserId
from operations import figures, status
from operations.report import Report
from rollcall import publish
from rollcall.addresses import Addresses
from rollcall.failures import CommandFailed
from rollcall.wiring import Wiring
from synth.example import example_records

SETTLE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of the demo; ``calls`` and ``reads`` were counted by the simulator.

    ``frozen`` of the ``chats`` have closed and are not made; ``expected`` (people) and
    ``deliverable`` (accounts) are of the others, and so is ``present``.

    ``minimal_calls`` is the fewest changing calls that could have made these chats in an
    empty messenger: one create for each, and one add for each further hundred people.
    """

    events: int
    quarantined: int
    chats: int
    frozen: int
    expected: int
    deliverable: int
    present: int
    converged: bool
    calls: dict[str, int]
    changing_calls: int
    reads: int
    minimal_calls: int
    seconds: float

    def as_json(self) -> dict[str, object]:
        """The last line of ``demo --once``."""
        return asdict(self)


async def publish_school(wiring: Wiring) -> int:
    """Publish the example school, corrupt records and all; how many records it has."""
    today = publish.local_today()
    report = publish.Report()
    await publish.publish(wiring.kafka(), example_records(today), report)
    return report.published


async def settled(wiring: Wiring, engine: AsyncEngine) -> Report:
    """Wait until nothing is on its way.

    Raises:
        CommandFailed: that takes longer than ten minutes.
    """
    report = await status.wait(engine, wiring.kafka(), wiring.settings.kafka.topics, SETTLE_SECONDS)
    if not report.settled:
        message = "the demo did not converge in ten minutes; look at `status` and the log"
        raise CommandFailed(message)
    return report


async def summary(
    wiring: Wiring, engine: AsyncEngine, report: Report, events: int, seconds: float
) -> Summary:
    """The figures, once everything has settled."""
    made = await figures.made(engine)
    url, _ = wiring.addresses.need_messenger()
    async with httpx2.AsyncClient(base_url=url, timeout=30) as client:
        stats = (await client.get("/sim/stats")).json()
        chats = (await client.get("/sim/chats")).json()["chats"]
    present = sum(not member["is_bot"] for chat in chats for member in chat["members"])
    unconverged = report.counts.held + report.counts.parked + report.counts.blocked
    pending = report.chats.get("pending", 0)
    changing: dict[str, int] = stats["changing"]
    return Summary(
        events=events,
        quarantined=report.counts.quarantined,
        chats=made.totals.chats,
        frozen=made.totals.frozen,
        expected=made.totals.expected,
        deliverable=made.totals.deliverable,
        present=present,
        converged=unconverged + pending == 0,
        calls=changing,
        changing_calls=sum(changing.values()),
        reads=stats["reads"],
        minimal_calls=minimal_calls(map(_full, made.sizes)),
        seconds=round(seconds, 1),
    )


def lines(summary: Summary, found: Addresses) -> list[str]:
    """What a person reads at the end: the figures, and where to look."""
    calls = ", ".join(f"{count} {kind}" for kind, count in summary.calls.items() if count)
    verdict = "converged" if summary.converged else "not converged"
    return [
        f"The example school has {verdict} in {summary.seconds} s.",
        f"  {summary.events} records read, {summary.quarantined} of them in quarantine",
        f"  {summary.chats} chats, {summary.frozen} of them closed",
        f"  {summary.expected} memberships by the register, {summary.deliverable} with an account",
        f"  {summary.present} accounts present in the messenger's chats",
        f"  {summary.changing_calls} changing calls ({calls or 'none'}), {summary.reads} reads",
        f"  the fewest changing calls possible: {summary.minimal_calls}",
        "",
        f"Chats in the simulated messenger   {found.messenger}/",
        f"Console                            {found.console}/sign-in  (choose whom to be)",
        f"Metrics                            {found.metrics}/metrics",
        f"Kafka                              {found.kafka}",
        f"PostgreSQL                         {found.postgres}",
        "",
        "Ctrl-C ends everything.",
    ]


def _full(size: int) -> dict[MaxUserId, Role]:
    return dict.fromkeys(map(MaxUserId, range(1, size + 1)), Role.MEMBER)
