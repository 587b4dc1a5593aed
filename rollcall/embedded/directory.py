"""A data directory that belongs to one running server at a time.

The lock is an open file that the server inherits, so it is held until the last of its
processes is gone, also when the process that started them was killed. A second start by a
living owner is refused at once; after a crash the next start waits for the old server to wind
down. Holding the lock therefore proves that nothing uses the directory.
"""

import asyncio
import fcntl
import os
from pathlib import Path

from rollcall.embedded.errors import EmbeddedError

_POLL = 0.02


class DirectoryLock:
    """The lock of one data directory; taken and given back any number of times."""

    def __init__(self, directory: Path, who: str) -> None:
        self._path = directory / "lock"
        self._who = who
        self._file: int | None = None

    @property
    def descriptor(self) -> int:
        """The open file to pass on to the server."""
        if self._file is None:
            raise EmbeddedError(f"{self._who}: the lock of {self._path.parent} is not held")
        return self._file

    async def acquire(self, patience: float) -> None:
        """Take the directory, waiting at most ``patience`` seconds for a dead owner's server.

        Raises:
            EmbeddedError: a living process uses the directory, or a dead one's server stays.
        """
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            await self._lock(file, patience)
            os.ftruncate(file, 0)
            os.pwrite(file, str(os.getpid()).encode(), 0)
        except BaseException:
            os.close(file)
            raise
        self._file = file

    def release(self) -> None:
        """Give the directory back; what is left of the server keeps it until it is gone."""
        if self._file is None:
            return
        os.ftruncate(self._file, 0)
        os.close(self._file)
        self._file = None

    async def _lock(self, file: int, patience: float) -> None:
        deadline = asyncio.get_running_loop().time() + patience
        while not _try_lock(file):
            self._refuse_living_owner(file)
            if asyncio.get_running_loop().time() > deadline:
                raise EmbeddedError(
                    f"{self._who}: an earlier server still uses {self._path.parent}; "
                    "end it, or choose another data directory"
                )
            await asyncio.sleep(_POLL)

    def _refuse_living_owner(self, file: int) -> None:
        owner = os.pread(file, 20, 0)
        if owner.isdigit() and _is_alive(int(owner)):
            raise EmbeddedError(
                f"{self._who}: process {int(owner)} already runs a server in "
                f"{self._path.parent}; stop it, or choose another data directory"
            )


def _try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
