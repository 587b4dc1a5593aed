"""Reconcile as a process runs it, with what looks on beside it: health, clock, sweep, webhook."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actions import LIMITS
from domain.call_classes import CallClass
from domain.gate import CatchUpCause
from domain.ids import MaxUserId
from domain.lanes import Lane
from domain.troubles import Outage
from gateway.breaker import BreakingMessenger
from gateway.budget import SharedBudget
from gateway.client import MaxMessenger, MessengerConfig
from gateway.health import Health
from gateway.lesson_calls import LessonCallLoop
from gateway.profile_links import ProfileLinkLoop
from gateway.reconcile import Reconciler
from gateway.sweep import SweepLoop
from gateway.workers import ReconcileLoop
from loops.together import Loop
from projections.by_hand.profile_links import LinkTasks
from projections.lessons.store import LessonCallStore
from projections.messenger.budget import CallSlots
from projections.messenger.troubles import MessengerTroubles
from projections.watch.clock import ClockWatch, Longest
from projections.watch.sweep import Sweep
from rollcall.process import CountingStore, Process
from rollcall.profiles import profile_links
from rollcall.settings import Settings
from rollcall.webhook import WebhookLoop, WebhookPlace, secret_from

log = structlog.get_logger()


def reconcile_loops(
    settings: Settings,
    config: MessengerConfig,
    engine: AsyncEngine,
    closing: AsyncExitStack,
    process: Process,
) -> dict[str, Loop]:
    """The loops by their names; ``closing`` closes the connections to the messenger."""
    gateway = settings.gateway
    slots = CallSlots(engine, calls=gateway.calls_per_second, window=gateway.window)
    budget = SharedBudget(slots)
    messenger = MaxMessenger(config, budget)
    closing.push_async_callback(messenger.aclose)
    store = _store(settings, engine)
    process.calls = store.calls
    breaking = BreakingMessenger(messenger)
    reconciler = Reconciler(
        store,
        breaking,
        budget,
        LIMITS,
        lease_seconds=gateway.lease_seconds,
        call_seconds=settings.messenger.timeout + 1,
    )

    async def whoami() -> MaxUserId:
        return await breaking.call(CallClass.READ, lambda: messenger.whoami(Lane.SAFETY))

    reconcile = ReconcileLoop(store, reconciler, whoami, workers=gateway.workers)
    invites = gateway.adding == "invite"
    links = profile_links(settings, engine)
    health = Health(MessengerTroubles(engine), breaking.breakers, lambda: reconcile.halted)
    return {
        "reconcile": _ArmedLoop(store, reconcile, invites=invites).run,
        "health": health.run,
        "clock": _clock(settings, engine).run,
        "sweep": SweepLoop(Sweep(engine), settings.sweep.config()).run,
        **_webhook(settings, config.token, engine, messenger, links),
        **_linking(links, messenger, breaking),
        "lesson calls": _lesson_calls(settings, engine, process, messenger, breaking, budget).run,
    }


@dataclass(slots=True)
class _ArmedLoop:
    """Reconcile that catches up first: at its start, and after an outage."""

    store: CountingStore
    reconcile: ReconcileLoop
    invites: bool
    armed: bool = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; what ends the loop is raised."""
        if not self.armed:
            await self.store.arm(CatchUpCause.START)
            self.armed = True
        if await self.store.configure_adding(invites=self.invites):
            log.error("adding.off", reason="gateway.adding is invite: people get the link")
        try:
            await self.reconcile.run(stop)
        except* Outage:
            self.armed = False  # nobody knows what was missed
            raise


def _store(settings: Settings, engine: AsyncEngine) -> CountingStore:
    return CountingStore(
        engine,
        policy=settings.guard.policy(),
        lease_seconds=settings.gateway.lease_seconds,
        reread_seconds=settings.gateway.reread_seconds,
        drift_rules=settings.drift.rules(),
    )


def _clock(settings: Settings, engine: AsyncEngine) -> ClockWatch:
    longest = Longest(
        lease=settings.gateway.lease_seconds,
        claim=settings.derive.lease_seconds,
        reread=settings.gateway.reread_seconds,
        drift=settings.drift.rules(),
    )
    return ClockWatch(engine, longest)


def _lesson_calls(
    settings: Settings,
    engine: AsyncEngine,
    process: Process,
    messenger: MaxMessenger,
    breaking: BreakingMessenger,
    budget: SharedBudget,
) -> LessonCallLoop:
    store = LessonCallStore(engine, settings.gateway.lease_seconds)
    process.lesson_calls = store.counted
    call_seconds = settings.messenger.timeout + 1
    return LessonCallLoop(store, messenger, breaking, budget, call_seconds)


def _linking(
    links: LinkTasks | None, messenger: MaxMessenger, breaking: BreakingMessenger
) -> dict[str, Loop]:
    if links is None:
        return {}
    return {"profile links": ProfileLinkLoop(links, messenger, breaking).run}


def _webhook(
    settings: Settings,
    token: str,
    engine: AsyncEngine,
    messenger: MaxMessenger,
    links: LinkTasks | None,
) -> dict[str, Loop]:
    given = settings.messenger
    if given.webhook_url is None:
        if links is not None:
            log.error("profile_link.deaf", reason="set ROLLCALL_MESSENGER__WEBHOOK_URL")
        return {}
    secret = given.webhook_secret
    place = WebhookPlace(
        given.webhook_url,
        given.webhook_host,
        given.webhook_port,
        secret_from(token) if secret is None else secret.get_secret_value(),
    )
    return {"webhook": WebhookLoop(place, engine, messenger, links).run}
