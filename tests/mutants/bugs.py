"""The bugs: small wrong edits, each of a kind that somebody could make without noticing."""

from typing import Final

from tests.mutants.planting import Mutant

MUTANTS: Final[tuple[Mutant, ...]] = ()
