"""The command line as a newcomer meets it: one line for each failure, and an exit code."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from rollcall.cli import app
from rollcall.commands.outcome import outcome

PROGRAM = "import sys; sys.argv[0] = 'rollcall'; from rollcall.cli import main; main()"
ENTRY = (sys.executable, "-c", PROGRAM)
COMMANDS = (
    "demo", "up", "run", "publish", "synth", "status", "replay", "reconcile", "quarantine",
    "simulator", "settings",
)  # fmt: skip
NOBODY = "127.0.0.1:1"


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without settings of ours but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ROLLCALL_")}
    return {**kept, "COLUMNS": "80", **variables}


def rollcall(*words: str, **variables: str) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a command."""
    done = subprocess.run(  # noqa: S603 - our own command
        [*ENTRY, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=120,
        env=environment(**variables),
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def fails(code: int, words: Sequence[str], *said: str, **variables: str) -> None:
    """The command fails with this code and one line that says these things."""
    left, _, err = rollcall(*words, **variables)
    assert left == code, err
    assert err.count("\n") == 1, err
    assert err.startswith("rollcall")
    for each in said:
        assert each in err


def test_the_help_names_every_command_and_cuts_no_sentence() -> None:
    code, out, err = rollcall("--help")
    assert (code, err) == (0, "")
    for command in COMMANDS:
        assert f" {command} " in out
    assert "..." not in out.replace("[ARGS]...", "")
    assert "…" not in out


@dataclass(frozen=True)
class Here:
    """Runs a command in this process, as ``main`` does."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        self.monkeypatch.setattr(sys, "argv", ["rollcall", *words])
        code = outcome(app)
        said = self.capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """For what reads no settings and starts nothing."""
    return Here(monkeypatch, capsys)


def test_every_command_has_help(here: Here) -> None:
    for command in COMMANDS:
        code, out, err = here(command, "--help")
        assert (code, err) == (0, "")
        assert "Usage: rollcall" in out


def test_a_command_does_not_load_what_only_servers_need() -> None:
    heavy = {"alembic", "authlib", "fastapi", "faststream", "jinja2", "uvicorn"}
    asked = f"import sys, rollcall.cli; print(*({heavy!r} & sys.modules.keys()))"
    told = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == []


def test_the_version_is_told() -> None:
    assert rollcall("--version") == (0, "rollcall 0.1.0\n", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["synth", "--pupilz", "3"], "No such option: --pupilz"),
        (["synth", "--pupils", "0"], "--pupils"),
        (["synth", "--pupils", "many"], "--pupils"),
        (["publish"], "Missing argument"),
        (["reconcile"], "Missing argument"),
        (["run", "--only", "everything"], "--only"),
        (["status", "--wait", "-1"], "--wait"),
        (["status", "--wait"], "see `rollcall status --help`"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(here: Here, words: list[str], said: str) -> None:
    code, out, err = here(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("rollcall")
    assert said in err
    assert err.endswith("--help`\n")


def test_what_has_no_address_is_named_all_at_once() -> None:
    fails(
        1,
        ["run"],
        "ROLLCALL_POSTGRES__URL",
        "ROLLCALL_KAFKA__BOOTSTRAP",
        "ROLLCALL_MESSENGER__URL",
        "ROLLCALL_MESSENGER__TOKEN",
        "--data-dir",
    )
    fails(1, ["status"], "ROLLCALL_POSTGRES__URL", "ROLLCALL_KAFKA__BOOTSTRAP")


def test_a_folder_without_a_stack_is_named(tmp_path: Path) -> None:
    fails(1, ["status", "--data-dir", str(tmp_path)], str(tmp_path), "up --data-dir")


def test_what_cannot_be_published_is_named(tmp_path: Path) -> None:
    fails(1, ["publish", str(tmp_path)], str(tmp_path), "is a folder")
    fails(1, ["publish", str(tmp_path / "none")], "No such file")


def test_a_server_that_does_not_answer_is_named() -> None:
    postgres = f"postgresql://{NOBODY}/x"
    fails(1, ["quarantine"], "PostgreSQL does not answer", ROLLCALL_POSTGRES__URL=postgres)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        fails(1, ["simulator", "--port", port], port, "address already in use")
        folder = str(tmp_path / "stack")
        fails(1, ["up", "--data-dir", folder, "--port-base", port], port, "taken")


def test_a_full_disk_is_named() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(  # noqa: S603 - our own command
            [*ENTRY, "synth"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=120,
            env=environment(),
        )
    assert done.returncode == 1
    assert (
        done.stderr.decode() == "rollcall: the output cannot be written: No space left on device\n"
    )


@contextmanager
def started(*words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The command while it runs."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*ENTRY, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_whoever_reads_enough_ends_it_quietly() -> None:
    with started("synth", "--pupils", "20000") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert process.stderr.read() == b""


def test_ctrl_c_ends_the_simulator_with_0() -> None:
    with started("simulator") as process:
        assert process.stdout is not None
        json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def test_the_settings_are_listed_for_people_and_for_programs() -> None:
    code, out, _ = rollcall("settings")
    assert code == 0
    assert "ROLLCALL_GATEWAY__WORKERS=8\n" in out
    _, lines, _ = rollcall("settings", "--json")
    listed = [json.loads(line) for line in lines.splitlines()]
    assert all(set(each) == {"variable", "default", "description"} for each in listed)
