"""The settings of Kafka's clients reach them as they are."""

import ssl

from consumers.kafka import KafkaConfig, client_options


def test_plain_text_needs_no_credentials() -> None:
    options = client_options(KafkaConfig("a:1, b:2"))
    assert options["bootstrap_servers"] == ["a:1", "b:2"]
    assert options["security_protocol"] == "PLAINTEXT"
    assert options["ssl_context"] is None
    assert not any(name.startswith("sasl") for name in options)


def test_sasl_over_tls_passes_credentials_and_checks_the_server() -> None:
    config = KafkaConfig(
        "a:1",
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="rollcall",
        sasl_password="secret",
    )
    options = client_options(config)
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert options["sasl_plain_username"] == "rollcall"
    assert options["sasl_plain_password"] == "secret"
    context = options["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_the_password_is_never_shown() -> None:
    assert "secret" not in repr(KafkaConfig("a:1", sasl_password="secret"))
