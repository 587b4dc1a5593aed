"""Whole numbers as JSON may write them, where the contract asks for an integer."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.decode import Decoded
from schemas.people import PersonChanged, ProfileChanged
from tests.schemas.builders import DATA, PERSON, as_json, event, read_text, reason

PROFILE = "sgo.profile.changed.v1"
LARGEST = 2**53 - 1
PLACE = b'"here"'


def _version(number: str) -> int | str:
    """The version that is read, or why none is."""
    value = as_json(event(PERSON, {**DATA[PERSON], "version": "here"}))
    outcome = read_text(value.replace(PLACE, number.encode()))
    if not isinstance(outcome, Decoded):
        return reason(outcome)
    assert isinstance(outcome.data, PersonChanged)
    assert type(outcome.data.version) is int
    return outcome.data.version


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1.0", 1), ("-0.0", 0), ("0.0", 0), ("1e3", 1000), ("1E+3", 1000), ("120e-1", 12),
        ("1.50e1", 15), ("0e99999999999999999999", 0), ("0.0e-99999999999999999999", 0),
        ("9007199254740991.0", LARGEST), ("9007199254740991.000000000000000000000000", LARGEST),
        ("9.007199254740991e15", LARGEST), ("1." + "0" * 100_000, 1),
    ],
)  # fmt: skip
def test_an_integral_number_is_an_integer_however_it_is_written(written: str, number: int) -> None:
    assert _version(written) == number


@pytest.mark.parametrize(
    "written",
    [
        "1.5", "1e-1", "1.0000000000000000000001", "9007199254740990.5", "9007199254740991.4",
        "9007199254740991.0000000000000000000000000000000001", "9007199254740992.0",
        "9007199254740993.0", "9.007199254740992e15", "-1.0", "-1e0", "1e400", "-1e400", "1e-400",
        "1e99999999999999999999", "1e-999999999",
    ],
)  # fmt: skip
def test_what_is_no_whole_number_in_its_bounds_is_refused_and_never_rounded(written: str) -> None:
    assert str(_version(written)).startswith("data.version: must be ")


@given(
    st.integers(-(10**18), 10**18), st.integers(0, 25), st.integers(-25, 25), st.sampled_from("eE")
)
def test_any_number_is_read_exactly_or_refused(
    digits: int, shift: int, exponent: int, mark: str
) -> None:
    text = f"{abs(digits):0{shift + 1}d}"
    point = len(text) - shift
    body = f"{text[:point]}.{text[point:]}" if shift else text
    body = body.lstrip("0") or "0"
    body = f"0{body}" if body.startswith(".") else body
    written = f"{'-' if digits < 0 else ''}{body}{mark}{exponent}"
    meant = Fraction(digits) * Fraction(10) ** (exponent - shift)
    fits = meant.denominator == 1 and 0 <= meant <= LARGEST
    found = _version(written)
    assert found == int(meant) if fits else isinstance(found, str)


@pytest.mark.parametrize(
    ("written", "account"),
    [("1.0", 1), ("9007199254740991.0", LARGEST), (str(2**63 - 1), 2**63 - 1)],
)
def test_an_account_may_be_written_so_too(written: str, account: int) -> None:
    value = as_json(event(PROFILE, {**DATA[PROFILE], "max_user_id": "here"}))
    outcome = read_text(value.replace(PLACE, written.encode()))
    assert isinstance(outcome, Decoded)
    assert isinstance(outcome.data, ProfileChanged)
    assert outcome.data.max_user_id == account


def test_an_account_that_no_double_holds_exactly_has_no_fraction() -> None:
    value = as_json(event(PROFILE, {**DATA[PROFILE], "max_user_id": "here"}))
    assert reason(read_text(value.replace(PLACE, b"9007199254740993.0"))) == (
        "data.max_user_id: must be at most 9007199254740991 where it has a fraction or an exponent"
    )
