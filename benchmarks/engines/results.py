"""Expected memberships as the engines write them, in one form that can be compared.

A membership is a chat, a person, whether they administer it, and reasons; of its content only a
short digest is kept, so that a region's four million fit beside everything else. Guarantees:
two memberships have one digest if and only if role and reasons are alike, in whatever order the
reasons come (but for a chance of one in 2⁶⁴); a stream of changes ends in the same state however
the records of different keys are mixed.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from hashlib import blake2b
from typing import Any, NamedTuple

Key = str
"""Chat and person, with a bar between them."""
Memberships = dict[Key, int]
"""The digest of each membership's content."""

Body = Mapping[str, Any]  # a result's JSON


class Kind(Enum):
    """In what way an engine's result differs from ours."""

    MISSING = "missing"
    SURPLUS = "surplus"
    CONTENT = "content"


class Written(NamedTuple):
    """One record of a result: a membership comes (1) or goes (-1); content is None for «goes»."""

    key: Key
    digest: int | None
    change: int


def key_of(chat_id: str, person_id: str) -> Key:
    """A membership's key; no id holds a bar."""
    return f"{chat_id}|{person_id}"


def digest(administers: bool, reasons: Iterable[str]) -> int:  # noqa: FBT001 - a membership's role
    """The digest of a role and of reasons as text: kind, ref, role, microseconds, order."""
    text = "\n".join([str(bool(administers)), *sorted(reasons)])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def of_ours(role: str, reasons: Sequence[Body]) -> int:
    """The digest of a membership as Rollcall stores it."""
    return digest(role == "administrator", map(_reason, reasons))


def _reason(reason: Body) -> str:
    since = datetime.fromisoformat(reason["since"])
    at = int(since.timestamp()) * 1_000_000 + since.microsecond
    words = (reason["kind"], reason["ref"], reason["role"], str(at), reason.get("order") or "")
    return "|".join(words)


def read_flink(key: bytes | None, value: bytes | None) -> Written:
    """A record of an upsert topic: the whole membership, or nothing for one that is gone."""
    named = json.loads(key or b"{}")
    of = key_of(named["chat_id"], named["person_id"])
    if value is None:
        return Written(of, None, -1)
    body = json.loads(value)
    return Written(of, digest(body["administers"], body["reasons"].split(",")), 1)


def read_pathway(_: bytes | None, value: bytes | None) -> Written:
    """A record of a stream of changes: a membership with this content comes or goes."""
    body = json.loads(value or b"{}")
    of = key_of(body["chat_id"], body["person_id"])
    return Written(of, digest(body["administers"], body["reasons"]), body["diff"])


@dataclass(slots=True)
class State:
    """What a stream of changes has led to.

    Where contents come and go by themselves they may come in any order, so those that do not
    cancel out are counted until they do.
    """

    memberships: Memberships = field(default_factory=dict)
    pending: dict[Key, Counter[int]] = field(default_factory=dict)

    def upsert(self, written: Written) -> None:
        """Take in a record of an upsert topic."""
        if written.digest is None:
            self.memberships.pop(written.key, None)
        else:
            self.memberships[written.key] = written.digest

    def change(self, written: Written) -> None:
        """Take in a record of a stream of changes."""
        digest_ = 0 if written.digest is None else written.digest
        known = self.memberships.get(written.key)
        if written.key not in self.pending:
            if known is None and written.change == 1:
                self.memberships[written.key] = digest_
                return
            if known == digest_ and written.change == -1:
                del self.memberships[written.key]
                return
        counts = self.pending.setdefault(
            written.key, Counter() if known is None else Counter([known])
        )
        counts[digest_] += written.change
        self._settle(written.key, counts)

    def _settle(self, key: Key, counts: Counter[int]) -> None:
        left = {content: count for content, count in counts.items() if count}
        if not left:
            self.memberships.pop(key, None)
            del self.pending[key]
        elif len(left) == 1 and set(left.values()) == {1}:
            self.memberships[key] = next(iter(left))
            del self.pending[key]


def differences(ours: Memberships, theirs: Memberships) -> dict[Key, Kind]:
    """Where the two are not alike."""
    found = {
        key: Kind.MISSING if key not in theirs else Kind.CONTENT
        for key, content in ours.items()
        if theirs.get(key) != content
    }
    found.update(dict.fromkeys(theirs.keys() - ours.keys(), Kind.SURPLUS))
    return found
