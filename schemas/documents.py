"""The JSON Schemas of the contract, made from the models so that they cannot disagree.

They describe what is *read*: unknown members are allowed, an optional member may be null.
What JSON Schema cannot say is listed in docs/contract/README.md.
"""

from typing import Final

from schemas.data import EventData
from schemas.encode import PUBLISHED
from schemas.envelope import Envelope

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ENVELOPE_FILE: Final = "envelope.schema.json"

Schema = dict[str, object]


def file_of(type_name: str) -> str:
    """The name of the file that holds a type's schema."""
    return f"{type_name}.schema.json"


def schemas() -> dict[str, Schema]:
    """Every schema by the name of its file: the envelope's, and each type's ``data``."""
    documents = {ENVELOPE_FILE: _envelope()}
    for event in PUBLISHED.values():
        schema = event.model.model_json_schema()
        documents[file_of(event.name)] = _document(file_of(event.name), event.name, schema)
    return documents


def _envelope() -> Schema:
    schema = Envelope[EventData].model_json_schema()
    del schema["$defs"]
    schema["properties"]["data"] = {"type": "object", "description": "As the type's own schema."}
    return _document(ENVELOPE_FILE, "envelope", schema)


def _document(file: str, title: str, schema: Schema) -> Schema:
    head: Schema = {"$schema": DIALECT, "$id": file, "title": title}
    rest = _without_noise(schema)
    rest.pop("title", None)
    return head | rest


def _without_noise(schema: Schema) -> Schema:
    """Drops the titles that repeat a member's name, and ``default: null``, which is no news."""
    clean: Schema = {}
    for word, value in schema.items():
        if word == "title" or (word == "default" and value is None):
            continue
        if word == "properties" and isinstance(value, dict):
            clean[word] = {name: _without_noise(member) for name, member in value.items()}
        elif isinstance(value, dict):
            clean[word] = _without_noise(value)
        elif isinstance(value, list):
            clean[word] = [_without_noise(i) if isinstance(i, dict) else i for i in value]
        else:
            clean[word] = value
    return clean
