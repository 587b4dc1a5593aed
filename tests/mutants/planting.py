"""Planting one bug in a copy of the tree, and running the tests that should notice it.

Guarantees: the tree itself is never changed; a bug whose text is not there exactly once is an
error and not a bug that was found; the tests pass on the copy before anything is planted, so
what fails afterwards failed because of it.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


class CannotPlant(Exception):
    """The bug's text is not, or not only once, where it should be."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug: in ``path`` the text ``before`` becomes ``after``; ``tests`` should notice.

    ``tests`` is what pytest takes: files, folders, ``file::test``.
    """

    name: str
    path: str
    before: str
    after: str
    tests: tuple[str, ...]

    def planted(self, text: str) -> str:
        """The file's text with the bug."""
        if text.count(self.before) != 1:
            message = f"{self.name}: its text stands {text.count(self.before)} times in {self.path}"
            raise CannotPlant(message)
        return text.replace(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a bug; ``by`` names the first test that failed, None where none did."""

    name: str
    by: str | None


def copy_of_the_tree(into: Path) -> Path:
    """The files that git knows, as they are now, with the environment beside them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git as it is found
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for name in listed.stdout.decode().split("\0"):
        source = ROOT / name
        if name and source.is_file():
            target = into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return into


def plant(tree: Path, mutant: Mutant) -> Found:
    """Run the mutant's tests with its bug in the copy; the copy is as before afterwards."""
    file = tree / mutant.path
    healthy = file.read_text("utf-8")
    file.write_text(mutant.planted(healthy), "utf-8")
    try:
        return Found(mutant.name, first_failure(tree, mutant.tests))
    finally:
        file.write_text(healthy, "utf-8")


def first_failure(tree: Path, tests: tuple[str, ...]) -> str | None:
    """The first of these tests that fails in the tree; None where all pass."""
    ran = subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
        cwd=tree,
        check=False,
        capture_output=True,
        text=True,
    )
    if ran.returncode == 0:
        return None
    said = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return said[0].split(" - ")[0] if said else f"exit {ran.returncode}"
