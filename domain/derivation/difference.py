"""What differs between a chat as stored and as derived, member by member.

Guarantees: nothing is reported for a chat that is as it should be, so nothing is written
for it and it does not become due.
"""

import json.encoder
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from domain.derivation.compute import Derived
from domain.derivation.facts import Stored, StoredMember
from domain.expected import ExpectedMember, Reason
from domain.ids import PersonId


class Entry(NamedTuple):
    """An expected member as it is to be stored."""

    member: ExpectedMember
    reasons: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to be written for one chat. ``seen`` says whether the messenger could tell."""

    derived: Derived
    joined: dict[PersonId, Entry]
    changed: dict[PersonId, Entry]
    left: dict[PersonId, StoredMember]
    row_changed: bool
    seen: bool

    @property
    def empty(self) -> bool:
        """Whether the chat is stored as it should be."""
        return not (self.joined or self.changed or self.left or self.row_changed)


def difference(
    stored: Stored, members: Mapping[PersonId, StoredMember], derived: Derived
) -> Difference:
    """Compare a chat and its members with what was derived."""
    joined: dict[PersonId, Entry] = {}
    changed: dict[PersonId, Entry] = {}
    left = dict(members)
    role_changed = False
    for member in derived.members:
        entry = Entry(member, reasons_text(member.reasons))
        known = left.pop(member.person_id, None)
        if known is None:
            joined[member.person_id] = entry
        elif known != StoredMember(member.role.value, member.by_hand, entry.reasons):
            changed[member.person_id] = entry
            role_changed |= (known.role, known.by_hand) != (member.role.value, member.by_hand)
    return Difference(
        derived=derived,
        joined=joined,
        changed=changed,
        left=left,
        row_changed=_row(stored) != _row_of(derived),
        seen=bool(joined or left or role_changed) or _row_seen(stored, derived),
    )


def reasons_text(reasons: tuple[Reason, ...]) -> str:
    """The reasons as PostgreSQL itself writes this jsonb: a comparison needs no parsing."""
    return f"[{', '.join(map(_reason, reasons))}]"


# Written by hand: this is done for every membership of a region, and takes a fifth of the time
# that building an object and encoding it takes.
def _reason(reason: Reason) -> str:
    # jsonb orders keys by length, then by bytes.
    order = "" if reason.order is None else f'"order": {_quoted(reason.order)}, '
    return (
        f'{{"ref": {_quoted(reason.ref)}, "kind": "{reason.kind.value}", '
        f'"role": "{reason.role.value}", {order}"since": "{_instant(reason.since)}"}}'
    )


_quoted = json.encoder.encode_basestring


@lru_cache(maxsize=8192)
def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _row(stored: Stored) -> tuple[object, ...]:
    return (
        stored.school_id,
        stored.class_id,
        stored.group_id,
        stored.title,
        stored.closes_on,
        stored.frozen,
        stored.deleted,
        stored.next_change_at,
    )


def _row_of(derived: Derived) -> tuple[object, ...]:
    chat = derived.chat
    return (
        chat.school_id,
        chat.class_id,
        chat.group_id,
        derived.title,
        chat.closes_on,
        derived.frozen,
        derived.deleted,
        derived.next_change_at,
    )


def _row_seen(stored: Stored, derived: Derived) -> bool:
    return (
        stored.frozen != derived.frozen
        or stored.deleted != derived.deleted
        or stored.title != derived.title
    )
