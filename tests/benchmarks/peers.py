"""Which tests run other people's programs: only where somebody wants it and they are there."""

import os

import pytest

from benchmarks.peers import environments

_WANTED = "ROLLCALL_TEST_PEERS"


def skip_unless_wanted(name: str, command: str) -> None:
    """Skip, and say why, unless the run is to try the peers and this one is installed."""
    if not os.environ.get(_WANTED):
        pytest.skip(f"other people's programs run with {_WANTED}=1 only; measured by: {command}")
    if environments.python(name) is None:
        pytest.skip(f"{name} is not installed here, and no test fetches it: {command}")
