"""The choice of a server, the same for both kinds.

An address in ``ROLLCALL_TEST_POSTGRES`` or ``ROLLCALL_TEST_KAFKA``, else a container where a
Docker engine has the image, else the embedded server that ships with the product.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres
from tests.servers import containers
from tests.servers.loops import run_now


@contextmanager
def postgres(data_dir: Path) -> Iterator[str]:
    """The address of a PostgreSQL server while the block runs."""
    address = os.environ.get("ROLLCALL_TEST_POSTGRES")
    if address:
        yield address
    elif containers.available(containers.POSTGRES_IMAGE):
        with containers.postgres() as uri:
            yield uri
    else:
        with embedded_postgres(data_dir) as server:
            yield server.uri


@contextmanager
def kafka(data_dir: Path) -> Iterator[str]:
    """The bootstrap address of a Kafka server while the block runs."""
    address = os.environ.get("ROLLCALL_TEST_KAFKA")
    if address:
        yield address
    elif containers.available(containers.KAFKA_IMAGE):
        with containers.kafka() as bootstrap:
            yield bootstrap
    else:
        with embedded_kafka(data_dir) as server:
            yield server.bootstrap


@contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A server that the test may stop, kill and restart; its data goes with it."""
    server = EmbeddedPostgres(data_dir, durable=False)
    try:
        run_now(server.start())
        yield server
    finally:
        run_now(server.kill())
        shutil.rmtree(data_dir, ignore_errors=True)


@contextmanager
def embedded_kafka(data_dir: Path) -> Iterator[EmbeddedKafka]:
    """A broker that the test may stop, kill and restart; its data goes with it."""
    server = EmbeddedKafka(data_dir)
    try:
        run_now(server.start())
        yield server
    finally:
        run_now(server.kill())
        shutil.rmtree(data_dir, ignore_errors=True)
