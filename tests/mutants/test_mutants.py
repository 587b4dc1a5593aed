"""The list of planted bugs does not rot: each can still be planted, and its tests are there."""

from pathlib import Path

import pytest

from tests.mutants.bugs import MUTANTS
from tests.mutants.planting import ROOT, CannotPlant, Mutant, copy_of_the_tree, plant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_a_bug_can_be_planted_and_its_tests_are_there(mutant: Mutant) -> None:
    text = (ROOT / mutant.path).read_text("utf-8")
    assert mutant.planted(text) != text
    for test in mutant.tests:
        assert (ROOT / test.partition("::")[0]).exists()


def test_names_are_told_apart() -> None:
    assert len({each.name for each in MUTANTS}) == len(MUTANTS)


def test_a_bug_is_noticed_in_a_copy_and_the_tree_stays_as_it_is(tmp_path: Path) -> None:
    lessons = ROOT / "domain/lessons.py"
    before = lessons.read_text("utf-8")
    mutant = Mutant(
        "a lesson runs at its end too",
        "domain/lessons.py",
        "if now >= ends_at:",
        "if now > ends_at:",
        ("tests/domain/test_lessons.py",),
    )
    found = plant(copy_of_the_tree(tmp_path), mutant)
    assert found.by is not None
    assert "test_lessons" in found.by
    assert lessons.read_text("utf-8") == before
    assert (tmp_path / "domain/lessons.py").read_text("utf-8") == before


def test_a_bug_whose_text_is_gone_is_an_error() -> None:
    with pytest.raises(CannotPlant, match="0 times"):
        Mutant("x", "domain/ids.py", "no such text", "", ()).planted("text")
