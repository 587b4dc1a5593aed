"""Whatever the tests write lies in memory, where the machine has the room.

To clone a database and drop it is three hundred files made and removed: ten times as much work
for a disk's file system as for memory's. A folder that somebody asks for (``TMPDIR``) is used as
it is, and so is the disk where memory is small.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - only as the parent of folders that tempfile makes
_ROOM: Final = 6 * 2**30  # bytes; a whole run was seen to need a third of it


def use_memory() -> None:
    """From now on temporary folders are made there, by this process and by those it starts."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    if shutil.disk_usage(_MEMORY).free >= _ROOM:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None
