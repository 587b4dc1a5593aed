"""The engines as processes: how each is started, and what is missing where one cannot be."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Final

from benchmarks.engines.region import DAYS_TOPIC, READ_BY_ENGINES
from benchmarks.peers.environments import ENVIRONMENTS, CannotInstallError, install
from benchmarks.processes import ROOT, Started, addresses, product, started
from domain.days import DEFAULT_ZONE
from rollcall.embedded.jars import MAVEN_CENTRAL

CONNECTOR: Final = "org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2"
CONNECTOR_SHA256: Final = "5605c691d11a501382c383fecba37a7a552467da5ab7ba904ef5d6f3d62c5616"
"""The newest connector there is; it is made for Flink 2.2 and works with 2.3."""

_JAVA_VERSIONS: Final = ('"17', '"21')
_HEAP: Final = "-Xmx2g"
_MANAGED_MEMORY: Final = "1024mb"


class Engine(Enum):
    """Who derives."""

    ROLLCALL = "rollcall"
    FLINK = "flink"
    PATHWAY = "pathway"


def results_topic(engine: Engine) -> str:
    """Where an engine writes its memberships."""
    return f"engines.{engine.value}.members"


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is."""

    bootstrap: str
    postgres: str
    folder: Path


async def prepare(engine: Engine) -> None:
    """Bring what the engine needs.

    Raises:
        CannotInstallError: it cannot be had; the message says why.
    """
    if engine is not Engine.ROLLCALL:
        await asyncio.to_thread(install, engine.value)
    if engine is Engine.FLINK:
        await asyncio.to_thread(java)
        await asyncio.to_thread(connector)


@asynccontextmanager
async def running(engine: Engine, place: Place) -> AsyncIterator[Started]:
    """The engine, as its processes."""
    own = place.folder / engine.value
    own.mkdir()
    commands, environment = _commands(engine, place, own), _environment(engine, place)
    async with started(commands, environment, own / "log") as found:
        yield found


def _commands(engine: Engine, place: Place, own: Path) -> list[list[str]]:
    if engine is Engine.ROLLCALL:
        return [product("run", "--only", part) for part in ("ingest", "derive")]
    program = ENVIRONMENTS / engine.value / "bin" / "python"
    return [[str(program), "-m", f"benchmarks.engines.on_{engine.value}", told(engine, place, own)]]


def told(engine: Engine, place: Place, own: Path) -> str:
    """What a job is told, as its only argument."""
    words = {
        "bootstrap": place.bootstrap,
        "topics": ";".join(READ_BY_ENGINES),
        "days": DAYS_TOPIC,
        "members": results_topic(engine),
        "default_zone": DEFAULT_ZONE,
        "folder": str(own),
    }
    if engine is Engine.FLINK:
        words |= {"connector": str(connector_path()), "managed_memory": _MANAGED_MEMORY}
    return json.dumps(words)


def _environment(engine: Engine, place: Place) -> Mapping[str, str]:
    match engine:
        case Engine.ROLLCALL:
            return addresses(place.postgres, place.bootstrap)
        case Engine.FLINK:
            home = str(Path(java()).parents[1])
            return {"PYTHONPATH": str(ROOT), "JAVA_HOME": home, "JAVA_TOOL_OPTIONS": _HEAP}
        case Engine.PATHWAY:
            return {"PYTHONPATH": str(ROOT), "PATHWAY_THREADS": "2"}


def java() -> str:
    """A Java that Flink runs on.

    Raises:
        CannotInstallError: there is none.
    """
    given = os.environ.get("JAVA_HOME")
    found = str(Path(given) / "bin" / "java") if given else shutil.which("java")
    if found is not None and Path(found).exists():
        real = str(Path(found).resolve())
        said = subprocess.run(  # noqa: S603 - the machine's own Java
            [real, "-version"], capture_output=True, text=True, check=False
        ).stderr
        if any(version in said for version in _JAVA_VERSIONS):
            return real
    raise CannotInstallError("flink: needs Java 17 or 21: apt-get install openjdk-17-jre-headless")


def connector_path() -> Path:
    """Where the connector is kept."""
    _, artifact, version = CONNECTOR.split(":")
    return ENVIRONMENTS / f"{artifact}-{version}.jar"


def connector(repository: str = MAVEN_CENTRAL) -> Path:
    """Flink's connector to Kafka, fetched from Maven Central where it is not there.

    Raises:
        CannotInstallError: it cannot be had, or is not the one that we expect.
    """
    path = connector_path()
    if path.exists() and _checked(path):
        return path
    import requests  # noqa: PLC0415 - only where something is to be fetched
    from jgo.maven import MavenContext  # noqa: PLC0415 - as above

    store = ENVIRONMENTS / "maven"
    try:
        context = MavenContext(repo_cache=store, remote_repos={"central": repository}, timeout=60)
        fetched = context.create_dependency(CONNECTOR).artifact.resolve()
    except (RuntimeError, ValueError, OSError, requests.RequestException) as error:
        raise CannotInstallError(f"flink: {CONNECTOR} cannot be fetched: {error}") from error
    if not _checked(fetched):
        raise CannotInstallError(f"flink: {fetched.name} is not the file that was expected")
    shutil.copyfile(fetched, path)
    shutil.rmtree(store, ignore_errors=True)
    return path


def _checked(path: Path) -> bool:
    return sha256(path.read_bytes()).hexdigest() == CONNECTOR_SHA256
