"""The servers as containers, for machines where a Docker engine answers and has the images.

Images are not fetched: a test run does not wait for a registry when the embedded servers are
at hand. ``available`` says whether a container is worth trying. That goes for the image of
testcontainers' own reaper too: without it a run that is killed leaves its containers behind.
It is loaded where a container is started: every process of the tests would load it else.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from rollcall.embedded.ports import HOST, free_port

POSTGRES_IMAGE = "postgres:18"
KAFKA_IMAGE = "apache/kafka:4.3.1"

# As ``compose.yaml`` has it, and the embedded server: text sorts by code point.
_INITDB = "--encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8"
_KAFKA = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    # Clients come by a port of this machine, which the broker itself cannot reach; it asks
    # itself whether a transaction is under way.
    "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093,BROKER://localhost:9094",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": (
        "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT"
    ),
    "KAFKA_INTER_BROKER_LISTENER_NAME": "BROKER",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_LOG_RETENTION_MS": "-1",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
}


def available(image: str) -> bool:
    """Whether a Docker engine answers and already has this image."""
    # By the command and not the Python client, which leaves its socket open where no engine is.
    command = shutil.which("docker")
    if command is None:
        return False
    try:
        asked = subprocess.run(  # noqa: S603 - found on the PATH, with our own words
            [command, "image", "inspect", image], check=False, capture_output=True, timeout=10
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def _without_reaper_if_absent() -> None:
    from testcontainers.core.config import testcontainers_config  # noqa: PLC0415 - as above

    if not available(testcontainers_config.ryuk_image):
        testcontainers_config.ryuk_disabled = True


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL container's address while the block runs."""
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - as above

    _without_reaper_if_absent()
    container = PostgresContainer(POSTGRES_IMAGE, driver=None)
    with container.with_env("POSTGRES_INITDB_ARGS", _INITDB):
        yield container.get_connection_url()


@contextmanager
def kafka() -> Iterator[str]:
    """A Kafka container's bootstrap address while the block runs."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - as above
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy  # noqa: PLC0415 - as above

    _without_reaper_if_absent()
    port = free_port()
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(9092, port)
    container = container.with_env(
        "KAFKA_ADVERTISED_LISTENERS", f"PLAINTEXT://{HOST}:{port},BROKER://localhost:9094"
    )
    for name, value in _KAFKA.items():
        container = container.with_env(name, value)
    with container.waiting_for(LogMessageWaitStrategy("Kafka Server started")):
        yield f"{HOST}:{port}"
