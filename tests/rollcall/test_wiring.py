"""What the settings become on the way to a client."""

import ssl
from pathlib import Path

from pydantic import SecretStr

from consumers.kafka import client_options
from rollcall import addresses
from rollcall.settings import Kafka, Messenger, Settings
from rollcall.wiring import Wiring


def wiring(settings: Settings) -> Wiring:
    return Wiring(settings, addresses.from_settings(settings))


def test_sasl_goes_through_to_kafkas_client() -> None:
    kafka = Kafka(
        bootstrap="one:9093, two:9093",
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="rollcall",
        sasl_password=SecretStr("hunter2"),
    )
    options = client_options(wiring(Settings(kafka=kafka)).kafka())
    context = options.pop("ssl_context")
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert options == {
        "bootstrap_servers": ["one:9093", "two:9093"],
        "client_id": "rollcall",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "rollcall",
        "sasl_plain_password": "hunter2",
    }


def test_certificates_go_through_and_secrets_are_not_shown() -> None:
    kafka = Kafka(
        bootstrap="one:9093",
        security_protocol="SSL",
        sasl_password=SecretStr("hunter2"),
        ssl_cafile=Path("ca.pem"),
        ssl_certfile=Path("our.pem"),
        ssl_keyfile=Path("our.key"),
    )
    settings = Settings(kafka=kafka, messenger=Messenger(token=SecretStr("hunter2")))
    config = wiring(settings).kafka()
    assert (config.ssl_cafile, config.ssl_certfile, config.ssl_keyfile) == (
        Path("ca.pem"), Path("our.pem"), Path("our.key"),
    )  # fmt: skip
    assert "hunter2" not in repr(settings) + repr(config)
