"""The messenger's own authority is trusted by its client, and by nothing else."""

import ssl
from pathlib import Path

import pytest

from domain.lanes import Lane
from gateway import errors
from gateway.client import MaxMessenger, MessengerConfig
from gateway.max_http import Surroundings
from tests.gateway.client.scripted import Ledger, Naps, answer, scripted
from tests.servers.authority import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority (ca.pem), and a server's certificate and key signed by it."""
    folder = tmp_path_factory.mktemp("authority")
    Authority(folder).sign("server")
    return folder


@pytest.fixture
def tls(authority: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem", authority / "server.key")
    return context


def messenger(url: str, bundle: Path | None) -> MaxMessenger:
    config = MessengerConfig(url, url, "t", "t", ca_bundle=bundle)
    return MaxMessenger(config, Ledger(), Surroundings(sleep=Naps()))


async def test_a_messenger_of_the_bundles_authority_is_reached(
    authority: Path, tls: ssl.SSLContext
) -> None:
    async with scripted(answer({"user_id": 7}), tls=tls) as server:
        client = messenger(server.url, authority / "ca.pem")
        assert await client.whoami(Lane.LIVE) == 7
        await client.aclose()


async def test_without_the_bundle_it_is_not_and_no_token_is_sent(
    tls: ssl.SSLContext, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not even where the environment names the authority: trust is a setting of this client.
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))
    async with scripted(answer({"user_id": 7}), tls=tls) as server:
        client = messenger(server.url, None)
        with pytest.raises(errors.Unavailable):
            await client.whoami(Lane.LIVE)
        assert server.seen == []
        await client.aclose()


async def test_a_bundle_is_trusted_alone(tls: ssl.SSLContext, authority: Path) -> None:
    other = authority / "server.pem"
    async with scripted(answer({"user_id": 7}), tls=tls) as server:
        client = messenger(server.url, other)
        with pytest.raises(errors.Unavailable):
            await client.whoami(Lane.LIVE)
        assert server.seen == []
        await client.aclose()


def test_a_bundle_that_is_missing_or_none_is_refused_at_the_start(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate")
    for bundle in (tmp_path / "missing.pem", empty):
        with pytest.raises(errors.Misconfigured, match=bundle.name):
            messenger("https://127.0.0.1", bundle)
