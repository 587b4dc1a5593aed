"""The embedded Kafka keeps what it acknowledged and says what it lacks."""

from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from rollcall.embedded import EmbeddedError, EmbeddedKafka
from rollcall.embedded.jars import kafka_jars
from rollcall.embedded.ports import HOST, free_port

TOPIC = "kept"


async def make_topic(server: EmbeddedKafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=server.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, num_partitions=1, replication_factor=1)])
    await admin.close()


async def write(server: EmbeddedKafka, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=server.bootstrap, acks="all")
    await producer.start()
    await producer.send_and_wait(TOPIC, value)
    await producer.stop()


async def read(server: EmbeddedKafka, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        TOPIC, bootstrap_servers=server.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    values = [(await consumer.getone()).value for _ in range(count)]
    await consumer.stop()
    return values


async def topics(server: EmbeddedKafka) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=server.bootstrap)
    await admin.start()
    names = set(await admin.list_topics())
    await admin.close()
    return names


async def test_acknowledged_records_outlive_a_restart_and_a_crash(
    own_kafka: EmbeddedKafka,
) -> None:
    await make_topic(own_kafka)
    await write(own_kafka, b"before the restart")
    await own_kafka.restart()
    await write(own_kafka, b"before the crash")
    await own_kafka.kill()
    await own_kafka.start()
    assert await read(own_kafka, 2) == [b"before the restart", b"before the crash"]


async def test_data_follows_its_directory_to_another_port(
    own_kafka: EmbeddedKafka, tmp_path: Path
) -> None:
    await make_topic(own_kafka)
    await write(own_kafka, b"moved")
    await own_kafka.stop()
    port = free_port()
    async with EmbeddedKafka(tmp_path / "own-kafka", port) as moved:
        assert moved.bootstrap == f"{HOST}:{port}"
        assert await read(moved, 1) == [b"moved"]


async def test_a_restarted_broker_keeps_its_address(own_kafka: EmbeddedKafka) -> None:
    before = own_kafka.bootstrap
    assert await own_kafka.restart() == before


async def test_a_second_instance_on_the_same_data_is_refused(
    own_kafka: EmbeddedKafka, tmp_path: Path
) -> None:
    with pytest.raises(EmbeddedError, match="already runs a server"):
        await EmbeddedKafka(tmp_path / "own-kafka").start()
    assert TOPIC not in await topics(own_kafka)


async def test_a_taken_port_is_named(own_kafka: EmbeddedKafka, tmp_path: Path) -> None:
    port = int(own_kafka.bootstrap.rpartition(":")[2])
    with pytest.raises(EmbeddedError, match=f"port {port} for Apache Kafka is taken"):
        await EmbeddedKafka(tmp_path / "other", port).start()


@pytest.mark.usefixtures("own_kafka")
def test_records_are_closed_to_other_users_of_the_machine(tmp_path: Path) -> None:
    assert (tmp_path / "own-kafka").stat().st_mode & 0o077 == 0


async def test_without_jars_and_network_the_error_says_what_to_do(tmp_path: Path) -> None:
    unreachable = f"http://{HOST}:{free_port()}/maven2"
    server = EmbeddedKafka(tmp_path / "data", cache=tmp_path / "cache", repository=unreachable)
    with pytest.raises(EmbeddedError) as caught:
        await server.start()
    message = str(caught.value)
    assert str(tmp_path / "cache") in message
    assert unreachable in message
    assert "connect this machine to it once" in message


def test_a_failed_fetch_leaves_nothing_that_looks_like_the_jars(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError):
        kafka_jars(tmp_path, f"http://{HOST}:{free_port()}/maven2")
    assert not list(tmp_path.rglob("*.jar"))
    assert not (tmp_path / "kafka-4.3.1").exists()
