"""``./run soak``: everything that can go wrong, for a while, and then the verdict.

The last line of stdout is one JSON object; 1 is the exit code where anything was violated.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from pathlib import Path

from tests.soak.report import Evidence, Plan
from tests.soak.soak import soak


def _plan() -> tuple[Plan, Path | None]:
    usual = Plan()
    parser = argparse.ArgumentParser(prog="run soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=usual.kills, help="at labelled points")
    parser.add_argument("--broker", type=int, default=usual.broker, help="restarts and pauses")
    parser.add_argument("--database", type=int, default=usual.database, help="restarts")
    parser.add_argument("--restores", type=int, default=usual.restores, help="from an older copy")
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--pupils", type=int, default=usual.pupils, help="in the region")
    parser.add_argument("--minutes", type=float, default=usual.minutes, help="at most")
    parser.add_argument("--keep", type=Path, help="folder for servers and logs, kept at the end")
    given = parser.parse_args()
    keep = given.keep
    del given.keep
    return Plan(**vars(given)), keep


async def _soak(plan: Plan, folder: Path) -> Evidence:
    """Soak, and on SIGTERM end the servers and workers before leaving."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await soak(plan, folder)


def main() -> int:
    """Soak, say what came of it, and return the exit code."""
    plan, keep = _plan()
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        evidence = asyncio.run(_soak(plan, keep))
    else:
        with tempfile.TemporaryDirectory(prefix="rollcall-soak-") as folder:
            evidence = asyncio.run(_soak(plan, Path(folder)))
    found = evidence.as_json(plan)
    for violation in found["violations"]:
        sys.stderr.write(f"soak: {violation}\n")
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
