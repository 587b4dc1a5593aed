"""The JSON Schemas say what the decoder does, but for the rules that they cannot say.

The exceptions stand in docs/contract/README.md, and here as the reasons that they give.
"""

import re
from collections.abc import Iterator

import pytest
from hypothesis import event as note
from hypothesis import given, settings
from jsonschema import Draft202012Validator, ValidationError, validators

from schemas.decode import Decoded, Rejected
from schemas.documents import ENVELOPE_FILE, file_of, schemas
from tests.schemas.builders import DATA, PERSON, Members, event, read
from tests.schemas.strategies import events

BEYOND_JSON_SCHEMA = (
    "must be a time that exists",
    "must be within the years 1-9999 of UTC",
    "must be a date that exists",
    "where it has a fraction or an exponent",  # an account above 2^53-1
    "must be an IANA time zone",
    "must be a URI reference",
    "must be a JSON media type",
    "ends_at must be after starts_at",
    "is not a type of this contract",
    "has a NUL",  # in a member unknown to the contract
)


def _pattern(_: object, pattern: str, instance: object, __: object) -> Iterator[ValidationError]:
    """As ECMA-262 has it: ``$`` is the end, where Python's lets a newline follow."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$\Z", r"\\Z", pattern), instance):
        yield ValidationError("does not match")


Validator = validators.extend(  # type: ignore[no-untyped-call]  # the stubs leave it untyped
    Draft202012Validator, {"pattern": _pattern}
)
VALIDATORS = {name: Validator(schema) for name, schema in schemas().items()}


def fits(whole: Members) -> bool:
    """What the JSON Schemas say about an event; its type chooses the schema of its data."""
    if not VALIDATORS[ENVELOPE_FILE].is_valid(whole):
        return False
    by_type = VALIDATORS.get(file_of(str(whole["type"])))
    return by_type is None or by_type.is_valid(whole["data"])


@pytest.mark.parametrize("name", VALIDATORS)
def test_every_document_is_a_json_schema(name: str) -> None:
    Draft202012Validator.check_schema(schemas()[name])


@pytest.mark.parametrize("type_name", DATA)
def test_the_good_event_of_every_type_fits_its_schema(type_name: str) -> None:
    assert fits(event(type_name))


@given(events())
@settings(max_examples=300, deadline=None)
def test_the_schema_and_the_decoder_agree_on_any_event(whole: Members) -> None:
    match read(whole):
        case Decoded():
            note("accepted")
            assert fits(whole)
        case Rejected(reason) if fits(whole):
            note(f"beyond JSON Schema: {reason}")
            assert reason.endswith(BEYOND_JSON_SCHEMA)
        case Rejected():
            note("refused by both")


@pytest.mark.parametrize("number", [1, 1.0, 0, -0.0, 1.5, -1.0, float(2**53 - 1), float(2**53)])
def test_the_schema_and_the_decoder_agree_on_a_number_with_a_fraction(number: float) -> None:
    whole = event(PERSON, {**DATA[PERSON], "version": number})
    assert fits(whole) == isinstance(read(whole), Decoded)
