"""What an embedded broker reads at its start: its properties and where its log goes.

Written anew at each start, because ports may have changed; only what is under ``topics`` is
data.
"""

from dataclasses import dataclass
from pathlib import Path

from rollcall.embedded.ports import HOST

# A small heap and the simple collector: one node, and its data is in the page cache.
JVM_FLAGS = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{advertised_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={topics}

auto.create.topics.enable=false
num.partitions=12
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0

log.retention.ms=-1
log.retention.bytes=-1
log.segment.bytes=268435456
log.cleaner.dedupe.buffer.size=16777216

num.network.threads=2
num.io.threads=4
# A killed broker is let in again when its old session has run out (by default after 9 s).
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
"""

_LOGGING = """\
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {log}
appender.file.filePattern = {log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{ISO8601}} %p %c: %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
"""


@dataclass(frozen=True, slots=True)
class Files:
    """Where they are; ``formatted`` exists once the storage is whole."""

    properties: Path
    logging: Path
    formatted: Path

    @property
    def jvm_flags(self) -> tuple[str, ...]:
        """How Java finds the logging configuration."""
        return (f"-Dlog4j2.configurationFile={self.logging}",)


def write(
    directory: Path,
    port: int,
    controller_port: int,
    advertised_port: int | None = None,
    further: str = "",
) -> Files:
    """Write them into the data directory for these ports.

    Clients are told ``advertised_port``, or ``port`` where there is none. ``further`` lines come
    last, so they win.
    """
    properties = directory / "server.properties"
    logging = directory / "log4j2.properties"
    topics = directory / "topics"
    properties.write_text(
        _PROPERTIES.format(
            host=HOST,
            port=port,
            advertised_port=advertised_port or port,
            controller_port=controller_port,
            topics=topics,
        )
        + further,
        encoding="utf-8",
    )
    logging.write_text(_LOGGING.format(log=directory / "kafka.log"), encoding="utf-8")
    return Files(properties, logging, directory / "formatted")
