"""The messenger's own authority is trusted by its client, and by nothing else."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from domain.lanes import Lane
from gateway import errors
from gateway.client import MaxMessenger, MessengerConfig
from gateway.max_http import Surroundings
from tests.gateway.client.scripted import Ledger, Naps, answer, scripted

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="makes its certificates with openssl")


def openssl(folder: Path, *arguments: str) -> None:
    assert OPENSSL is not None
    subprocess.run([OPENSSL, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S603 # the test's own words


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority (ca.pem), and a server's certificate and key signed by it."""
    folder = tmp_path_factory.mktemp("authority")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        folder, "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
        "-subj", "/CN=An authority of our own",
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign",
    )  # fmt: skip
    openssl(
        folder, "req", *new_key, "-keyout", "server.key", "-out", "server.csr",
        "-subj", "/CN=127.0.0.1",
    )  # fmt: skip
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl(
        folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
        "-CAcreateserial", "-out", "server.pem", "-days", "2", "-extfile", "names",
    )  # fmt: skip
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
