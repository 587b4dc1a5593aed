"""What goes wrong, when: a seed has its own kinds of trouble, each with its own rate."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from projections.facts import offsets
from projections.reconcile.store import LEASE_SECONDS
from simulator.accounts import Refusal
from tests.simulation.people import People
from tests.simulation.register import ACCOUNTS
from tests.simulation.scheduler import Process
from tests.simulation.sessions import Session
from tests.simulation.stage import KINDS, Stage

RATES = {
    "publish": 0.02,
    "kill": 0.005,
    "freeze": 0.005,
    "zombie": 0.01,
    "rebalance": 0.005,
    "kafka": 0.002,
    "leap": 0.005,
    "people": 0.02,
    "refusal": 0.02,
    "rewind": 0.001,
    "mass": 0.006,
    "approve": 0.03,
    "reject": 0.006,
    "clock": 0.004,
}
"""By step, where a seed has this kind of trouble at all."""

LESSON_RATES = {"lesson": 0.02, "plan": 0.03, "visit": 0.03}
"""As ``RATES``, in every seed that has lessons."""

OFTEN = 0.35
"""The share of seeds that have a kind of trouble: with all of them at once little else happens."""

WHEN_IDLE = 0.5
"""How often something is published when nobody has anything to do."""

VICTIMS = {"reconcile": 6, "ingest": 3, "derive": 3, "watcher": 1}
"""Who is hit, by weight: without a watcher nothing is changed, and nothing can go wrong."""


@dataclass(slots=True)
class Faults:
    """The troubles of one run."""

    stage: Stage
    rates: dict[str, float] = field(init=False)
    connections: float = field(init=False)
    missing: list[tuple[int, str]] = field(default_factory=list)
    kafka_is_back: int = 0
    clock_is_right: int = 0

    def __post_init__(self) -> None:
        """Choose this seed's troubles."""
        chance = self.stage.scheduler.random
        self.rates = {kind: rate for kind, rate in RATES.items() if chance.random() < OFTEN}
        self.rates |= {kind: RATES[kind] for kind in ("publish", "approve")}
        if self.stage.watch is not None:
            self.rates |= LESSON_RATES
        self.connections = chance.choice((0.0, 0.0, 0.0, 0.003))
        self.stage.database.fine = chance.choice((0.0, 0.02, 0.1, 0.4))
        self.stage.max.trouble = chance.choice((0.0, 0.2, 0.5))
        self.stage.database.fails = self._loses_connection

    def _loses_connection(self, _: Session) -> bool:
        return self.stage.scheduler.random.random() < self.connections

    async def strike(self) -> None:
        """What happens before the next step."""
        scheduler = self.stage.scheduler
        for kind, rate in self.rates.items():
            if scheduler.random.random() < rate:
                await self._deeds()[kind]()
        if self.stage.kafka.down and scheduler.steps >= self.kafka_is_back:
            self.stage.kafka.down = False
        if self.stage.database.shift and scheduler.steps >= self.clock_is_right:
            self.stage.step_clock(0.0)
        for entry in [each for each in self.missing if each[0] <= scheduler.steps]:
            self.missing.remove(entry)
            await self.stage.start(entry[1])

    async def nobody_acts(self) -> None:
        """Everybody waits for time to pass: something should happen at last."""
        if self.stage.scheduler.random.random() < WHEN_IDLE:
            self.stage.publish()

    async def heal(self) -> None:
        """Nothing goes wrong any more, and everybody is there."""
        self.rates, self.connections, self.stage.max.trouble = {}, 0.0, 0.0
        self.stage.kafka.down = False
        if self.stage.database.shift:
            self.stage.step_clock(0.0)
        for account in ACCOUNTS.values():
            self.stage.max.world.accounts.set_refusal(account, None)
        self.stage.scheduler.thaw(everybody=True)
        for _, kind in self.missing:
            await self.stage.start(kind)
        self.missing.clear()
        self.stage.rebalance()
        self.stage.scheduler.note("healed")

    def _deeds(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "publish": self._publish,
            "kill": self._kill,
            "freeze": self._freeze,
            "zombie": self._zombie,
            "rebalance": self._rebalance,
            "kafka": self._kafka,
            "leap": self._leap,
            "people": self._people,
            "refusal": self._refusal,
            "rewind": self._rewind,
            "mass": self._mass,
            "approve": self._approve,
            "reject": self._reject,
            "clock": self._clock,
            "lesson": self._lesson,
            "plan": self._plan,
            "visit": self._visit,
        }

    async def _publish(self) -> None:
        self.stage.publish()

    def _victim(self) -> Process | None:
        """Somebody who does not stand at a lock: that step is not ended yet."""
        scheduler, database = self.stage.scheduler, self.stage.database
        able = [
            each
            for each in scheduler.living()
            if not database.stands_at_a_lock(each) and each.kind in KINDS
        ]
        weights = [VICTIMS[each.kind] for each in able]
        return scheduler.random.choices(able, weights)[0] if able else None

    async def _kill(self) -> None:
        victim = self._victim()
        if victim is not None:
            await self.stage.kill(victim)
            back = self.stage.scheduler.steps + self.stage.scheduler.random.randrange(1, 60)
            self.missing.append((back, victim.kind))

    async def _freeze(self) -> None:
        victim, scheduler = self._victim(), self.stage.scheduler
        if victim is not None:
            seconds = scheduler.random.choice((1.0, 20.0, 60.0, 100.0))
            victim.frozen_until = scheduler.now + seconds
            scheduler.note(f"{victim.name} stands still for {seconds}")
            if victim in self.stage.members and scheduler.random.random() < 0.7:
                self.stage.rebalance()

    async def _zombie(self) -> None:
        """Somebody stands still in the middle of a pass or a batch, until another has it."""
        scheduler, known = self.stage.scheduler, self.stage.known
        able = [
            each
            for each in scheduler.living()
            if known.passes[each] and not self.stage.database.stands_at_a_lock(each)
        ]
        if not able:
            return
        victim = scheduler.random.choice(able)
        lease = LEASE_SECONDS if victim.kind == "reconcile" else 0.0
        victim.frozen_until = scheduler.now + lease + scheduler.random.uniform(0.5, 20.0)
        scheduler.note(f"{victim.name} stands still in the middle of a pass")
        if not any(each.kind == victim.kind for each in scheduler.living()):
            await self.stage.start(victim.kind)
        elif victim in self.stage.members:
            self.stage.rebalance()
        scheduler.loop.advance(max(lease - 1.0, 0.0))
        known.look_at_register()

    async def _rebalance(self) -> None:
        self.stage.rebalance()

    async def _kafka(self) -> None:
        self.stage.kafka.down = True
        steps = self.stage.scheduler.random.randrange(5, 60)
        self.kafka_is_back = self.stage.scheduler.steps + steps

    async def _leap(self) -> None:
        self.stage.scheduler.loop.advance(self.stage.scheduler.random.choice((3.0, 50.0, 700.0)))
        self.stage.known.look_at_register()

    async def _refusal(self) -> None:
        chance = self.stage.scheduler.random
        account = chance.choice(sorted(set(ACCOUNTS.values())))
        self.stage.max.world.accounts.set_refusal(account, chance.choice([*Refusal, None]))

    async def _rewind(self) -> None:
        await self.stage.once("operator", offsets.rewind)

    async def _mass(self) -> None:
        self.stage.publish_a_mass()

    async def _approve(self) -> None:
        await self.stage.decide()

    async def _reject(self) -> None:
        await self.stage.decide(approve=False)

    async def _lesson(self) -> None:
        self.stage.publish_a_lesson()

    async def _plan(self) -> None:
        await self.stage.decide_about_a_lesson()

    async def _visit(self) -> None:
        if self.stage.visitors is not None:
            await self.stage.visitors.visit()

    async def _people(self) -> None:
        People(self.stage).act()

    async def _clock(self) -> None:
        """The database's clock goes ahead; some time later it is right again."""
        scheduler = self.stage.scheduler
        if not self.stage.database.shift:
            self.stage.step_clock(scheduler.random.choice((90.0, 3_600.0, 7_200.0)))
            self.clock_is_right = scheduler.steps + scheduler.random.randrange(5, 150)


__all__ = ["KINDS", "Faults"]
