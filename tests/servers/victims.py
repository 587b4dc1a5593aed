"""Tests for a run of their own, which ``test_shared`` starts: one of them kills its worker."""

import os
import signal
from pathlib import Path

TOLD = "TOLD_TO_THE_TESTS_OF_THE_TESTS"


def test_a_worker_dies_with_a_database_of_its_own(database_url: str) -> None:
    Path(os.environ[TOLD]).write_text(database_url, "utf-8")
    os.kill(os.getpid(), signal.SIGKILL)


def test_another_is_fine(database_url: str) -> None:
    assert database_url
