"""``./run mutants [NAME …]``: plant bugs, one at a time, and say which test notices each.

The last line is a summary; exit code 1 where a bug was not noticed. ``--healthy`` runs every
bug's tests without it first, so that none is noticed by accident.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.mutants.bugs import MUTANTS
from tests.mutants.planting import copy_of_the_tree, first_failure, plant


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="./run mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="which (all)")
    parser.add_argument("--healthy", action="store_true", help="run the tests without bugs first")
    parser.add_argument("--list", action="store_true", help="only name them")
    asked = parser.parse_args()
    chosen = [each for each in MUTANTS if not asked.names or each.name in asked.names]
    if asked.list:
        for each in chosen:
            print(f"{each.name}: {each.path}")  # noqa: T201 - a command's output
        return 0
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_of_the_tree(Path(folder))
        if asked.healthy:
            ill = first_failure(
                tree, tuple(dict.fromkeys(t for each in chosen for t in each.tests))
            )
            if ill is not None:
                sys.exit(f"the tests fail without any bug: {ill}")
        for each in chosen:
            result = plant(tree, each)
            found += result.by is not None
            print(f"{each.name:<44} {result.by or 'NOT NOTICED'}", flush=True)  # noqa: T201 - as above
    print(f"{found} of {len(chosen)} bugs were noticed")  # noqa: T201 - as above
    return 0 if found == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
