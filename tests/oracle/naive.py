"""Who belongs where, computed as plainly as the wire contract says it, and slowly.

Written from the contract alone and without anything of ``domain``, so that agreement between
the two means something. It takes events as parsed JSON and looks every fact up by going
through the latest state of everything. Chat ids are ``staff_room:<school>``,
``class:<class>``, ``parents:<class>`` and ``subject:<group>``; roles are ``administrator``
and ``member``. By-hand decisions and switched-off kinds of chat are not its subject.

It is longer than a module should be, so that it can be read beside the contract from top to
bottom.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

Data = dict[str, Any]  # any JSON: the tests' events are validated before they come here

ADMINISTRATOR = "administrator"
MEMBER = "member"
ADMINISTRATORS_AT_MOST = 50
TITLE_AT_MOST = 200
DEFAULT_ZONE = "Europe/Moscow"


@dataclass(frozen=True)
class Chat:
    """One chat that exists: {person: role}, {account: role}, and whether it is frozen."""

    title: str
    frozen: bool
    members: dict[str, str]
    accounts: dict[int, str]


def expected_members(events: Iterable[Mapping[str, Any]], today: date) -> dict[str, dict[str, str]]:
    """{chat: {person: role}}; ``today`` is a date, or an instant seen in each school's zone."""
    return {chat_id: chat.members for chat_id, chat in chats(events, today).items()}


def deliverable_accounts(
    events: Iterable[Mapping[str, Any]], today: date
) -> dict[str, dict[int, str]]:
    """{chat: {max_user_id: role}}, with at most 50 administrators a chat."""
    return {chat_id: chat.accounts for chat_id, chat in chats(events, today).items()}


def holders(
    events: Iterable[Mapping[str, Any]], today: date
) -> dict[str, dict[int, frozenset[str]]]:
    """{chat: {max_user_id: the people by whom it belongs there}}."""
    region = _Region(events, today)
    return {chat_id: region.holders(chat.members) for chat_id, chat in region.chats().items()}


def chats(events: Iterable[Mapping[str, Any]], today: date) -> dict[str, Chat]:
    """Every chat that exists, by its id."""
    return _Region(events, today).chats()


def instant(text: str) -> datetime:
    """An RFC 3339 time as an instant, cut to microseconds."""
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def stronger(one: str, other: str) -> str:
    """Of two roles, the one that wins."""
    return ADMINISTRATOR if ADMINISTRATOR in (one, other) else MEMBER


class _Region:
    def __init__(self, events: Iterable[Mapping[str, Any]], today: date) -> None:
        everything = [cast("Data", event) for event in events]
        self.today = today
        self.schools = latest(everything, ["school.changed"], lambda d: d["school_id"])
        self.classes = latest(
            everything, ["class.created", "class.changed"], lambda d: d["class_id"]
        )
        self.persons = latest(everything, ["person.changed"], lambda d: d["person_id"])
        self.employments = latest(
            everything, ["employment.changed"], lambda d: (d["person_id"], d["school_id"])
        )
        self.guardianships = latest(
            everything, ["guardianship.changed"], lambda d: (d["guardian_id"], d["pupil_id"])
        )
        self.groups = latest(everything, ["subject-group.changed"], lambda d: d["group_id"])
        self.profiles = latest(everything, ["profile.changed"], lambda d: d["person_id"])
        self.orders = latest(
            everything, ["enrolment.ordered", "withdrawal.ordered"], lambda d: d["order_id"]
        )
        self.cancelled = {
            (event["data"]["order_id"], event["data"]["school_id"])
            for event in everything
            if event["type"] == "sgo.order.cancelled.v1"
        }
        self.live_orders: dict[tuple[str, str], list[Data]] = {}
        for order_id, order in self.orders.items():
            if (order_id, order["school_id"]) not in self.cancelled:
                of = (order["school_id"], order["pupil_id"])
                self.live_orders.setdefault(of, []).append(order)
        self.known: dict[tuple[str, date], dict[str, str | None]] = {}

    # --- which chats there are -------------------------------------------------------------

    def chats(self) -> dict[str, Chat]:
        found: dict[str, Chat] = {}
        for school_id in self.schools:
            frozen = self.closing(school_id) is not None
            members = self.staff_room(school_id)
            found[f"staff_room:{school_id}"] = self.chat("Учительская", frozen, members)
        for class_id, one in self.classes.items():
            frozen = self.closing(one["school_id"], one) is not None
            pupils = self.class_chat(class_id)
            parents = self.parents_chat(class_id)
            found[f"class:{class_id}"] = self.chat(f"{one['name']} - Ученики", frozen, pupils)
            found[f"parents:{class_id}"] = self.chat(f"{one['name']} - Родители", frozen, parents)
        for group_id, group in self.groups.items():
            if group["class_id"] not in self.classes:
                continue
            of = self.classes[group["class_id"]]
            frozen = self.closing(group["school_id"], of, group) is not None
            own = group.get("name") or ""
            title = own if own.strip() else f"{of['name']} - {group['subject']}"
            found[f"subject:{group_id}"] = self.chat(title, frozen, self.subject_chat(group_id))
        return found

    def chat(self, title: str, frozen: bool, members: dict[str, str]) -> Chat:  # noqa: FBT001 - one caller
        return Chat(title[:TITLE_AT_MOST], frozen, members, self.accounts(members))

    # --- who is expected in each -----------------------------------------------------------

    def staff_room(self, school_id: str) -> dict[str, str]:
        members: dict[str, str] = {}
        for (person_id, where), employment in self.employments.items():
            if where != school_id or employment["status"] != "active":
                continue
            if "teacher" in employment["roles"]:
                self.add(members, person_id, MEMBER)
            if "administrator" in employment["roles"]:
                self.add(members, person_id, ADMINISTRATOR)
        return members

    def class_chat(self, class_id: str) -> dict[str, str]:
        one = self.classes[class_id]
        members: dict[str, str] = {}
        self.add_class_teacher(members, one)
        for pupil_id in self.placed_in(one, self.day(one["school_id"], one)):
            self.add(members, pupil_id, MEMBER)
        return members

    def parents_chat(self, class_id: str) -> dict[str, str]:
        one = self.classes[class_id]
        members: dict[str, str] = {}
        self.add_class_teacher(members, one)
        placed = self.placed_in(one, self.day(one["school_id"], one))
        placed = {pupil_id for pupil_id in placed if not self.is_removed(pupil_id)}
        for (guardian_id, pupil_id), guardianship in self.guardianships.items():
            if guardianship["status"] == "active" and pupil_id in placed:
                self.add(members, guardian_id, MEMBER)
        return members

    def subject_chat(self, group_id: str) -> dict[str, str]:
        group = self.groups[group_id]
        one = self.classes[group["class_id"]]
        members: dict[str, str] = {}
        if one["school_id"] != group["school_id"]:
            return members
        for teacher_id in group["teacher_ids"]:
            if not self.has_left(teacher_id, group["school_id"]):
                self.add(members, teacher_id, ADMINISTRATOR)
        for pupil_id in self.placed_in(one, self.day(group["school_id"], one, group)):
            if group["pupils"] == "whole-class" or pupil_id in group["pupils"]:
                self.add(members, pupil_id, MEMBER)
        return members

    def add_class_teacher(self, members: dict[str, str], one: Data) -> None:
        teacher_id = one.get("class_teacher_id")
        if teacher_id is not None and not self.has_left(teacher_id, one["school_id"]):
            self.add(members, teacher_id, ADMINISTRATOR)

    def add(self, members: dict[str, str], person_id: str, role: str) -> None:
        if not self.is_removed(person_id):
            members[person_id] = stronger(members.get(person_id, MEMBER), role)

    def is_removed(self, person_id: str) -> bool:
        person = self.persons.get(person_id)
        return person is not None and person["status"] == "removed"

    def has_left(self, person_id: str, school_id: str) -> bool:
        employment = self.employments.get((person_id, school_id))
        return employment is not None and employment["status"] == "ended"

    # --- days and placement ----------------------------------------------------------------

    def local_day(self, school_id: str) -> date:
        if not isinstance(self.today, datetime):
            return self.today
        school = self.schools.get(school_id)
        zone = DEFAULT_ZONE if school is None else school["timezone"]
        return self.today.astimezone(ZoneInfo(zone)).date()

    def closing(self, school_id: str, *others: Data) -> date | None:
        """The date since which a chat is closed, by its school, class and group."""
        facts = [*others]
        if school_id in self.schools:
            facts.append(self.schools[school_id])
        dates = [
            date.fromisoformat(fact["closed_on"])
            for fact in facts
            if fact.get("closed_on") is not None
        ]
        if dates and min(dates) <= self.local_day(school_id):
            return min(dates)
        return None

    def day(self, school_id: str, *others: Data) -> date | None:
        """The day whose placement a chat has; None is before all days."""
        closed = self.closing(school_id, *others)
        if closed is None:
            return self.local_day(school_id)
        return None if closed == date.min else closed - timedelta(days=1)

    def placed_in(self, one: Data, on: date | None) -> set[str]:
        """The pupils whom the class's own school has placed in it on a day."""
        if on is None:
            return set()
        school_id = one["school_id"]
        if (school_id, on) not in self.known:
            self.known[school_id, on] = {
                pupil: self.placement(school_id, pupil, on)
                for school, pupil in self.live_orders
                if school == school_id
            }
        placed = self.known[school_id, on]
        return {pupil for pupil, class_id in placed.items() if class_id == one["class_id"]}

    def placement(self, school_id: str, pupil_id: str, on: date) -> str | None:
        orders = [
            order
            for order in self.live_orders[school_id, pupil_id]
            if date.fromisoformat(order["effective_on"]) <= on
        ]
        orders.sort(key=lambda o: (o["effective_on"], instant(o["ordered_at"]), o["order_id"]))
        placed: str | None = None
        for order in orders:
            if order["is"] == "enrolment.ordered":
                placed = order["class_id"]
            elif placed == order["class_id"]:
                placed = None
        return placed

    # --- accounts --------------------------------------------------------------------------

    def holders(self, members: dict[str, str]) -> dict[int, frozenset[str]]:
        found: dict[int, frozenset[str]] = {}
        for person_id in members:
            account = self.profiles.get(person_id, {}).get("max_user_id")
            if account is not None:
                found[account] = found.get(account, frozenset()) | {person_id}
        return found

    def accounts(self, members: dict[str, str]) -> dict[int, str]:
        accounts: dict[int, str] = {}
        first_administrator: dict[int, str] = {}
        for person_id in sorted(members):
            account = self.profiles.get(person_id, {}).get("max_user_id")
            if account is None:
                continue
            accounts[account] = stronger(accounts.get(account, MEMBER), members[person_id])
            if members[person_id] == ADMINISTRATOR:
                first_administrator.setdefault(account, person_id)
        in_order = sorted(first_administrator, key=lambda account: first_administrator[account])
        for account in in_order[ADMINISTRATORS_AT_MOST:]:
            accounts[account] = MEMBER
        return accounts


def latest(events: list[Data], kinds: list[str], entity: Callable[[Data], Any]) -> dict[Any, Data]:
    """The deciding data of each entity; ``is`` in it says which type of event it came by.

    Orders have no version: all of theirs are the same one.
    """
    best: dict[Any, tuple[tuple[int, datetime, str, str], Data]] = {}
    for event in events:
        kind = event["type"].removeprefix("sgo.").removesuffix(".v1")
        if kind not in kinds:
            continue
        data = {**event["data"], "is": kind}
        if kind == "class.created":
            data |= {"status": "active", "closed_on": None}
        rank = (data.get("version", 0), instant(event["time"]), event["source"], event["id"])
        key = entity(data)
        if key not in best or rank > best[key][0]:
            best[key] = (rank, data)
    return {key: data for key, (_, data) in best.items()}
