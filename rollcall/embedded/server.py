"""What every embedded server has in common: one directory, one child, start to end.

Guarantees: one server a directory (the lock); a start that fails or is cancelled leaves no
child behind; ``stop`` lets the server end in its own way, ``kill`` does not; a port that was
chosen freely is kept for later starts of the same object, so that clients find it again.
"""

import signal
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from rollcall.embedded.directory import DirectoryLock
from rollcall.embedded.processes import Child


class EmbeddedServer(ABC):
    """A server on one data directory; ``async with`` starts and stops it."""

    _patience: float
    """Seconds that a start may take, the wait for the directory included."""
    _ending: Sequence[tuple[signal.Signals, float]]
    """The signals of an orderly end, each with the seconds that it is given."""

    def __init__(self, directory: Path, lock: DirectoryLock, port: int | None) -> None:
        self._directory = directory
        self._wanted_port = port
        self._port = port
        self._lock = lock
        self._child: Child | None = None

    @property
    @abstractmethod
    def address(self) -> str:
        """Where clients find the server."""

    @abstractmethod
    async def _fetch(self) -> None:
        """Get what a start needs from elsewhere, before the directory is locked."""

    @abstractmethod
    async def _begin(self) -> None:
        """Make the data at the first time, and start the child until it answers."""

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._child.pid if self._child else None

    async def start(self) -> str:
        """Start the server, making its data at the first time.

        Returns:
            Its address.

        Raises:
            EmbeddedError: it cannot be started; the message says why.
        """
        if self._child is not None:
            return self.address
        await self._fetch()
        await self._lock.acquire(self._patience)
        try:
            await self._begin()
        except BaseException:
            await self.kill()
            raise
        return self.address

    async def stop(self) -> None:
        """Let the server end in its own way, keeping all; no-op when not running."""
        child, self._child = self._child, None
        try:
            if child is not None:
                await child.end(self._ending)
        finally:
            self._lock.release()

    async def kill(self) -> None:
        """End the server as a crash would."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
        self._lock.release()

    async def restart(self) -> str:
        """Stop and start again, on the same port."""
        await self.stop()
        return await self.start()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
