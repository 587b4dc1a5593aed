"""Whole numbers, however JSON writes them: ``1``, ``1.0``, ``10e-1`` and ``-0.0`` are integers.

Writers that keep numbers as doubles write ``1.0``, and JSON Schema takes that for an integer.
Guarantees: what is read is exactly what is written, digit by digit, never a rounding of it; a
number with a fraction or an exponent counts up to 2^53-1, where every double is exact.
"""

from decimal import Decimal, InvalidOperation
from typing import Final

from jiter import LosslessFloat
from pydantic_core import PydanticCustomError

EXACT: Final = 2**53 - 1
"""The greatest number up to which every whole number is a double of its own."""


def whole(value: object) -> object:
    """The integer that a number of JSON is; what is no such number comes back as it is."""
    if type(value) is not LosslessFloat:
        return value
    number = _decimal(str(value))
    if number is None or number.copy_abs() > EXACT:
        raise PydanticCustomError(
            "whole", "must be at most 9007199254740991 where it has a fraction or an exponent"
        )
    # Within these bounds: the exponent of a number nobody wrote cannot cost anything.
    found = int(number)
    if found != number:
        raise PydanticCustomError("whole", "must be an integer")
    return found


def _decimal(text: str) -> Decimal | None:
    """The number exactly; None where its exponent is beyond all bounds."""
    try:
        return Decimal(text)
    except InvalidOperation:
        digits = text.lower().partition("e")[0]
        return None if digits.strip("-0.") else Decimal(0)
