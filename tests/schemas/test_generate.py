"""The committed contract is the one that the models have, and it hangs together."""

import json
from pathlib import Path

import pytest
import yaml

from schemas.asyncapi import asyncapi
from schemas.documents import Schema
from schemas.encode import PUBLISHED
from schemas.generate import BASELINE, CONTRACT, differences, files, main, write
from schemas.outgoing import CHATS, DECISIONS


def test_the_committed_files_are_current() -> None:
    assert differences(CONTRACT) == []
    assert main(["--check"]) == 0


def test_a_file_that_differs_is_missing_or_is_too_much_is_named(tmp_path: Path) -> None:
    write(tmp_path, release=False)
    assert differences(tmp_path) == []
    (tmp_path / "asyncapi.yaml").write_text("asyncapi: 3.0.0\n", encoding="utf-8")
    (tmp_path / "envelope.schema.json").unlink()
    (tmp_path / "sgo.room.changed.v1.schema.json").write_text("{}", encoding="utf-8")
    assert differences(tmp_path) == [
        "asyncapi.yaml: differs from the models",
        "envelope.schema.json: is missing",
        "sgo.room.changed.v1.schema.json: belongs to no model",
    ]


def test_a_release_writes_the_baseline_too(tmp_path: Path) -> None:
    write(tmp_path, release=True)
    schemas = {name for name in files() if name.endswith(".schema.json")}
    assert {path.name for path in (tmp_path / BASELINE).iterdir()} == schemas


def test_the_check_names_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"], tmp_path) == 1
    assert "baseline/: has no schemas" in capsys.readouterr().err
    write(tmp_path, release=True)
    assert main(["--check"], tmp_path) == 0
    released = tmp_path / BASELINE / "sgo.profile.changed.v1.schema.json"
    schema = json.loads(released.read_text(encoding="utf-8"))
    schema["properties"]["nickname"] = {"type": "string"}
    released.write_text(json.dumps(schema), encoding="utf-8")
    for arguments in (["--check"], ["--release"], []):
        assert main(arguments, tmp_path) == 1
        assert capsys.readouterr().err == (
            "sgo.profile.changed.v1.schema.json: nickname: the member was removed\n"
        )


def references(node: object) -> set[str]:
    """Every ``$ref`` in a document."""
    if isinstance(node, dict):
        found = {value for word, value in node.items() if word == "$ref"}
        return found.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document: Schema = yaml.safe_load((CONTRACT / "asyncapi.yaml").read_text(encoding="utf-8"))
    assert document == asyncapi()
    for reference in references(document):
        if reference.startswith("#/"):
            node: object = document
            for step in reference[2:].split("/"):
                assert isinstance(node, dict)
                node = node[step]
        else:
            assert (CONTRACT / reference).is_file()


def test_every_type_has_one_channel_by_its_topic_and_every_channel_an_operation() -> None:
    document = yaml.safe_load((CONTRACT / "asyncapi.yaml").read_text(encoding="utf-8"))
    carried = [
        (name, channel["address"])
        for channel in document["channels"].values()
        for name in channel["messages"]
    ]
    assert sorted(carried) == sorted((event.name, event.topic) for event in PUBLISHED.values())
    operated = {operation["channel"]["$ref"] for operation in document["operations"].values()}
    assert operated == {f"#/channels/{name}" for name in document["channels"]}
    for channel in document["channels"].values():
        kafka = channel["bindings"]["kafka"]
        assert (kafka["partitions"], kafka["topicConfiguration"]) == (
            12,
            {"cleanup.policy": ["delete"]},
        )


def test_nothing_that_we_publish_has_a_member_for_a_persons_name() -> None:
    private = {"surname", "given_name", "patronymic", "birth_date", "sex", "name"}
    for event in {**CHATS, **DECISIONS}.values():
        assert not private & event.model.model_fields.keys()
