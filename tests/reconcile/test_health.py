"""The messenger's health is known to all processes: since when, and what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from domain.call_classes import CallClass
from domain.lanes import Lane
from domain.obstacles import Obstacle, ObstacleKind
from gateway.breaker import BreakingMessenger
from gateway.errors import GatewayError
from gateway.health import AGAIN_SECONDS, IN_A_ROW, Health
from gateway.reconcile import Halted
from projections.database import transaction
from projections.messenger.troubles import MessengerTroubles
from projections.reports.obstacles import obstacles
from tests.reconcile.bench import Bench

CLASS = {1: "administrator", 10: "member"}


class _Process:
    """What one process of the installation knows."""

    def __init__(self, school: Bench) -> None:
        self.messenger = BreakingMessenger(school.messenger)
        self.halted: str | None = None
        self.health = Health(
            MessengerTroubles(school.engine), self.messenger.breakers, lambda: self.halted
        )
        self.school = school
        self.now = 0.0

    async def call(self) -> None:
        """The lightest call; its failure is no matter here."""
        try:
            await self.messenger.call(
                CallClass.READ, lambda: self.school.messenger.whoami(Lane.LIVE)
            )
        except GatewayError:
            return

    async def look(self) -> None:
        """A moment later."""
        self.now += AGAIN_SECONDS
        await self.health.look(self.now)


async def _said(school: Bench) -> dict[ObstacleKind, Obstacle]:
    async with transaction(school.engine) as connection:
        return {each.kind: each for each in await obstacles(connection)}


async def test_a_messenger_that_answers_nothing_usable_is_named_and_taken_back_by_any_process(
    school: Bench,
) -> None:
    failing, other = _Process(school), _Process(school)
    await school.fault(method="GET", path="/me", kind="status", status=503)
    for _ in range(IN_A_ROW):
        assert await _said(school) == {}
        await failing.call()
        await failing.look()
    for number in range(3):
        chat = await school.chat(f"class:c-{number}")
        await school.expect(chat, CLASS)
    said = (await _said(school))[ObstacleKind.MESSENGER_FAILING]
    assert (said.about, said.count) == (("read",), 3)
    assert "503" in (said.detail or "")
    assert said.since is not None
    await failing.look()
    assert (await _said(school))[ObstacleKind.MESSENGER_FAILING].since == said.since
    await school.http.delete("/sim/faults")
    await other.call()
    await other.look()
    assert await _said(school) == {}


async def test_a_refused_token_is_named_until_a_call_goes_well(school: Bench) -> None:
    process = _Process(school)
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.http.put("/sim/token", json={"valid": False})
    school.reconciler = school.reconciler_of(process.messenger)
    lease = await school.store.claim()
    assert lease is not None
    outcome = await school.reconcile(lease)
    assert isinstance(outcome, Halted)
    process.halted = outcome.reason
    await process.look()
    said = (await _said(school))[ObstacleKind.TOKEN_REFUSED]
    assert "verify.token" in (said.detail or "")
    process.halted = None
    await process.look()
    assert ObstacleKind.TOKEN_REFUSED in await _said(school)
    await school.http.put("/sim/token", json={"valid": True})
    await process.call()
    await process.look()
    assert await _said(school) == {}


@dataclass
class _Notes:
    """Keeps what the store was told."""

    told: list[tuple[dict[str, str], list[str]]] = field(default_factory=list)

    async def note(self, troubles: Mapping[str, str], well: Sequence[str]) -> None:
        self.told.append((dict(troubles), list(well)))


@pytest.mark.parametrize("seconds", [0.0, AGAIN_SECONDS / 2])
async def test_the_store_is_told_news_and_nothing_twice_in_a_moment(seconds: float) -> None:
    notes, messenger = _Notes(), BreakingMessenger(None)  # type: ignore[arg-type] # nothing is called
    health = Health(notes, messenger.breakers, lambda: None)
    breaker = messenger.breakers[CallClass.ADD]
    await health.look(0.0)
    assert notes.told == []
    for _ in range(IN_A_ROW):
        breaker.failed("503")
    await health.look(1.0)
    await health.look(1.0 + seconds)
    assert notes.told == [({"add": "503"}, [])]
    breaker.succeeded()
    await health.look(2.0 + seconds)
    assert notes.told[1:] == [({}, ["add", "token"])]
