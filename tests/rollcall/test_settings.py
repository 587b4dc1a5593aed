"""Settings: by variable or file, each fault by the setting's name and never by its value."""

from pathlib import Path

import pytest

from rollcall.settings import SettingsError, listing, load, sections

SECRET = "hunter2"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of our variables is set."""
    for name, _, _ in listing():
        monkeypatch.delenv(name, raising=False)


def fault(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """What is said about these variables."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load()
    return str(raised.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ROLLCALL_GATEWAY__WORKERS", SECRET, "must be a valid integer"),
        ("ROLLCALL_GATEWAY__WORKERS", "0", "must be greater than or equal to 1"),
        ("ROLLCALL_POSTGRES__URL", SECRET, "must be postgresql://"),
        ("ROLLCALL_POSTGRES__URL", f"mysql://u:{SECRET}@h/d", "must be postgresql://"),
        ("ROLLCALL_POSTGRES__URL", f"postgresql://h/d?{SECRET}=1", "takes no other parameters"),
        ("ROLLCALL_POSTGRES__URL", f"postgresql://h:{SECRET}/d", "must be postgresql://"),
        ("ROLLCALL_KAFKA__BOOTSTRAP", f"h:{SECRET}", "must be host:port"),
        ("ROLLCALL_KAFKA__BOOTSTRAP", f"kafka://{SECRET}:1", "must be host:port"),
        ("ROLLCALL_KAFKA__TOPICS", "[" + SECRET, "must be a list as a,b or as JSON"),
        ("ROLLCALL_KAFKA__TOPICS", "", "at least 1 item"),
        ("ROLLCALL_KAFKA__SECURITY_PROTOCOL", SECRET, "must be 'PLAINTEXT'"),
        ("ROLLCALL_MESSENGER__URL", f"ftp://{SECRET}", "must be a URL"),
        ("ROLLCALL_CHATS__OFF", SECRET, "must be 'staff_room'"),
        ("ROLLCALL_CHATS__OFF_BY_SCHOOL", SECRET, "must be a JSON object"),
    ],
)
def test_a_value_that_does_not_fit_is_named_and_not_quoted(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    told = fault(monkeypatch, **{name: value})
    assert told.startswith(f"{name}: ")
    assert said in told
    assert SECRET not in told


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_USERNAME": "rollcall"},
            "kafka: SASL_SSL needs sasl_username and sasl_password",
        ),
        ({"SECURITY_PROTOCOL": "SSL", "SSL_KEYFILE": "a"}, "kafka: ssl_keyfile needs ssl_certfile"),
    ],
)
def test_settings_that_need_each_other_are_named(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    variables = {f"ROLLCALL_KAFKA__{name}": value for name, value in given.items()}
    assert fault(monkeypatch, **variables) == said


def test_profiles_that_nobody_would_read_back_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"ROLLCALL_PROFILES__SOURCE": "rollcall", "ROLLCALL_PROFILES__TOPIC": "elsewhere"}
    told = fault(monkeypatch, **variables)
    assert told == "profiles.topic must be one of kafka.topics, or nobody gets linked"
    monkeypatch.setenv("ROLLCALL_KAFKA__TOPICS", "sgo.register,elsewhere")
    assert load().profiles.source == "rollcall"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ROLLCALL_GATWAY__WORKERS", "ROLLCALL_GATEWAY__WORKERS"),
        ("ROLLCALL_GATEWAY_WORKERS", "ROLLCALL_GATEWAY__WORKERS"),
        ("ROLLCALL_GUARD__CHAT_SHAR", "ROLLCALL_GUARD__CHAT_SHARE"),
        ("ROLLCALL_POSTGRES", "no such setting"),
        ("ROLLCALL_NONSENSE", "no such setting"),
    ],
)
def test_a_misspelt_variable_is_an_error(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    if name == "ROLLCALL_POSTGRES":  # a whole section as JSON is one way to write it
        monkeypatch.setenv(name, '{"url": "postgresql://h/d"}')
        assert load().postgres.url == "postgresql://h/d"
        return
    told = fault(monkeypatch, **{name: SECRET})
    assert told.startswith(f"{name}: no such setting")
    assert meant in told
    assert SECRET not in told


@pytest.mark.parametrize(
    "name",
    ["ROLLCALL_SERVICE_HOST", "ROLLCALL_PORT", "ROLLCALL_PORT_8080_TCP_ADDR", "ROLLCALL_TEST_SEED"],
)
def test_what_others_put_into_the_environment_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "tcp://10.0.0.1:8080")
    load()


def test_a_list_is_written_with_commas_or_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    for written in ("a,b", " a , b,", '["a", "b"]'):
        monkeypatch.setenv("ROLLCALL_KAFKA__TOPICS", written)
        assert load().kafka.topics == ("a", "b")


def test_sslmode_is_known_by_the_name_that_the_driver_has_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ROLLCALL_POSTGRES__URL", "postgresql://h/d?sslmode=require")
    assert load().postgres.url == "postgresql://h/d?ssl=require"


def test_the_environment_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "rollcall.toml"
    file.write_text('[gateway]\nworkers = 3\nadding = "bot"\n', "utf-8")
    monkeypatch.setenv("ROLLCALL_CONFIG", str(file))
    monkeypatch.setenv("ROLLCALL_GATEWAY__WORKERS", "5")
    settings = load()
    assert (settings.gateway.workers, settings.gateway.adding) == (5, "bot")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'token = "hunter2', "is not TOML at"),
        (b"\xff\xfehunter2", "is not UTF-8 text"),
        (b"[gatway]\nworkers = 1\n", "gatway: no such setting"),
        (b'[gateway]\nworkerz = "hunter2"\n', "gateway.workerz: no such setting"),
        (b'[gateway]\nworkers = "hunter2"\n', "gateway.workers: must be a valid integer"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "rollcall.toml"
    if content is not None:
        file.write_bytes(content)
    told = fault(monkeypatch, ROLLCALL_CONFIG=str(file))
    assert said in told
    assert SECRET not in told


def test_every_setting_says_what_it_is_for() -> None:
    assert all(description for _, _, description in listing())
    assert all(purpose for _, purpose, _ in sections())
    assert len({name for name, _, _ in listing()}) == len(listing())
