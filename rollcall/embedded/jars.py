"""Apache Kafka's jars: resolved by jgo from Maven Central once, checked, and kept.

They live in ``<cache>/kafka-<version>/``, where the cache is ``$XDG_CACHE_HOME/rollcall`` or
``~/.cache/rollcall``: shared by all checkouts, removable at any time.

Guarantees: the folder under its final name is complete, and each file in it had the checksum
of ``kafka-jars.sha256`` when it came; without a network a filled cache is enough. jgo's own
environments are not used, because they fetch a second Java only to look into the jars.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from rollcall.embedded.errors import EmbeddedError

KAFKA_VERSION = "4.3.1"
MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
_KAFKA = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
# What writes Kafka's log: Kafka leaves that choice to whoever runs it. Taken by itself, since
# jgo lets the parent POM of each root choose versions for all, and this one's are not Kafka's.
_LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
_FOLDER = f"kafka-{KAFKA_VERSION}"
_PARALLEL = 6
_CHECKSUMS = Path(__file__).with_name("kafka-jars.sha256")


def default_cache() -> Path:
    """The user's cache directory for Rollcall."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "rollcall"


def kafka_is_cached(cache: Path | None = None) -> bool:
    """Whether ``kafka_jars`` needs no network; without it, it takes about half a minute."""
    folder = (cache or default_cache()) / _FOLDER
    return all((folder / name).exists() for name in _expected())


def kafka_jars(cache: Path | None = None, repository: str = MAVEN_CENTRAL) -> tuple[Path, ...]:
    """The class path of Kafka, fetched (45 MB) where the cache does not hold it; blocks.

    Raises:
        EmbeddedError: they can be neither found nor fetched, or are not what we expect.
    """
    cache = (cache or default_cache()).resolve()
    folder = cache / _FOLDER
    expected = _expected()
    try:
        if not kafka_is_cached(cache):
            cache.mkdir(parents=True, exist_ok=True)
            with _one_at_a_time(cache / "lock"):
                if not kafka_is_cached(cache):  # another process may have fetched meanwhile
                    _fetch(folder, expected, repository)
    except OSError as error:  # requests' errors too
        raise EmbeddedError(
            f"Apache Kafka {KAFKA_VERSION} is not in {cache} and could not be fetched from "
            f"{repository} ({type(error).__name__}); connect this machine to it once, copy the "
            "folder from one that has it, or name a Kafka of your own in the settings"
        ) from error
    return tuple(folder / name for name in sorted(expected))


def _expected() -> dict[str, str]:
    """Checksum by file name, from lines as ``sha256sum`` writes them."""
    lines = _CHECKSUMS.read_text(encoding="ascii").splitlines()
    return {name: checksum for checksum, name in (line.split() for line in lines)}


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(folder: Path, expected: dict[str, str], repository: str) -> None:
    """Fetch into a folder beside, check, and only then give it its name."""
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.mkdir()
    for jar in _resolve(unfinished / "maven", repository):
        jar.rename(unfinished / jar.name)
    for name, checksum in expected.items():
        _check(unfinished / name, checksum, repository)
    shutil.rmtree(unfinished / "maven")
    unfinished.rename(folder)


def _check(jar: Path, checksum: str, repository: str) -> None:
    if not jar.exists() or hashlib.sha256(jar.read_bytes()).hexdigest() != checksum:
        raise EmbeddedError(
            f"{jar.name} from {repository} is not the file that {_CHECKSUMS.name} names; "
            "nothing of it was kept"
        )


def _resolve(store: Path, repository: str) -> list[Path]:
    # Loaded only where something is to be fetched: it costs a third of a second.
    import requests  # noqa: PLC0415 - as above
    from jgo.maven import MavenContext  # noqa: PLC0415 - as above

    context = MavenContext(repo_cache=store, remote_repos={"central": repository}, timeout=30)
    try:
        given, transitive = context.resolver.resolve([context.create_dependency(_KAFKA)])
        needed = [*given, *(each for each in transitive if each.scope in {"compile", "runtime"})]
        needed.append(context.create_dependency(_LOGGING))
        with ThreadPoolExecutor(_PARALLEL) as pool:
            return list(pool.map(lambda each: each.artifact.resolve(), needed))
    except (RuntimeError, ValueError, requests.RequestException) as error:
        raise OSError(str(error)) from error
