"""Calls planned in chats by the partner contract (named meetings here: a call is a request).

One ``external_id`` has at most one meeting at a time; a cancelled one leaves it free.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from simulator.changes import MeetingChange, MeetingDeleted, MeetingSet
from simulator.errors import AbsentError


@dataclass(frozen=True, slots=True)
class MeetingPlan:
    """What the partner may change later; the times are RFC 3339."""

    title: str
    starts_at: str
    ends_at: str


class Meetings:
    """All planned meetings; changes go through ``commit`` and come back by ``apply``."""

    def __init__(self, commit: Callable[[MeetingChange], None]) -> None:
        self._commit = commit
        self._by_id: dict[str, MeetingSet] = {}
        self._by_external: dict[str, str] = {}
        self._made: set[str] = set()

    def __iter__(self) -> Iterator[MeetingSet]:
        return iter(self._by_id.values())

    def get(self, call_id: str) -> MeetingSet:
        """The meeting of this id. Raises ``AbsentError``."""
        try:
            return self._by_id[call_id]
        except KeyError:
            raise AbsentError("no such call") from None

    def plan(self, external_id: str, chat_id: int, plan: MeetingPlan) -> MeetingSet:
        """Plan a meeting; the same external id gives the one that is there, unchanged."""
        known = self._by_external.get(external_id)
        if known is not None:
            return self._by_id[known]
        call_id = f"call-{len(self._made) + 1}"
        meeting = MeetingSet(
            call_id, external_id, chat_id, plan.title, plan.starts_at, plan.ends_at
        )
        self._commit(meeting)
        return meeting

    def move(self, call_id: str, plan: MeetingPlan) -> MeetingSet:
        """Change title and times. Raises ``AbsentError``."""
        meeting = replace(
            self.get(call_id), title=plan.title, starts_at=plan.starts_at, ends_at=plan.ends_at
        )
        self._commit(meeting)
        return meeting

    def cancel(self, call_id: str) -> None:
        """Cancel a meeting. Raises ``AbsentError`` where there is none."""
        self.get(call_id)
        self._commit(MeetingDeleted(call_id))

    def apply(self, change: MeetingChange) -> None:
        """Make a committed change true."""
        match change:
            case MeetingSet(call_id, external_id):
                self._by_id[call_id] = change
                self._by_external[external_id] = call_id
                self._made.add(call_id)
            case MeetingDeleted(call_id):
                meeting = self._by_id.pop(call_id)
                del self._by_external[meeting.external_id]
            case _:
                assert_never(change)
