"""The log of memberships with two times: since when something is true, and since when we knew.

Guarantees: a row for each change of a derived membership and for nothing else, in the same
transaction. Its valid time is the order's date where an order is behind it, else the time of
the event that was the cause; rows may differ with the order in which events arrived.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from domain.derivation.compute import Derivation
from domain.derivation.difference import Difference, Entry
from domain.derivation.facts import StoredMember
from domain.expected import Reason, ReasonKind, Role
from domain.facts import Order
from domain.history import left_at, valid_from
from domain.ids import ChatId, PersonId


class Change(NamedTuple):
    """What a membership becomes."""

    chat_id: ChatId
    person_id: PersonId
    role: str
    by_hand: bool
    reasons: str
    valid_from: datetime


class End(NamedTuple):
    """A membership ends."""

    chat_id: ChatId
    person_id: PersonId
    valid_from: datetime


def joined(difference: Difference, cause_at: datetime) -> Iterator[Change]:
    """Whoever was not expected before."""
    for entry in difference.joined.values():
        yield _present(difference, entry, valid_from(entry.member.reasons, cause_at))


def changed(
    difference: Difference, before: dict[PersonId, StoredMember], cause_at: datetime
) -> Iterator[Change]:
    """Whoever stays with another role or other reasons: from the latest new reason on."""
    for person_id, entry in difference.changed.items():
        known = set(reasons_of(before[person_id].reasons))
        new = [reason.since for reason in entry.member.reasons if reason not in known]
        yield _present(difference, entry, max(new, default=cause_at))


def left(difference: Difference, derivation: Derivation, cause_at: datetime) -> Iterator[End]:
    """Whoever is not expected any more: from the order that took them out, else the event."""
    derived = difference.derived
    for person_id, member in difference.left.items():
        lost = reasons_of(member.reasons)
        orders = list(_orders(difference, derivation, person_id, lost))
        at = left_at(lost, orders, derived.today, derived.zone, cause_at)
        yield End(derived.chat.chat_id, person_id, at)


def reasons_of(text: str) -> list[Reason]:
    """The reasons that a stored membership has."""
    return [
        Reason(
            kind=ReasonKind(body["kind"]),
            ref=body["ref"],
            role=Role(body["role"]),
            since=datetime.fromisoformat(body["since"]),
            order=body.get("order"),
        )
        for body in json.loads(text)
    ]


def _present(difference: Difference, entry: Entry, at: datetime) -> Change:
    member = entry.member
    chat_id = difference.derived.chat.chat_id
    return Change(chat_id, member.person_id, member.role.value, member.by_hand, entry.reasons, at)


def _orders(
    difference: Difference, derivation: Derivation, person_id: PersonId, lost: list[Reason]
) -> Iterator[Order]:
    """The live orders of the pupils on whom these reasons rested."""
    pupils = {person_id}
    for reason in lost:
        if reason.kind is ReasonKind.GUARDIANSHIP:
            pupils.add(PersonId(reason.ref.removeprefix(f"{person_id}:")))
    for pupil_id in pupils:
        yield from derivation.orders_of(difference.derived.chat.school_id, pupil_id)
