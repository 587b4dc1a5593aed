"""Writes the contract for others to read: docs/contract/*.schema.json and asyncapi.yaml.

``python -m schemas.generate`` writes the files. With ``--check`` it writes nothing and
fails where a committed file differs from the models, or where the models break the released
contract in ``baseline/``. With ``--release`` it also makes the files the new baseline.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

import yaml

from schemas.asyncapi import asyncapi
from schemas.compatibility import breakages, read_schemas
from schemas.documents import Schema, schemas

CONTRACT: Final = Path(__file__).resolve().parent.parent / "docs" / "contract"
BASELINE: Final = "baseline"

_GENERATED_BY: Final = "# Written by `python -m schemas.generate` from the models in schemas/.\n"


def files() -> dict[str, str]:
    """The text of every generated file, by its name."""
    texts = {name: _json(schema) for name, schema in schemas().items()}
    texts["asyncapi.yaml"] = _GENERATED_BY + yaml.safe_dump(
        asyncapi(), sort_keys=False, allow_unicode=True, width=96
    )
    return texts


def _json(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def differences(folder: Path) -> list[str]:
    """What must be done so that ``folder`` holds exactly the generated files, a line each."""
    expected = files()
    found = {path.name for path in (*folder.glob("*.schema.json"), *folder.glob("*.yaml"))}
    stale = [
        f"{name}: differs from the models"
        for name in sorted(expected.keys() & found)
        if (folder / name).read_text(encoding="utf-8") != expected[name]
    ]
    missing = [f"{name}: is missing" for name in sorted(expected.keys() - found)]
    surplus = [f"{name}: belongs to no model" for name in sorted(found - expected.keys())]
    return stale + missing + surplus


def write(folder: Path, *, release: bool) -> None:
    """Writes the generated files, and on a release the baseline that later ones must keep."""
    targets = (folder, folder / BASELINE) if release else (folder,)
    for target in targets:
        target.mkdir(parents=True, exist_ok=True)
        for name, text in files().items():
            if target == folder or name.endswith(".schema.json"):
                (target / name).write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None, contract: Path = CONTRACT) -> int:
    """The command, on the files in ``contract``; 0 done, 1 where something differs or breaks."""
    parser = argparse.ArgumentParser(prog="python -m schemas.generate", description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    mode.add_argument("--release", action="store_true", help="make this the new baseline too")
    chosen = parser.parse_args(arguments)
    problems = [] if chosen.release else _unreleased(contract / BASELINE)
    problems += map(str, breakages(read_schemas(contract / BASELINE), schemas()))
    if chosen.check and (differing := differences(contract)):
        problems += [*differing, "run `python -m schemas.generate` and commit what it writes"]
    for line in problems:
        print(line, file=sys.stderr)  # noqa: T201 - a command's word to its user
    if problems:
        return 1
    if not chosen.check:
        write(contract, release=chosen.release)
    return 0


def _unreleased(baseline: Path) -> list[str]:
    """A baseline without files would compare with nothing, and so forbid nothing."""
    return [] if any(baseline.glob("*.schema.json")) else [f"{baseline.name}/: has no schemas"]


if __name__ == "__main__":
    sys.exit(main())
