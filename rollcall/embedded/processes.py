"""Server processes: started on a leash, in a session of their own, ended for certain.

Guarantees: the terminal's Ctrl-C reaches us and not the servers, so the engine can drain
first; whatever ends us ends them (see ``leash``); a server that dies while starting is told
by the last lines of its log. Processes are watched by polling, so a server may be started in
one event loop and stopped in another.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rollcall.embedded.errors import EmbeddedError

_LEASH = Path(__file__).with_name("leash.py")
_POLL = 0.02
_LOG_TAIL_LINES = 12
# Settings of other servers and clients on this machine are not for ours.
_FOREIGN = ("PG", "KAFKA_", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")


@dataclass(frozen=True, slots=True)
class User:
    """Whom a command runs as; ``access`` keeps root's way through closed directories."""

    uid: int
    gid: int
    access: bool


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, its log (appended to), how its parent's death is told to it."""

    words: Sequence[str]
    log: Path
    death_signal: signal.Signals = signal.SIGKILL
    user: User | None = None
    descriptors: tuple[int, ...] = ()


class Child:
    """A running command."""

    def __init__(self, command: Command) -> None:
        self._process = _spawn(command)

    @property
    def pid(self) -> int:
        """The process id, the server's own."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, or None while it runs."""
        return self._process.poll()

    async def wait(self, patience: float) -> bool:
        """Whether it ended within ``patience`` seconds."""
        deadline = asyncio.get_running_loop().time() + patience
        while self.exit_code is None:
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(_POLL)
        return True

    async def end(self, gently: Sequence[tuple[signal.Signals, float]]) -> None:
        """Ask with each signal in turn, waiting its seconds, then kill.

        Cancelled, it kills at once: no server is left behind.
        """
        try:
            for signal_number, patience in gently:
                self.signal(signal_number)
                if await self.wait(patience):
                    return
        finally:
            self.kill()

    def signal(self, signal_number: signal.Signals) -> None:
        """Send a signal to the server, if it still runs."""
        if self.exit_code is None:
            self._process.send_signal(signal_number)

    def kill(self) -> None:
        """End the server and its group with SIGKILL, and wait until it is gone."""
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _spawn(command: Command) -> subprocess.Popen[bytes]:
    user = command.user or User(0, 0, access=False)
    leash = [os.getpid(), int(command.death_signal), user.uid, user.gid, int(user.access)]
    with command.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - the words are ours, and no shell is used
            [sys.executable, "-I", "-S", str(_LEASH), *map(str, leash), *command.words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(os.environ),
            pass_fds=command.descriptors,
            start_new_session=True,
        )


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in ours.items() if not name.startswith(_FOREIGN)}
    return {**kept, "LC_ALL": "C"}


def log_tail(log: Path) -> str:
    """The last lines of a log, each set in, for the end of an error message."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "\n  (no log)"
    return "".join(f"\n  {line}" for line in lines[-_LOG_TAIL_LINES:]) or "\n  (empty log)"


async def run_to_end(command: Command, what: str, patience: float) -> None:
    """Run a command that prepares something.

    Raises:
        EmbeddedError: it failed or took longer than ``patience`` seconds.
    """
    command.log.unlink(missing_ok=True)
    child = Child(command)
    try:
        ended = await child.wait(patience)
    finally:
        child.kill()
    if not ended:
        raise EmbeddedError(f"{what} took longer than {patience:.0f} s:{log_tail(command.log)}")
    if child.exit_code != 0:
        raise EmbeddedError(f"{what} failed:{log_tail(command.log)}")


async def until_ready(
    child: Child, answers: Callable[[], Awaitable[bool]], what: str, log: Path, patience: float
) -> None:
    """Wait until the server answers.

    Raises:
        EmbeddedError: it ended instead, or did not answer within ``patience`` seconds.
    """
    deadline = asyncio.get_running_loop().time() + patience
    while not await answers():
        if child.exit_code is not None:
            raise EmbeddedError(f"{what} ended while starting; the end of {log}:{log_tail(log)}")
        if asyncio.get_running_loop().time() > deadline:
            raise EmbeddedError(
                f"{what} did not answer within {patience:.0f} s; the end of {log}:{log_tail(log)}"
            )
        await asyncio.sleep(_POLL)
