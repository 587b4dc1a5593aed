"""Why a record was refused, in words that are safe to log.

A reason names the field and the rule. Neither values nor the names of unknown members get
into it: both are the sender's text, and either may be somebody's name.
"""

from typing import Final

from pydantic_core import ErrorDetails, ValidationError

from schemas.fields import RULES

_WORDS: Final = {
    "missing": "is required",
    "string_type": "must be a string",
    "string_unicode": "must be text without lone surrogates",
    "string_too_short": "must not be empty",
    "string_too_long": "must be at most {max_length} characters",
    "int_type": "must be an integer",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "tuple_type": "must be a list",
    "model_type": "must be an object",
}

_OWN_WORDS: Final = frozenset(
    {"instant", "day", "timezone", "uri_reference", "media_type", "closed_on", "ends_at", "whole"}
)
"""Errors that our own validators raise, with messages that hold no value."""


def reason_of(error: ValidationError) -> str:
    """The first thing that is wrong, as ``field: rule``."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = _field(first["loc"])
    rule = _rule(first)
    return f"{field}: {rule}" if field else rule


def _field(location: tuple[int | str, ...]) -> str:
    """``data.pupils[3]``; deeper names are pydantic's own tags and left out."""
    names = [part for part in location[:2] if isinstance(part, str)]
    indices = [f"[{part}]" for part in location if isinstance(part, int)]
    return ".".join(names) + "".join(indices)


def _rule(error: ErrorDetails) -> str:
    """The rule in words; the context of these errors is the schema's, never the input's."""
    kind = error["type"]
    context = error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return RULES[context["pattern"]]
    if kind in _OWN_WORDS:
        return error["msg"]
    return _WORDS.get(kind, f"breaks the rule {kind}").format_map(context)
