"""``python -m tests.soak.worker LABEL:N``: ``rollcall run`` that dies at its N-th pass of LABEL.

Everything else is production: the command line, the settings from the environment, the wiring.
Only Kafka's patience with a dead member of the group is shortened, to what its broker allows,
since a dead process costs the group that long.
"""

import functools
import sys

from consumers.config import IngestConfig
from rollcall import cli, wiring
from tests.soak.crash_points import POINTS

SESSION_TIMEOUT_MS = 6_000


def main(argument: str) -> None:
    """Arm the point, and become ``rollcall run``; never returns."""
    label, _, left = argument.partition(":")
    POINTS[label].arm(int(left))
    shortened = functools.partial(IngestConfig, session_timeout_ms=SESSION_TIMEOUT_MS)
    setattr(wiring, "IngestConfig", shortened)  # noqa: B010 - no attribute that others may set
    sys.argv = ["rollcall", "run"]
    cli.main()


if __name__ == "__main__":
    main(sys.argv[1])
