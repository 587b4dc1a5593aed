"""Environments of the peers: one each under ``.cache/peers``, by exactly the pinned versions.

They are never part of the project's lock. Guarantees: an environment counts as there only if it
was made to the end by the requirements file as it is now.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.processes import ROOT

ENVIRONMENTS: Final = ROOT / ".cache" / "peers"
_MADE: Final = ".made-by"
_PYTHON: Final = f"{sys.version_info.major}.{sys.version_info.minor}"


class CannotInstallError(Exception):
    """A peer's packages cannot be had here; the message says why."""


def python(name: str) -> Path | None:
    """The interpreter of a peer's environment, if it is there."""
    folder = ENVIRONMENTS / name
    made = folder / _MADE
    if made.exists() and made.read_text(encoding="ascii") == fingerprint(name):
        return folder / "bin" / "python"
    return None


def install(name: str) -> Path:
    """The interpreter of a peer's environment, which is made where it is not there.

    Raises:
        CannotInstallError: the packages cannot be had.
    """
    known = python(name)
    if known is not None:
        return known
    uv = _uv()
    folder = ENVIRONMENTS / name
    shutil.rmtree(folder, ignore_errors=True)
    environment = {**os.environ, "VIRTUAL_ENV": str(folder)}
    _run([uv, "venv", "--quiet", "--python", _PYTHON, str(folder)], name, environment)
    _run([uv, "pip", "install", "--quiet", "-r", str(requirements(name))], name, environment)
    (folder / _MADE).write_text(fingerprint(name), encoding="ascii")
    return folder / "bin" / "python"


def requirements(name: str) -> Path:
    """The versions that a peer is pinned to."""
    for room in ("peers", "engines"):
        found = ROOT / "benchmarks" / room / "requirements" / f"{name}.txt"
        if found.exists():
            return found
    raise FileNotFoundError(name)


def fingerprint(name: str) -> str:
    """Of a peer's requirements as they are now."""
    return hashlib.sha256(requirements(name).read_bytes()).hexdigest()


def _uv() -> str:
    found = shutil.which("uv") or str(ROOT / ".cache" / "uv" / "bin" / "uv")
    if not Path(found).exists():
        raise CannotInstallError("uv is not here; ./run brings it")
    return found


def _run(words: list[str], name: str, environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        words, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise CannotInstallError(f"{name}: {lines[-1] if lines else words[0]}")
