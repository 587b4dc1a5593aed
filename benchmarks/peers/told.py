"""How a program is told what to do, and tells what it did.

Guarantees: what a program did stands in two files of its folder, the placements among them, so
that they can be compared with ours; the clock runs from the first record that it is given to
the last change that it has made, or to its commit where the program sees that.
Needs the standard library only, since it runs in the environments of all peers.
"""

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PLACEMENTS: Final = "placements.json"
FIGURES: Final = "figures.json"


@dataclass(frozen=True, slots=True)
class Task:
    """What a program has to do.

    ``commit_seconds`` is how often it commits its state and its offsets; ours does with every
    batch. ``postgres`` is for ours alone.
    """

    bootstrap: str
    topic: str
    events: int
    today: str
    folder: str
    commit_seconds: float = 1.0
    postgres: str = ""

    def words(self) -> list[str]:
        """The task as a program's only argument."""
        return [json.dumps({name: getattr(self, name) for name in self.__slots__})]


def task() -> Task:
    """What this program was told."""
    return Task(**json.loads(sys.argv[1]))


@dataclass(slots=True)
class Tally:
    """What a program has done so far; it is done when all was read and every change made."""

    events: int
    read: int = 0
    told: int = 0
    made: int = 0
    began: float = 0.0
    ended: float = 0.0
    placements: dict[str, list[str] | None] = field(default_factory=dict)

    def one_read(self, changes: int) -> None:
        """An event was folded by order, which told the pupils so many changes."""
        if self.read == 0:
            self.began = time.perf_counter()
        self.read += 1
        self.told += changes
        self._look()

    def one_made(self, key: str, placed: list[str] | None) -> None:
        """A change was folded by pupil."""
        self.made += 1
        self.placements[key] = placed
        self._look()

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.ended > 0

    def committed(self) -> None:
        """Everything has become durable; for programs that see when."""
        self.ended = time.perf_counter()

    def _look(self) -> None:
        if self.read >= self.events and self.made >= self.told:
            self.ended = time.perf_counter()

    def tell(self, task: Task) -> None:
        """The result, into the task's folder."""
        kept = {key: placed for key, placed in self.placements.items() if placed is not None}
        write(task, kept, {"events": self.read, "seconds": round(self.ended - self.began, 3)})


def write(task: Task, placements: Mapping[str, list[str]], figures: Mapping[str, float]) -> None:
    """Put a result into the task's folder; the figures last, since they say that it is there."""
    Path(task.folder, PLACEMENTS).write_text(json.dumps(placements), encoding="utf-8")
    Path(task.folder, FIGURES).write_text(json.dumps(figures), encoding="utf-8")
