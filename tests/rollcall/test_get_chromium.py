"""``run`` looks for the browsers that the tests use, and asks Debian for one only without any."""

import subprocess
from pathlib import Path

import pytest

from tests.browser.browsers import NAMES

ROOT = Path(__file__).parents[2]
ALONE = "eval \"$(/bin/sed -n '/^say()/p; /^get_chromium() {/,/^}/p' run)\"; get_chromium"
PACKAGE = "chromium-headless-shell"


def said(folder: Path, **programs: str) -> list[str]:
    """What it says on a machine with these programs and no others, each one line of shell."""
    for name, does in programs.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{does}\n", "utf-8")
        path.chmod(0o755)
    ran = subprocess.run(  # noqa: S603 - ours
        ["/bin/bash", "-euo", "pipefail", "-c", ALONE],
        cwd=ROOT, env={"PATH": str(folder)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return ran.stderr.splitlines()


NO_APT = {"apt_get": "echo apt >&2", "timeout": "echo apt >&2", "env": "echo apt >&2"}
SHIFTED = 'shift; exec "$@"'
INSTALLS = {"timeout": SHIFTED, "env": SHIFTED}


@pytest.mark.parametrize("name", NAMES)
def test_with_any_browser_nothing_is_installed(tmp_path: Path, name: str) -> None:
    assert said(tmp_path, **{name: ":"}, **NO_APT, id="echo 0") == []


@pytest.mark.parametrize("user", [0, 1000])
def test_without_one_debians_without_windows_is(tmp_path: Path, user: int) -> None:
    asked = tmp_path / "asked"
    apt = f'echo "$@" >>{asked}'
    sudo = 'shift; if [ "$1" = true ]; then exit 0; fi; exec "$@"'
    lines = said(tmp_path, apt_get=apt, sudo=sudo, id=f"echo {user}", **INSTALLS)
    assert lines == [f"run: installing {PACKAGE} for the browser tests"]
    assert asked.read_text("utf-8").splitlines()[-1].endswith(f"--no-install-recommends {PACKAGE}")


def test_where_that_fails_it_says_what_to_do(tmp_path: Path) -> None:
    lines = said(tmp_path, apt_get="exit 100", id="echo 0", **INSTALLS)
    assert lines[1:] == [f"run: chromium could not be installed: apt-get install {PACKAGE}"]


def test_who_may_not_install_is_told_what_to_do(tmp_path: Path) -> None:
    missing = [f"run: chromium is missing: apt-get install {PACKAGE}"]
    assert said(tmp_path, **NO_APT, id="echo 1000") == missing
    assert said(tmp_path, **NO_APT, id="echo 1000", sudo="exit 1") == missing


def test_without_apt_nothing_is_said(tmp_path: Path) -> None:
    assert said(tmp_path, id="echo 0") == []
