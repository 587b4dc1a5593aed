"""The servers of one run of the tests, started when first asked for and ended with the run.

``Servers`` starts them. Where workers run the tests side by side, the process that hands the
tests out keeps one of these in a thread of its own (``Keeper``), and the workers ask it over a
socket (``ask``): one PostgreSQL, one Kafka and one migrated template for all of them, whichever
worker comes first and whichever is killed. The servers end with that thread, and so with that
process, however it ends.
"""

import json
import shutil
import socket
import socketserver
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from enum import Enum
from pathlib import Path
from typing import Self

from tests.servers import sources
from tests.servers.databases import Databases, database_name, drop_all, make_empty
from tests.servers.loops import run_now


class Wanted(Enum):
    """What may be asked for; the answer is its address."""

    POSTGRES = "postgres"
    KAFKA = "kafka"
    TEMPLATE = "template"
    """The address of a migrated database to clone, on that PostgreSQL."""


class ServerTrouble(Exception):
    """The run has no such server."""


class Servers:
    """The servers themselves; they end with the block."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._found: dict[Wanted, str] = {}
        self._make: dict[Wanted, Callable[[], str]] = {
            Wanted.POSTGRES: lambda: self._stack.enter_context(
                sources.postgres(self._folder("pg"))
            ),
            Wanted.KAFKA: lambda: self._stack.enter_context(sources.kafka(self._folder("kafka"))),
            Wanted.TEMPLATE: self._template,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def find(self, wanted: Wanted) -> str:
        """Its address; started or made if this is the first question for it."""
        if wanted not in self._found:
            self._found[wanted] = self._make[wanted]()
        return self._found[wanted]

    def _folder(self, name: str) -> Path:
        folder = Path(tempfile.mkdtemp(prefix=f"rollcall-tests-{name}-"))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _template(self) -> str:
        # Here, because tests that need no database must run without the migrations.
        from projections.migrate import upgrade  # noqa: PLC0415 - as above

        server = self.find(Wanted.POSTGRES)
        url = run_now(make_empty(server))
        # Whatever a killed worker has left there too: a server of somebody's own is given back
        # as it was.
        self._stack.callback(lambda: run_now(drop_all(Databases(server, database_name(url)))))
        run_now(upgrade(url))
        return url


class _Question(socketserver.StreamRequestHandler):
    """One line in, one line out."""

    server: "_Door"

    def handle(self) -> None:
        wanted = Wanted(self.rfile.readline().decode().strip())
        try:
            answer = {"address": self.server.servers.find(wanted)}
        except Exception as error:  # noqa: BLE001 - told to the worker that asked, and fails its tests
            answer = {"trouble": f"{type(error).__name__}: {error}"}
        self.wfile.write(json.dumps(answer).encode() + b"\n")


class _Door(socketserver.UnixStreamServer):
    """Where the workers ask, one at a time."""

    def __init__(self, path: Path, servers: Servers) -> None:
        self.servers = servers
        super().__init__(str(path), _Question)


class Keeper:
    """Servers for the workers of a run, in a thread of its own, from ``open`` to ``close``."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="rollcall-tests-"))
        self.address = self._folder / "door"
        self._servers = Servers()
        self._door = _Door(self.address, self._servers)
        # An embedded server ends with the thread that started it, so it is one for the whole run.
        self._thread = threading.Thread(target=self._serve, name="servers of the tests")
        self._thread.start()

    def _serve(self) -> None:
        with self._servers, self._door:
            self._door.serve_forever(poll_interval=0.1)

    def close(self) -> None:
        """End the servers."""
        self._door.shutdown()
        self._thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)


def ask(door: Path, wanted: Wanted) -> str:
    """Ask the keeper behind this door.

    Raises:
        ServerTrouble: it could not be started there, or nobody is behind the door.
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(door))
            connection.sendall(f"{wanted.value}\n".encode())
            with connection.makefile() as answers:
                answer = json.loads(answers.readline() or "{}")
    except OSError as error:
        raise ServerTrouble(f"nobody keeps the servers of this run: {error}") from error
    if "address" not in answer:
        raise ServerTrouble(answer.get("trouble", "the servers of this run were ended"))
    address: str = answer["address"]
    return address
