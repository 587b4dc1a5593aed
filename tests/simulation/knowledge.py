"""What was true, known and expected at each moment of a run, for the invariants to look back at."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tests.oracle import naive
from tests.simulation.database import Database
from tests.simulation.kafka import Kafka, Log
from tests.simulation.messenger import Call
from tests.simulation.register import Event
from tests.simulation.scheduler import Process

STRANGERS = (901, 902)
BOTS = (951, 952)
"""Of somebody else."""
AGAIN = 2
CLOSING_SECONDS = 70.0
"""Within which a closing that was read is derived and met by every pass: the gate lets additions go
on for a minute."""
Roles = dict[int, str]
"""Account → role."""

Holders = dict[str, dict[int, frozenset[str]]]
"""Chat → account → the people by whom it belongs there."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken; ``step`` is where in the trace."""

    name: str
    step: int
    about: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """When a pass last looked at what is wanted."""

    step: int
    at: float


@dataclass(slots=True)
class Knowledge:
    """Kept by the run, read by the invariants."""

    database: Database
    kafka: Kafka
    violations: list[Violation] = field(default_factory=list)
    register: list[tuple[float, Holders]] = field(default_factory=list)
    """Virtual time, and who is deliverable by all that was published, from then on."""
    expected: list[tuple[int, dict[str, Roles]]] = field(default_factory=list)
    """Step, and who is deliverable by what PostgreSQL holds, from then on."""
    loads: dict[tuple[str, int], Loaded] = field(default_factory=dict)
    doubts: dict[str, set[Call]] = field(default_factory=dict)
    disturbed: dict[str, int] = field(default_factory=dict)
    """Step at which a chat was changed by other hands than a lease holder's."""
    late: dict[str, float] = field(default_factory=dict)
    """When a chat at the latest must have been read in which a call had its effect late."""
    refused: set[tuple[str, int]] = field(default_factory=set)
    """Chat and account that the messenger ever refused to add."""
    struck: set[tuple[str, int]] = field(default_factory=set)
    """Chat and account that were named in an add without an answer."""
    passes: Counter[Process] = field(default_factory=Counter)
    """How many passes over a chat, or batches of records, a process is in."""
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    read: dict[tuple[str, int], int] = field(default_factory=dict)
    """By partition how much of it PostgreSQL has the facts of."""
    left: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often an account went out of a chat by other hands than ours."""
    guests: set[tuple[str, int]] = field(default_factory=set)
    """Chat and account whom people let in, or who came by the link."""
    removed: dict[str, list[datetime]] = field(default_factory=dict)
    """When a call that counts for the guard had its effect on somebody in a chat."""
    rejected: dict[tuple[str, int, str], list[object]] = field(default_factory=dict)
    """What a person rejected (chat, account, call), and what was known of it then."""
    closed: list[tuple[float, frozenset[str]]] = field(default_factory=list)
    """Virtual time, and the chats that are closed by what was read, from then on."""
    counting: set[Call] = field(default_factory=set)
    """The removals that count, since they were sent."""
    largest: dict[str, int] = field(default_factory=dict)
    """The most people whom a chat ever had."""

    def broken(self, name: str, about: str) -> None:
        """Note a broken promise."""
        scheduler = self.database.scheduler
        violation = Violation(name, scheduler.steps, about)
        scheduler.note(f"VIOLATION {name}: {about}")
        self.violations.append(violation)

    def was_removed(self, call: Call) -> None:
        """This call has just taken somebody's place or rights."""
        if call in self.counting and call.asked is not None:
            self.removed.setdefault(call.asked.lease.chat_id, []).append(self.database.now())

    async def said_of(self, chat_id: str, account: int) -> list[object]:
        """All that the register has ever said of whoever had this account, in this chat."""
        rows = await self.database.ask(
            "WITH ever AS (SELECT person_id FROM fact_profiles WHERE max_user_id = $2 UNION"
            " SELECT key FROM fact_history WHERE kind = 'profiles'"
            " AND body->>'max_user_id' = $2::bigint::text)"
            " SELECT person_id, (SELECT count(*) FROM membership_history h WHERE h.chat_id = $1"
            " AND h.person_id = ever.person_id), (SELECT count(*) FROM fact_history f"
            " WHERE f.kind = 'profiles' AND f.key = ever.person_id) FROM ever ORDER BY 1",
            chat_id,
            account,
        )
        return [tuple(row) for row in rows]

    def apart(self, chat_id: str, roles: Roles) -> Roles:
        """Without those whom the policy of drift leaves alone.

        Staff rooms are additive, so guests who were never ours may stay there, with any rights;
        and whoever goes out again and again is not put back.
        """
        return {
            account: role
            for account, role in roles.items()
            if not self._may_stay(chat_id, account) and self.left[chat_id, account] < AGAIN
        }

    def _may_stay(self, chat_id: str, account: int) -> bool:
        return (
            chat_id.startswith("staff_room")
            and (chat_id, account) in self.guests
            and not any(account in state.get(chat_id, {}) for _, state in self.expected)
        )

    # --- the register ----------------------------------------------------------------------

    def events(self) -> list[Event]:
        """Everything that was published and can be read."""
        return _events(self.kafka.logs.values())

    def events_read(self) -> list[Event]:
        """As ``events``, of what PostgreSQL has the facts of."""
        return _events(log[: self.read.get(key, 0)] for key, log in self.kafka.logs.items())

    def look_at_register(self) -> None:
        """Something was published, or the date has changed somewhere.

        Where the clock was ahead, a date may have come for us that has not come yet; so what
        counts is what is so by both.
        """
        now, events = self.database.now(), self.events()
        found = naive.holders(events, now)
        if self.database.furthest > now:
            found = _common(found, naive.holders(events, self.database.furthest))
        if not self.register or self.register[-1][1] != found:
            self.register.append((self.database.scheduler.now, found))
        self.look_at_closed()

    def look_at_closed(self) -> None:
        """As ``look_at_register``, of what was read: after a minute additions wait for no more."""
        now = self.database.now()
        events = self.events_read()
        closed = closed_chats(events, now)
        if self.database.furthest > now:
            closed &= closed_chats(events, self.database.furthest)
        if not self.closed or self.closed[-1][1] != closed:
            self.closed.append((self.database.scheduler.now, frozenset(closed)))

    def closed_since(self, chat_id: str, at: float) -> bool:
        """Whether it was known at every moment since a while before ``at`` that it is closed."""
        ends = [*(began for began, _ in self.closed[1:]), float("inf")]
        return all(
            chat_id in closed
            for (_, closed), ended in zip(self.closed, ends, strict=True)
            if ended > at - CLOSING_SECONDS
        )

    def deliverable_since(self, chat_id: str, account: int, at: float) -> bool:
        """Whether it belonged by one and the same person at every moment since ``at``.

        Of what one person lost and another gained just after, the loss may be read first: the
        two are in topics of their own.
        """
        ends = [*(began for began, _ in self.register[1:]), float("inf")]
        states = [
            state.get(chat_id, {}).get(account, frozenset())
            for (_, state), ended in zip(self.register, ends, strict=True)
            if ended > at
        ]
        return bool(states) and bool(frozenset.intersection(*states))

    # --- what PostgreSQL expects -----------------------------------------------------------

    async def look_at_expected(self) -> None:
        """Expected members or profiles may have changed."""
        rows = await self.database.ask(
            "SELECT chat_id, person_id, role, max_user_id FROM expected_members"
            " JOIN fact_profiles USING (person_id) WHERE max_user_id IS NOT NULL"
            " ORDER BY chat_id, person_id"
        )
        found: dict[str, Roles] = {}
        for chat_id, _, role, account in rows:
            roles = found.setdefault(chat_id, {})
            roles[account] = naive.stronger(role, roles.get(account, naive.MEMBER))
        self.expected.append((self.database.scheduler.steps, found))

    def expected_since(self, chat_id: str, step: int) -> list[Roles]:
        """Each state of the chat's deliverable members since a step."""
        ends = [*(began for began, _ in self.expected[1:]), 10**9]
        return [
            state.get(chat_id, {})
            for (_, state), ended in zip(self.expected, ends, strict=True)
            if ended > step
        ]


def wanted(events: list[Event], now: datetime) -> dict[str, Roles]:
    """Who belongs in each chat, by the naive calculation."""
    return {chat_id: chat.accounts for chat_id, chat in naive.chats(events, now).items()}


def _common(some: Holders, others: Holders) -> Holders:
    return {
        chat_id: {
            account: people & others.get(chat_id, {}).get(account, frozenset())
            for account, people in accounts.items()
        }
        for chat_id, accounts in some.items()
    }


def closed_chats(events: list[Event], now: datetime) -> set[str]:
    """The chats that have closed."""
    return {chat_id for chat_id, chat in naive.chats(events, now).items() if chat.frozen}


def _events(logs: Iterable[Log]) -> list[Event]:
    return [event for log in logs for record in log if (event := _event(record.value)) is not None]


def _event(value: bytes | None) -> Event | None:
    try:
        parsed: Event = json.loads(value or b"")
    except ValueError:
        return None
    return parsed
