"""What an identity provider's claims mean here: which person, and whether an operator.

Pure. The names of the claims are settings, since every region names them in its own way.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from console.identity.errors import Refusal, SignInRefused
from console.identity.port import Way
from domain.actors import OperatorRole
from domain.ids import PersonId
from projections.staff.sessions import Identified

_PERSON_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_SUBJECT_LIMIT = 255  # OpenID Connect Core, 2: at most 255 ASCII characters


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Where to look. A claim within others is named with dots: ``realm_access.roles``."""

    person: str = "person_id"
    operator: str = "roles"
    operator_value: str = "rollcall-operator"
    operator_names_value: str = "rollcall-operator-names"


def identified(claims: Mapping[str, object], names: ClaimNames) -> Identified:
    """Who this is.

    Raises:
        SignInRefused: the claims name no subject, or neither a person nor an operator.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject or len(subject) > _SUBJECT_LIMIT:
        raise SignInRefused(Refusal.UNTRUSTED, "sub")
    person = _claim(claims, names.person)
    if person is not None and not (isinstance(person, str) and _PERSON_ID.fullmatch(person)):
        raise SignInRefused(Refusal.UNTRUSTED, names.person)
    return Identified(
        subject=subject,
        way=Way.OPENID.value,
        person_id=None if person is None else PersonId(person),
        operator=_operator(_claim(claims, names.operator), names),
    )


def _operator(given: object, names: ClaimNames) -> OperatorRole | None:
    values = given if isinstance(given, list) else [given]
    if names.operator_names_value in values:
        return OperatorRole.NAMES
    return OperatorRole.IDS if names.operator_value in values else None


def _claim(claims: Mapping[str, object], name: str) -> object:
    """By its whole name, which may have dots of its own, else step by step."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found
