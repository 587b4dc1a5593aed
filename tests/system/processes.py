"""`rollcall` as a process of its own: started, asked, killed, and looked at from outside."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.rollcall.embedded.processes import is_running

COMMAND = str(Path(sys.executable).with_name("rollcall"))
PATIENCE = 60.0
"""Seconds for what takes one or two; ample, for any machine."""


class NotInTime(AssertionError):
    """Something did not come true."""


async def until(holds: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
    """Wait for something to come true.

    Raises:
        NotInTime: it does not, within so many seconds.
    """
    deadline = asyncio.get_running_loop().time() + within
    while not holds():
        if asyncio.get_running_loop().time() > deadline:
            raise NotInTime(what)
        await asyncio.sleep(0.01)


@dataclass(slots=True)
class Program:
    """One process; what it says on stderr is kept in the file ``log``."""

    words: tuple[str, ...]
    process: asyncio.subprocess.Process
    log: Path

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.returncode is not None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if not self.ended:
            self.process.send_signal(number)

    def send_group(self, number: signal.Signals) -> None:
        """Send its whole process group a signal, as a terminal does; it was started as one."""
        os.killpg(self.pid, number)

    async def kill(self) -> None:
        """End it as a crash would."""
        if not self.ended:
            self.process.kill()
        await self.process.wait()

    async def terminate(self) -> int:
        """SIGTERM, once it is so far that it stops by itself; its exit code."""
        await until(lambda: self.ended or catches(self.pid, signal.SIGTERM), "it takes no signal")
        self.send(signal.SIGTERM)
        return await self.exit()

    async def exit(self, within: float = PATIENCE) -> int:
        """Its exit code, once it has ended."""
        try:
            return await asyncio.wait_for(self.process.wait(), within)
        except TimeoutError:
            raise NotInTime(f"{self.words} does not end; {self.said()[-2000:]}") from None

    async def line(self, within: float = PATIENCE) -> str:
        """The next line of its stdout."""
        assert self.process.stdout is not None
        try:
            raw = await asyncio.wait_for(self.process.stdout.readline(), within)
        except TimeoutError:
            raise NotInTime(f"{self.words} prints nothing; {self.said()[-2000:]}") from None
        return raw.decode()

    async def rest(self) -> str:
        """All that is left of its stdout, once it has ended."""
        assert self.process.stdout is not None
        return (await self.process.stdout.read()).decode()

    def said(self) -> str:
        """Its stderr so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    async def last_words(self) -> str:
        """The end of its stderr; one that still runs is ended, and its stack is there too."""
        code = self.process.returncode
        if code is not None:
            return f"{self.words} ended with {code}: {self.said()[-2000:]}"
        self.send(signal.SIGABRT)
        await self.process.wait()
        return f"{self.words} ran until now: {self.said()[-6000:]}"

    def events(self) -> list[dict[str, Any]]:
        """Its log, line by line."""
        lines = self.said().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def children(self) -> list[int]:
        """Its descendants that run."""
        return list(descendants(self.pid))


@dataclass(slots=True)
class Programs:
    """Starts processes with one environment, and ends all of them with the test."""

    environment: Mapping[str, str]
    folder: Path
    started: list[Program] = field(default_factory=list)
    _logs: list[IO[bytes]] = field(default_factory=list)

    async def start(self, *words: str, group: bool = False) -> Program:
        """Start ``rollcall`` with these words; in a process group of its own if asked."""
        log = self.folder / f"{len(self.started):03}-{words[0]}.log"
        file = log.open("wb")
        self._logs.append(file)
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=file,
            env={**_without_ours(), **self.environment},
            start_new_session=group,
        )
        program = Program(words, process, log)
        self.started.append(program)
        return program

    async def ask(self, *words: str, within: float = PATIENCE) -> tuple[int, str]:
        """Run a command to its end: exit code and stdout."""
        program = await self.start(*words)
        out, _ = await asyncio.wait_for(program.process.communicate(), within)
        assert program.process.returncode is not None
        return program.process.returncode, out.decode()

    def tracebacks(self) -> list[str]:
        """The logs that hold one."""
        return [each.said() for each in self.started if "Traceback" in each.said()]

    async def end(self) -> None:
        """Kill what still runs."""
        for program in self.started:
            await program.kill()
            if program.process.stdout is not None:
                await program.process.stdout.read()
        for file in self._logs:
            file.close()


def descendants(pid: int) -> Iterator[int]:
    """The processes below this one, by what /proc says."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return
    for thread in threads:
        try:
            children = (thread / "children").read_text(encoding="ascii").split()
        except OSError:
            continue
        for child in map(int, children):
            if is_running(child):
                yield child
            yield from descendants(child)


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process handles this signal itself, by what /proc says."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def _without_ours() -> dict[str, str]:
    """Our environment, without the settings of a developer's own stack."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ROLLCALL_")}
