"""A worker: ``rollcall run`` that dies at its N-th pass of a label.

Everything else is production: the command line, the settings from the environment, the wiring.
Only Kafka's patience with a dead member of the group is shortened, to what its broker allows,
since a dead process costs the group that long. Workers are forked from a process that has
imported the engine already, so that hundreds of starts cost little; each is a process of its
own all the same.
"""

import functools
import os
import sys
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from consumers.config import IngestConfig
from rollcall import cli, wiring
from tests.soak.crash_points import POINTS

SESSION_TIMEOUT_MS = 6_000

_CONTEXT = get_context("forkserver")


def start(label: str, passes: int, environment: Mapping[str, str], log: Path) -> ForkServerProcess:
    """A process that works until its death; what it says is written to ``log``."""
    _CONTEXT.set_forkserver_preload([__name__])
    process = _CONTEXT.Process(target=work, args=(label, passes, environment, log), daemon=True)
    process.start()
    return process


def work(label: str, passes: int, environment: Mapping[str, str], log: Path) -> None:
    """Arm the point, and become ``rollcall run``; in the process itself."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    for name in [name for name in os.environ if name.startswith("ROLLCALL_")]:
        del os.environ[name]
    os.environ.update(environment)
    POINTS[label].arm(passes)
    shortened = functools.partial(IngestConfig, session_timeout_ms=SESSION_TIMEOUT_MS)
    setattr(wiring, "IngestConfig", shortened)  # noqa: B010 - no attribute that others may set
    sys.argv = ["rollcall", "run"]
    cli.main()
