"""The deriving transaction, step by step.

Its correctness rests on the order of its statements under READ COMMITTED, each of which
begins with a new snapshot: the marks are claimed and committed first, then resolved, then
the chats are locked, and only then are facts read. So whoever derives a chat after another
sees all that the other saw, and a fact that is committed too late to be seen has a mark
that is not cleared. ``tests/interleavings`` drives these steps one at a time.
"""

from collections.abc import Sequence

from projections.database import Driver
from projections.derive import chat_rows as existence
from projections.derive import load, resolve, write
from projections.derive.compute import Derivation
from projections.derive.config import DeriveConfig
from projections.derive.load import Facts
from projections.derive.resolve import Targets
from projections.queue import claims as marks
from projections.queue.claims import Mark, MarkKind

CHATS_LIMIT = 4000
"""Chats derived in one transaction; one mark of a school may stand for hundreds."""


class DeriveSteps:
    """One batch of claimed marks on one transaction; the steps are called as ``run`` does."""

    def __init__(self, driver: Driver, config: DeriveConfig, claimed: Sequence[Mark]) -> None:
        self._driver = driver
        self._config = config
        self._marks = claimed
        self._targets = Targets({}, {})
        self._facts: Facts | None = None

    async def run(self) -> None:
        """All steps, or ``fan_in`` where the marks stand for too many chats."""
        await self.resolve()
        if len(self._targets.derive) > CHATS_LIMIT and self._entities:
            await self.fan_in()
            return
        await self.create()
        await self.lock()
        await self.load()
        await self.write()
        await self.clear()

    @property
    def _entities(self) -> list[Mark]:
        return [mark for mark in self._marks if mark.kind is not MarkKind.CHAT]

    async def fan_in(self) -> None:
        """After ``resolve``: turn marks of entities into marks of chats, which fall together."""
        await write.make_due(self._driver, self._targets.due)
        await marks.mark_chats(self._driver, self._targets.derive)
        await marks.clear(self._driver, self._entities)

    async def resolve(self) -> None:
        """Which chats these marks can matter to."""
        self._targets = await resolve.resolve(self._driver, self._marks)

    async def create(self) -> None:
        """The rows of chats that should exist."""
        await existence.create_missing(self._driver, self._targets.derive, self._config.kinds_off)

    async def lock(self) -> None:
        """Wait until nobody else derives one of these chats."""
        locked = await existence.lock(self._driver, self._targets.derive)
        derive = {chat_id: self._targets.derive[chat_id] for chat_id in locked}
        self._targets = Targets(derive, self._targets.due)

    async def load(self) -> None:
        """Facts, in snapshots that begin with the locks held."""
        if self._targets.derive:
            self._facts = await load.load(self._driver, list(self._targets.derive))

    async def write(self) -> None:
        """Expected members, history, chats, and what is due."""
        due = self._targets.due
        if self._facts is not None:
            derivation = Derivation(self._facts, self._config.default_zone)
            changed = await write.write(self._driver, self._facts, derivation, self._targets.derive)
            due = marks.by_chat([*due.items(), *changed.items()])
        await write.make_due(self._driver, due)

    async def clear(self) -> None:
        """The marks, each at the generation that was read."""
        await marks.clear(self._driver, self._marks)
