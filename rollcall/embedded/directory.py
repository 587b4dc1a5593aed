"""A data directory that belongs to one running server at a time.

Two locks, both on open files, so that a crash gives them back. ``owner`` is held by the
process that started the server and by it alone: a second start while it lives is refused at
once. ``lock`` is inherited by the server and held until the last of its processes is gone,
also when their owner was killed: the next start waits for that. Holding both proves that
nothing uses the directory.
"""

import asyncio
import fcntl
import os
from contextlib import ExitStack
from pathlib import Path

from rollcall.embedded.errors import EmbeddedError

_POLL = 0.02
_GONE_SECONDS = 2.0


class DirectoryLock:
    """The locks of one data directory; taken and given back any number of times."""

    def __init__(self, directory: Path, mode: int, who: str) -> None:
        self._directory = directory
        self._mode = mode
        self._who = who
        self._server_lock: int | None = None
        self._held = ExitStack()

    @property
    def descriptor(self) -> int:
        """The open file to pass on to the server."""
        if self._server_lock is None:
            raise EmbeddedError(f"{self._who}: the lock of {self._directory} is not held")
        return self._server_lock

    async def acquire(self, patience: float) -> None:
        """Take the directory, waiting at most ``patience`` seconds for a dead owner's server.

        Raises:
            EmbeddedError: a living process uses the directory, a dead one's server stays, or
                the directory cannot be written.
        """
        with ExitStack() as opened:
            owner, server_lock = self._open(opened)
            await self._own(owner)
            await self._wait_for_server(server_lock, patience)
            self._held = opened.pop_all()
            self._server_lock = server_lock

    def release(self) -> None:
        """Give the directory back; what is left of the server keeps it until it is gone."""
        self._server_lock = None
        self._held.close()

    def _open(self, opened: ExitStack) -> tuple[int, int]:
        try:
            self._directory.mkdir(mode=self._mode, parents=True, exist_ok=True)
            return _open(self._directory / "owner", opened), _open(self._directory / "lock", opened)
        except OSError as error:
            raise EmbeddedError(
                f"{self._who}: cannot write in the data directory {self._directory} "
                f"({error.strerror}); choose another one"
            ) from error

    async def _own(self, file: int) -> None:
        """A process that was killed this moment is given another to be gone."""
        deadline = asyncio.get_running_loop().time() + _GONE_SECONDS
        while not _try_lock(file):
            if asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(_POLL)
                continue
            owner = os.pread(file, 20, 0).decode("ascii", errors="replace")
            raise EmbeddedError(
                f"{self._who}: process {owner} already runs a server in {self._directory}; "
                "stop it, or choose another data directory"
            )
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)

    async def _wait_for_server(self, file: int, patience: float) -> None:
        deadline = asyncio.get_running_loop().time() + patience
        while not _try_lock(file):
            if asyncio.get_running_loop().time() > deadline:
                raise EmbeddedError(
                    f"{self._who}: an earlier server still uses {self._directory}; "
                    "end it, or choose another data directory"
                )
            await asyncio.sleep(_POLL)


def _open(path: Path, opened: ExitStack) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    opened.callback(os.close, file)
    return file


def _try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
