"""Ports for the embedded servers.

Free ones are sought below the range from which the kernel takes ports for outgoing
connections, so that a stranger's connection does not take one between the look and the use.
That look is no reservation: whoever starts a server tries again when it lost the race.
"""

import secrets
import socket

from rollcall.embedded.errors import EmbeddedError

HOST = "127.0.0.1"
_LOWEST, _HIGHEST = 15000, 32000
_ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do: a port whose last connections still linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port that nobody listens on now, chosen at random.

    Raises:
        EmbeddedError: none was found.
    """
    for _ in range(_ATTEMPTS):
        port = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST)
        if is_free(port):
            return port
    raise EmbeddedError(f"no free port between {_LOWEST} and {_HIGHEST} on {HOST}")


def require_free(port: int, who: str) -> int:
    """The wanted port, if it is free.

    Raises:
        EmbeddedError: somebody listens there.
    """
    if not is_free(port):
        raise EmbeddedError(
            f"port {port} for {who} is taken on {HOST}; "
            "end what listens there, or choose another port base"
        )
    return port


def plan_ports(names: tuple[str, ...], base: int | None = None) -> dict[str, int]:
    """A port for each name: consecutive from ``base``, or free ones where there is none.

    Raises:
        EmbeddedError: a port counted from ``base`` is taken or out of range.
    """
    if base is None:
        chosen: dict[str, int] = {}
        for name in names:
            port = free_port()
            while port in chosen.values():
                port = free_port()
            chosen[name] = port
        return chosen
    if not 1 <= base <= 65535 - len(names):
        raise EmbeddedError(f"port base {base} leaves no room for {len(names)} ports")
    return {name: require_free(base + step, name) for step, name in enumerate(names)}
