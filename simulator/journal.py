"""The file in which the simulator's state outlives its process: one change a line.

A change is handed to the operating system before it is answered, so a killed process loses
nothing that a client was told. (A machine that loses power may: the file is not synced.) A
last line cut short belongs to a call that nobody got an answer to; it is dropped on opening.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from simulator.changes import Change, decode, encode
from simulator.errors import JournalNotWrittenError, JournalUnreadableError


class Journal:
    """Append-only list of changes in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def replay(self) -> Iterator[Change]:
        """Every change of the file in order; a torn last line is cut off.

        Raises ``JournalUnreadableError`` if any whole line is none of ours.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch()
        whole = 0
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                try:
                    yield decode(line)
                except JournalUnreadableError as error:
                    where = f"{self._path}, line {number}"
                    raise JournalUnreadableError(f"{where} is not a change: {error}") from error
        os.truncate(self._path, whole)

    def append(self, changes: Sequence[Change]) -> None:
        """Write the changes; they are with the operating system when this returns.

        Raises ``JournalNotWrittenError``, and then none of them is in the file.
        """
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        end = os.fstat(self._descriptor).st_size
        left = b"".join(encode(change) for change in changes)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError as error:
            # Half a line in the middle would make the file unreadable for ever.
            os.ftruncate(self._descriptor, end)
            raise JournalNotWrittenError(f"{self._path}: {error.strerror}") from error

    def close(self) -> None:
        """Close the file; a later append opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
