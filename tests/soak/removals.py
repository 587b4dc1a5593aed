"""Who left the chats, as the messenger saw it, and whether the guard's limits were kept.

Judged by the messenger's own changes, the published events, and what the person of the soak
was shown and approved; the engine's database is not asked. As the guard's rule has it, an
account that its person gave up does not count, nor what a person approved, and a restored
database does not know what happened after its copy. Where the rule looks at the size of a chat
or a school, the largest that it ever had is taken here, which is never less.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from simulator.changes import Change, ChatCreated, MemberRemoved, MembersAdded
from tests.soak.person import Approval

CHAT_FLOOR, CHAT_SHARE = 3, 0.2
SCHOOL_FLOOR, SCHOOL_SHARE = 10, 0.05
TOTAL_FLOOR, TOTAL_SHARE = 500, 0.001
"""The guard's rule, as the documentation has it; a soak is shorter than its windows of a chat
and a school."""

Place = tuple[str, int]
"""A chat, by its id here, and an account."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Somebody left, at ``at`` (milliseconds since 1970)."""

    at: int
    chat_id: str
    account: int


@dataclass(frozen=True, slots=True)
class Restored:
    """The database was put back to a copy."""

    at: int
    copied_at: int


@dataclass(slots=True)
class Watch:
    """Sees every change of the messenger."""

    bot: int
    removals: list[Removal] = field(default_factory=list)
    largest: Counter[str] = field(default_factory=Counter)
    _ids: dict[int, str] = field(default_factory=dict)
    _members: dict[str, set[int]] = field(default_factory=dict)

    def __call__(self, change: Change) -> None:
        """The simulator tells of a change."""
        match change:
            case ChatCreated(chat_id=number, external_id=name):
                self._ids[number] = name.rpartition("#")[0]
            case MembersAdded(chat_id=number, user_ids=users):
                chat_id = self._ids[number]
                members = self._members.setdefault(chat_id, set())
                members |= set(users) - {self.bot}
                self.largest[chat_id] = max(self.largest[chat_id], len(members))
            case MemberRemoved(chat_id=number, user_id=user, at=at):
                chat_id = self._ids[number]
                self._members.setdefault(chat_id, set()).discard(user)
                self.removals.append(Removal(at, chat_id, user))
            case _:
                pass


@dataclass(slots=True)
class Judge:
    """Goes through what happened in its order, with what the database knew each time."""

    largest: Mapping[str, int]
    schools: Mapping[str, str]
    given_up: Mapping[int, int]
    counted: Counter[str] = field(default_factory=Counter)
    _within: list[Removal] = field(default_factory=list)
    _approved: dict[Place, int] = field(default_factory=dict)

    def violations(
        self,
        removals: Iterable[Removal],
        approvals: Iterable[Approval],
        restores: Iterable[Restored],
    ) -> Iterator[str]:
        """Removals above a limit that nobody approved."""
        told: list[Removal | Approval | Restored] = [*restores, *approvals, *removals]
        for each in sorted(told, key=lambda one: one.at):
            match each:
                case Restored(copied_at=copied_at):
                    self._forget(copied_at)
                case Approval(at=at, chat_id=chat_id, accounts=accounts):
                    self._approved |= {(chat_id, account): at for account in accounts}
                case Removal():
                    yield from self._judge(each)

    def _forget(self, copied_at: int) -> None:
        self._within = [each for each in self._within if each.at <= copied_at]
        self._approved = {place: at for place, at in self._approved.items() if at <= copied_at}

    def _judge(self, removal: Removal) -> Iterator[str]:
        if removal.at >= self.given_up.get(removal.account, removal.at + 1):
            self.counted["given up"] += 1
        elif self._approved.pop((removal.chat_id, removal.account), None) is not None:
            self.counted["approved"] += 1
        else:
            self.counted["within the limits"] += 1
            self._within.append(removal)
            yield from self._above(removal)

    def _above(self, removal: Removal) -> Iterator[str]:
        school = self.schools[removal.chat_id]
        chats = {chat_id for chat_id, of in self.schools.items() if of == school}
        recent = [each for each in self._within if each.at > removal.at - 1_800_000]
        for scope, kept, among, floor, share in (
            (removal.chat_id, self._within, {removal.chat_id}, CHAT_FLOOR, CHAT_SHARE),
            (school, self._within, chats, SCHOOL_FLOOR, SCHOOL_SHARE),
            ("all", recent, set(self.schools), TOTAL_FLOOR, TOTAL_SHARE),
        ):
            gone = {(each.chat_id, each.account) for each in kept if each.chat_id in among}
            allowed = max(floor, int(share * sum(self.largest.get(chat, 0) for chat in among)))
            if len(gone) > allowed:
                yield f"{removal} is the {len(gone)}th of {scope}, {allowed} are allowed"


def given_up(published: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """When each account was first given up by a person, by the published events."""
    profiles: dict[str, dict[int, Mapping[str, Any]]] = {}
    for event in published:
        if event["type"] == "sgo.profile.changed.v1":
            data = event["data"]
            profiles.setdefault(data["person_id"], {})[data["version"]] = event
    found: dict[int, int] = {}
    for versions in profiles.values():
        ordered = [versions[version] for version in sorted(versions)]
        for before, after in pairwise(ordered):
            account = before["data"].get("max_user_id")
            if account is not None and after["data"].get("max_user_id") != account:
                at = int(datetime.fromisoformat(after["time"]).timestamp() * 1000)
                found[account] = min(at, found.get(account, at))
    return found


def schools_of(published: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The school of each chat that there can be."""
    found: dict[str, str] = {}
    for event in published:
        data, kind = event["data"], event["type"].removeprefix("sgo.").split(".")[0]
        if kind == "school":
            found[f"staff_room:{data['school_id']}"] = data["school_id"]
        elif kind == "class":
            found[f"class:{data['class_id']}"] = data["school_id"]
            found[f"parents:{data['class_id']}"] = data["school_id"]
        elif kind == "subject-group":
            found[f"subject:{data['group_id']}"] = data["school_id"]
    return found
