"""The fewest calls from one day to the next, by the wire contract and by nothing of the product.

Who belongs where is ``tests.oracle.naive``'s, computed anew from the events; what it takes to get
there is counted here by the messenger's own limits: a create brings a hundred people and all
roles, an add a hundred people, all promotions are one call, every removal and every lost right
one, a title one. Nothing of ``domain`` is asked, so agreement with the engine means something.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from benchmarks.year.churn import Event
from tests.oracle import naive

Calls = Counter[str]
"""How many calls, by the kinds that the simulator counts."""

BATCH = 100
"""People that one create or add may name."""

_ENTITIES = {
    "school.changed": ("school", ("school_id",)),
    "class.created": ("class", ("class_id",)),
    "class.changed": ("class", ("class_id",)),
    "enrolment.ordered": ("order", ("order_id",)),
    "withdrawal.ordered": ("order", ("order_id",)),
    "order.cancelled": ("cancellation", ("order_id", "school_id")),
    "person.changed": ("person", ("person_id",)),
    "employment.changed": ("employment", ("person_id", "school_id")),
    "guardianship.changed": ("guardianship", ("guardian_id", "pupil_id")),
    "subject-group.changed": ("group", ("group_id",)),
    "profile.changed": ("profile", ("person_id",)),
}
"""What each event is about; a lesson is about nobody's membership."""


@dataclass(slots=True)
class Register:
    """The deciding event of each entity, so that a year's past is not gone through every day."""

    deciding: dict[tuple[str, ...], Event] = field(default_factory=dict)

    def take(self, event: Event) -> bool:
        """Take an event in; whether it may matter to any chat."""
        about = _ENTITIES.get(_kind(event))
        if about is None:
            return False
        entity, keys = about
        place = (entity, *(event["data"][key] for key in keys))
        known = self.deciding.get(place)
        if known is not None and _rank(known) >= _rank(event):
            return False
        self.deciding[place] = event
        return (
            entity != "person" or _is_removed(event) or (known is not None and _is_removed(known))
        )

    def chats(self, now: datetime) -> dict[str, naive.Chat]:
        """Every chat that there should be at this instant."""
        # Somebody whom the register only names belongs where they belong without that.
        matter = (
            e for e in self.deciding.values() if _kind(e) != "person.changed" or _is_removed(e)
        )
        return naive.chats(matter, now)


def _kind(event: Event) -> str:
    return str(event["type"]).removeprefix("sgo.").removesuffix(".v1")


def _rank(event: Event) -> tuple[int, datetime, str, str]:
    version = event["data"].get("version", 0)
    return version, naive.instant(event["time"]), event["source"], event["id"]


def _is_removed(event: Event) -> bool:
    return bool(event["data"].get("status") == "removed")


@dataclass(frozen=True, slots=True)
class Held:
    """What the messenger has of a chat: its title, and {account: role}."""

    title: str
    members: Mapping[int, str]


Messenger = dict[str, Held]
"""The chats that are there, by our ids."""

Way = Callable[[Held | None, naive.Chat], tuple[Calls, Held | None]]
"""From what a chat is to what is wanted: the calls, and what it is then."""


def step(before: Held | None, wanted: naive.Chat) -> tuple[Calls, Held | None]:
    """The fewest calls that bring one chat to what is wanted, and what it is then."""
    if before is None:
        if wanted.frozen or not wanted.accounts:
            return Calls(), None
        calls = Calls(create=1, add=-(-len(wanted.accounts) // BATCH) - 1)
        return calls, Held(wanted.title, wanted.accounts)
    after = _after(before, wanted)
    entering, leaving, promoted, demoted = _moves(before.members, after.members)
    return Calls(
        add=-(-len(entering) // BATCH),
        remove=len(leaving),
        promote=int(bool(promoted)),
        demote=len(demoted),
        rename=int(before.title != after.title),
    ), after


def alone(before: Held | None, wanted: naive.Chat) -> tuple[Calls, Held | None]:
    """The same by a call for each person and each right: nothing is put together."""
    after = step(before, wanted)[1]
    if after is None:
        return Calls(), None
    was = Held(after.title, {}) if before is None else before
    entering, leaving, promoted, demoted = _moves(was.members, after.members)
    return Calls(
        create=int(before is None),
        add=len(entering),
        remove=len(leaving),
        promote=len(promoted),
        demote=len(demoted),
        rename=int(was.title != after.title),
    ), after


def _after(before: Held, wanted: naive.Chat) -> Held:
    """In a frozen chat nobody enters, rises or is renamed; who has no place there leaves."""
    if not wanted.frozen:
        return Held(wanted.title, wanted.accounts)
    kept = {
        account: role if wanted.accounts[account] == naive.ADMINISTRATOR else naive.MEMBER
        for account, role in before.members.items()
        if account in wanted.accounts
    }
    return Held(before.title, kept)


def _moves(
    before: Mapping[int, str], after: Mapping[int, str]
) -> tuple[set[int], set[int], set[int], set[int]]:
    """Who enters, leaves, becomes an administrator, and stays without being one any more."""
    chiefs = {account for account, role in before.items() if role == naive.ADMINISTRATOR}
    wanted = {account for account, role in after.items() if role == naive.ADMINISTRATOR}
    entering, leaving = after.keys() - before.keys(), before.keys() - after.keys()
    return entering, leaving, wanted - chiefs, (chiefs - wanted) & after.keys()


@dataclass(slots=True)
class Fewest:
    """What is asked of the engine, day by day, beside what it would be without coalescing."""

    register: Register = field(default_factory=Register)
    messenger: Messenger = field(default_factory=dict)
    calls: Calls = field(default_factory=Counter)
    single: Calls = field(default_factory=Counter)

    def day(self, events: list[Event], now: datetime, *, each: bool) -> dict[str, Calls]:
        """Take in what happened; the fewest calls of each chat that has any.

        ``each``: what the events would have cost one by one is worked out too, each as if all
        had come to rest before the next; without it they count as one story.
        """
        one_by_one = dict(self.messenger)
        for event in events:
            if self.register.take(event) and each:
                self.single += _apply(one_by_one, self.register.chats(now), alone)[0]
        wanted = self.register.chats(now)
        self.single += _apply(one_by_one, wanted, alone)[0]
        total, by_chat = _apply(self.messenger, wanted, step)
        self.calls += total
        return by_chat


def _apply(
    messenger: Messenger, wanted: Mapping[str, naive.Chat], way: Way
) -> tuple[Calls, dict[str, Calls]]:
    total, by_chat = Calls(), {}
    for chat_id, chat in wanted.items():
        calls, after = way(messenger.get(chat_id), chat)
        if after is not None:
            messenger[chat_id] = after
        if +calls:
            by_chat[chat_id] = +calls
            total += calls
    return total, by_chat
