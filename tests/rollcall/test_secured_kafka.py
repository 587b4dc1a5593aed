"""Kafka by TLS, by a certificate of ours and by a password; and what is said without them."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from consumers.errors import KafkaRefused
from consumers.kafka import KafkaConfig
from consumers.kafka_config import Mechanism, Protocol
from consumers.kafka_view import KafkaView
from tests.rollcall.running import command
from tests.rollcall.test_run import PATIENCE, ingesting, last_words
from tests.servers.secured import PASSWORD, USER, Secured, secured_kafka

SCHOOL = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "urn:test",
    "type": "sgo.school.changed.v1",
    "subject": "school-1",
    "time": "2026-09-01T10:00:00+03:00",
    "datacontenttype": "application/json",
    "data": {
        "school_id": "school-1",
        "version": 1,
        "name": "Школа",
        "timezone": "Europe/Moscow",
        "status": "active",
    },
}


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured_kafka(tmp_path_factory.mktemp("secured") / "kafka") as broker:
        yield broker


@pytest.fixture(scope="module")
def ours(secured: Secured) -> tuple[Path, Path]:
    """A certificate of ours and its key, that the broker trusts."""
    return secured.authority.sign("ours")


def reached(address: str, protocol: str, **more: object) -> dict[str, str]:
    """Settings of Kafka by their last names."""
    names = {"bootstrap": address, "security_protocol": protocol, **more}
    return {f"ROLLCALL_KAFKA__{name.upper()}": str(value) for name, value in names.items()}


def by_certificate(secured: Secured, ours: tuple[Path, Path]) -> dict[str, str]:
    certificate, key = ours
    bundle = secured.authority.bundle
    return reached(
        secured.mutual, "SSL", ssl_cafile=bundle, ssl_certfile=certificate, ssl_keyfile=key
    )


def by_password(
    secured: Secured, mechanism: str = "SCRAM-SHA-512", password: str = PASSWORD
) -> dict[str, str]:
    return reached(
        secured.login,
        "SASL_SSL",
        ssl_cafile=secured.authority.bundle,
        sasl_mechanism=mechanism,
        sasl_username=USER,
        sasl_password=password,
    )


@pytest.mark.parametrize("way", ["certificate", "password"])
async def test_an_event_is_published_ingested_and_told_of_through_a_secured_kafka(
    secured: Secured, ours: tuple[Path, Path], database_url: str, tmp_path: Path, way: str
) -> None:
    secure = by_certificate(secured, ours) if way == "certificate" else by_password(secured)
    settings = {
        **secure,
        "ROLLCALL_KAFKA__GROUP": way,
        "ROLLCALL_POSTGRES__URL": database_url,
        "ROLLCALL_LOG__FORMAT": "json",
    }
    events = tmp_path / "events.jsonl"
    events.write_text(json.dumps(SCHOOL, ensure_ascii=False) + "\n", encoding="utf-8")
    code, out, err = await command("publish", "--json", str(events), **settings)
    assert (code, json.loads(out)["published"]) == (0, 1), err
    async with ingesting(settings) as process:
        await _nothing_unread(settings)
        assert await _schools(database_url) == 1
        process.send_signal(signal.SIGTERM)
        assert await last_words(process) == (0, [])


async def _nothing_unread(settings: dict[str, str]) -> None:
    """Wait until ``status`` says so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            code, out, err = await command("status", "--json", **settings)
            assert (code, err) == (0, "")
            if json.loads(out)["lag"] == 0:
                return


async def _schools(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        known: int = await connection.fetchval("SELECT count(*) FROM fact_schools")
    finally:
        await connection.close()
    return known


@pytest.mark.parametrize(
    ("listener", "protocol", "mechanism"),
    [("tls", "SSL", "PLAIN"), ("login", "SASL_SSL", "PLAIN"), ("bare", "SASL_PLAINTEXT", "PLAIN"),
     ("bare", "SASL_PLAINTEXT", "SCRAM-SHA-512")],
)  # fmt: skip
async def test_every_way_in_leads_to_the_topics(
    secured: Secured, listener: str, protocol: Protocol, mechanism: Mechanism
) -> None:
    config = KafkaConfig(
        getattr(secured, listener),
        security_protocol=protocol,
        sasl_mechanism=mechanism,
        sasl_username=USER,
        sasl_password=PASSWORD,
        ssl_cafile=secured.authority.bundle,
    )
    async with KafkaView(config) as view:
        assert await view.topics(["absent"]) == {}


Wrong = tuple[dict[str, str], str]


@pytest.fixture(scope="module")
def wrong(secured: Secured, ours: tuple[Path, Path]) -> dict[str, Wrong]:
    """Settings that are wrong in one thing, and what is said of it."""
    bundle, (certificate, _) = secured.authority.bundle, ours
    absent = bundle.with_name("absent.pem")
    return {
        "stranger's bundle": (
            reached(secured.tls, "SSL", ssl_cafile=secured.stranger.bundle),
            "Kafka refuses (TLS: unable to get local issuer certificate)",
        ),
        "no bundle": (
            reached(secured.tls, "SSL"),
            "Kafka refuses (TLS: unable to get local issuer certificate)",
        ),
        "absent bundle": (
            reached(secured.tls, "SSL", ssl_cafile=absent),
            f"the CA bundle for Kafka cannot be used ({absent}): No such file",
        ),
        "certificate without its key": (
            reached(secured.tls, "SSL", ssl_cafile=bundle, ssl_certfile=certificate),
            f"our certificate for Kafka cannot be used ({certificate}): ",
        ),
        "no certificate": (
            reached(secured.mutual, "SSL", ssl_cafile=bundle),
            "Kafka refuses (TLS: ",
        ),
        "password": (
            by_password(secured, "PLAIN", "wrong-one"),
            "Kafka refuses (SaslAuthenticationFailed)",
        ),
        "password of SCRAM": (
            by_password(secured, password="wrong-one"),
            "Kafka refuses (SaslAuthenticationFailed)",
        ),
        "mechanism": (
            by_password(secured, "SCRAM-SHA-256"),
            "Kafka refuses (UnsupportedSaslMechanismError)",
        ),
        "plain text to TLS": (
            reached(secured.tls, "PLAINTEXT"),
            "Kafka does not answer",
        ),
        "TLS to plain text": (
            reached(secured.plain, "SSL", ssl_cafile=bundle),
            "Kafka ",
        ),
    }


MISTAKES = (
    "stranger's bundle", "no bundle", "absent bundle", "certificate without its key",
    "no certificate", "password", "password of SCRAM", "mechanism", "plain text to TLS",
    "TLS to plain text",
)  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_what_is_wrong_is_one_line_and_the_database_is_told_of_all_the_same(
    wrong: dict[str, Wrong], database_url: str, mistake: str
) -> None:
    settings, said = wrong[mistake]
    code, out, err = await command(
        "status", "--json", ROLLCALL_POSTGRES__URL=database_url, **settings
    )
    assert (code, err.count("\n")) == (1, 1), err
    assert err.startswith(f"rollcall: {said}")
    assert "wrong-one" not in err
    assert json.loads(out)["lag"] is None


@pytest.mark.parametrize("mistake", ["stranger's bundle", "password", "absent bundle"])
async def test_a_run_that_is_not_let_in_ends_with_one_line(
    wrong: dict[str, Wrong], database_url: str, mistake: str
) -> None:
    settings, said = wrong[mistake]
    async with ingesting({**settings, "ROLLCALL_POSTGRES__URL": database_url}) as process:
        code, lines = await last_words(process)
    assert (code, len(lines)) == (1, 1), lines
    assert lines[0].startswith(f"rollcall: {said}")


@pytest.mark.parametrize("mistake", ["stranger's bundle", "password", "absent bundle"])
async def test_nothing_is_published_where_we_are_not_let_in(
    wrong: dict[str, Wrong], tmp_path: Path, mistake: str
) -> None:
    settings, said = wrong[mistake]
    events = tmp_path / "events.jsonl"
    events.write_text(json.dumps(SCHOOL) + "\n", encoding="utf-8")
    code, _, err = await command("publish", str(events), **settings)
    assert (code, err.count("\n")) == (1, 1), err
    assert err.startswith(f"rollcall: {said}")


async def test_a_broker_of_another_name_is_not_trusted(secured: Secured) -> None:
    port = secured.tls.rpartition(":")[2]
    config = KafkaConfig(
        f"localhost:{port}", security_protocol="SSL", ssl_cafile=secured.authority.bundle
    )
    with pytest.raises(KafkaRefused, match="ostname mismatch"):
        async with KafkaView(config):
            pass
