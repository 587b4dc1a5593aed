"""A school at work, made once for many runs: everything published, derived and in MAX.

Most runs begin with it, so that their troubles meet chats that exist; the others begin with an
empty database and make the chats in the middle of the trouble.
"""

import copy
from dataclasses import dataclass

from simulator.changes import Change
from tests.simulation.kafka import Log
from tests.simulation.register import Register
from tests.simulation.stage import Stage


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is needed to put a stage into this state."""

    rows: str
    changes: tuple[Change, ...]
    logs: dict[tuple[str, int], Log]
    committed: dict[tuple[str, int], int]
    register: Register

    async def restore(self, stage: Stage) -> None:
        """Put a stage that was just opened into this state."""
        await stage.database.fill(self.rows)
        stage.max.world.commit_all(self.changes)
        stage.kafka.logs = {key: list(log) for key, log in self.logs.items()}
        stage.kafka.committed = dict(self.committed)
        stage.register = copy.deepcopy(self.register)
        stage.register.go_on(stage.scheduler.random.random(), stage.database.now())
        stage.known.read = {key: len(log) for key, log in self.logs.items()}
        stage.known.register.clear()
        stage.known.look_at_register()
        stage.known.expected.clear()
        await stage.known.look_at_expected()


class Recorder:
    """Takes a stage's changes in MAX down as they are made."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._changes: list[Change] = []
        stage.max.world.observe(self._changes.append)

    async def beginning(self) -> Beginning:
        """The stage as it is now."""
        stage = self._stage
        return Beginning(
            await stage.database.rows(),
            tuple(self._changes),
            {key: list(log) for key, log in stage.kafka.logs.items()},
            dict(stage.kafka.committed),
            copy.deepcopy(stage.register),
        )
