"""A launcher that ties a server's life to its parent's, then becomes that server.

Run as a file, ``python -I -S leash.py PARENT SIGNAL UID GID ACCESS COMMAND…``, standard
library only, so that it costs a few milliseconds. It keeps its process id through ``exec``.

Guarantees, on Linux: the kernel sends SIGNAL to the server when the thread that started it
ends, however it ends; a parent that was gone before the tie was made is noticed. This is done
here and not in a ``preexec_fn``, which is not safe in a process that has threads.

UID other than 0 drops root for that user, which PostgreSQL insists on. With ACCESS 1 the
server keeps the single capability to pass directories that only root may enter, so that a
project or a data directory under ``/root`` works without opening it to everybody.
"""

import contextlib
import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _keep_access() -> None:
    """Give the capability to what ``exec`` starts; a kernel that forbids it changes nothing."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # Effective, permitted and inheritable sets, the low 32 capabilities, then the high ones.
    mask = 1 << _CAP_DAC_OVERRIDE
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    if _libc().capset(header, sets) == 0:
        _libc().prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def _become(uid: int, gid: int, *, access: bool) -> None:
    if access:
        _libc().prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if access:
        _keep_access()


def _tie(parent: int, signal_number: int) -> None:
    """After the change of user, which would loosen the tie again."""
    _libc().prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the process that wanted this server is gone")


def main(arguments: list[str]) -> None:
    """Drop root, tie, and become the command; returns only by an error."""
    parent, signal_number, uid, gid, access = map(int, arguments[:5])
    command = arguments[5:]
    if sys.platform == "linux":
        if uid:
            _become(uid, gid, access=bool(access))
        _tie(parent, signal_number)
    with contextlib.suppress(OSError):
        os.chdir("/")  # a server holds no directory of its caller
    os.execv(command[0], command)  # noqa: S606 - the command is ours, and no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
