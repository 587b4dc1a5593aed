"""``status`` where a server is not as it should be."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Iterator

import pytest

from consumers.errors import KafkaUnavailable
from consumers.kafka import KafkaConfig
from consumers.kafka_view import KafkaView
from operations import status
from projections.database import create_engine
from rollcall.embedded import EmbeddedKafka
from tests.rollcall.running import command

AMPLE = 30.0
"""Seconds; more than the five that Kafka is given, less than the forty of its own clients."""
TOPICS = ("sgo.register",)


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


async def test_a_kafka_that_never_answers_costs_seconds_and_hides_nothing_of_the_database(
    silent: str, database_url: str
) -> None:
    engine = create_engine(database_url)
    async with asyncio.timeout(AMPLE):
        report = await status.wait(engine, KafkaConfig(silent), TOPICS, 0)
    await engine.dispose()
    assert isinstance(report.failure, KafkaUnavailable)
    assert (report.lag, report.settled, report.counts.stale) == (None, False, 0)


async def test_status_says_in_one_line_that_kafka_does_not_answer(
    silent: str, database_url: str
) -> None:
    where = {"ROLLCALL_KAFKA__BOOTSTRAP": silent, "ROLLCALL_POSTGRES__URL": database_url}
    code, out, err = await command("status", **where)
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith("rollcall: Kafka does not answer (TimeoutError)")
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert (lines["lag"], lines["settled"], lines["held"]) == ("unknown", "no", "0")
    code, out, _ = await command("status", "--json", **where)
    told = json.loads(out)
    assert (code, told["lag"], told["settled"], told["held"]) == (1, None, False, 0)


async def test_where_nobody_answers_both_are_named() -> None:
    nobody = "127.0.0.1:1"
    code, out, err = await command(
        "status",
        ROLLCALL_KAFKA__BOOTSTRAP=nobody,
        ROLLCALL_POSTGRES__URL=f"postgresql://{nobody}/x",
    )
    assert (code, out, err.count("\n")) == (1, "", 2)
    assert "Kafka does not answer" in err
    assert "PostgreSQL does not answer" in err


async def test_a_broker_that_freezes_after_it_was_reached_is_not_waited_for(
    own_kafka: EmbeddedKafka,
) -> None:
    async with KafkaView(KafkaConfig(own_kafka.bootstrap), patience=1.0) as view:
        assert own_kafka.pid is not None
        os.kill(own_kafka.pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(AMPLE):
                with pytest.raises(KafkaUnavailable):
                    await view.topics(TOPICS)
                with pytest.raises(KafkaUnavailable):
                    await view.ends([("sgo.register", 0)])
                with pytest.raises(KafkaUnavailable):
                    async with KafkaView(KafkaConfig(own_kafka.bootstrap), patience=1.0):
                        pass
        finally:
            os.kill(own_kafka.pid, signal.SIGCONT)


async def test_of_several_addresses_one_that_answers_is_enough(
    silent: str, kafka_server: str
) -> None:
    async with (
        asyncio.timeout(AMPLE),
        KafkaView(KafkaConfig(f"127.0.0.1:1, {silent}, {kafka_server}")) as view,
    ):
        assert await view.topics(["absent"]) == {}


async def test_a_wait_lasts_through_an_outage_of_kafka(
    own_kafka: EmbeddedKafka, database_url: str
) -> None:
    await own_kafka.stop()
    engine = create_engine(database_url)
    waiting = asyncio.create_task(
        status.wait(engine, KafkaConfig(own_kafka.bootstrap), TOPICS, 120.0)
    )
    await own_kafka.start()
    report = await waiting
    await engine.dispose()
    assert report.failure is None
    assert (report.lag, report.settled) == (0, True)
