"""What goes on in a school from day to day: the events of a year, in the order of their time.

The year that ``synth`` makes up begins it and goes on through it; beside that people come, move
and leave every working day, orders are taken back, profiles are linked and unlinked, names put
right, teachers and titles changed, and some events are sent twice. Guarantees: the same
arguments give the same events; each fits the wire contract; its ``time`` is of its day.

What an order does is decided by who reads it: nothing here knows who is placed where in the end.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from synth import generate
from synth.days import OFFSET
from synth.dice import Dice

Event = dict[str, Any]  # any event's JSON

SHARE_OF: Final = 300
"""Pupils of whom ``EACH_DAY`` speaks."""

EACH_DAY: Final = {
    "newcomer": 0.5,
    "transfer": 1.0,
    "transfer dated ahead": 0.3,
    "withdrawal": 0.5,
    "mistake of a day": 0.4,
    "cancellation": 0.2,
    "profile linked": 1.5,
    "profile unlinked": 0.7,
    "another account": 0.3,
    "name put right": 2.0,
    "guardianship": 0.4,
    "class teacher": 0.1,
    "subject teachers": 0.3,
    "deputy": 0.1,
    "roster": 0.2,
    "class renamed": 0.05,
    "a class links": 0.05,
    "lessons": 2.0,
    "sent again": 0.5,
}
"""How often each happens on a working day."""

_SOURCE: Final = "urn:sgo:year"
_FIRST_ACCOUNT: Final = 5_000_000_001
_WEEKEND: Final = 5


@dataclass(slots=True)
class _Pupil:
    """Where the register's clerk last put a pupil."""

    school_id: str
    class_id: str


@dataclass(slots=True)
class _Register:
    """The latest body of what is changed again and again, by id."""

    people: dict[str, Event] = field(default_factory=dict)
    profiles: dict[str, Event] = field(default_factory=dict)
    guardianships: dict[str, Event] = field(default_factory=dict)
    classes: dict[str, Event] = field(default_factory=dict)
    groups: dict[str, Event] = field(default_factory=dict)
    employments: dict[str, Event] = field(default_factory=dict)
    pupils: dict[str, _Pupil] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Note what an event of the beginning says."""
        data: Event = event["data"]
        match event["type"].split(".")[1]:
            case "person":
                self.people[data["person_id"]] = data
            case "profile":
                self.profiles[data["person_id"]] = data
            case "guardianship":
                self.guardianships[event["subject"]] = data
            case "class" if data.get("status") == "closed":
                self.classes.pop(data["class_id"], None)
            case "class":
                self.classes[data["class_id"]] = data
            case "subject-group" if data["status"] == "active":
                self.groups[data["group_id"]] = data
            case "employment" if data["status"] == "ended":
                self.employments.pop(event["subject"], None)
            case "employment" if "teacher" in data["roles"]:
                self.employments[event["subject"]] = data
            case "enrolment":
                self.pupils[data["pupil_id"]] = _Pupil(data["school_id"], data["class_id"])


@dataclass(frozen=True, slots=True)
class Year:
    """A region of ``pupils``, ``days`` long from ``first`` on; each day, what happens how often."""

    first: date
    days: int = 365
    pupils: int = 100
    seed: int = 1
    often: Mapping[str, float] = field(default_factory=lambda: EACH_DAY)

    def dates(self) -> list[date]:
        """Its days in their order."""
        return [self.first + timedelta(days=number) for number in range(self.days)]


def by_day(year: Year) -> Iterator[tuple[date, list[Event]]]:
    """The events of each day; with the first come those of all the time before it."""
    made = sorted(_of_synth(year), key=lambda event: str(event["time"]))
    churn = _Churn(year, made)
    rest = iter(made)
    event = next(rest, None)
    for day in year.dates():
        events = []
        while event is not None and event["time"][:10] <= day.isoformat():
            events.append(event)
            event = next(rest, None)
        yield day, [*events, *churn.day(day)]


def _of_synth(year: Year) -> list[Event]:
    return [dict(event) for event in generate(year.pupils, year.seed, year.dates()[-1])]


class _Churn:
    """Whatever happens beside what ``synth`` has made up."""

    def __init__(self, year: Year, beginning: Sequence[Event]) -> None:
        self._dice = Dice(f"year/{year.seed}/{year.pupils}")
        self._share = year.pupils / SHARE_OF
        self._often = year.often
        self._count = 0
        self._account = _FIRST_ACCOUNT
        self._today = year.first
        self._events: list[Event] = []
        self._sent: list[Event] = []
        self._orders: list[Event] = []
        self._known = _Register()
        for event in beginning:
            self._known.take(event)
        self._acts = {
            "newcomer": self._newcomer,
            "transfer": self._transfer,
            "transfer dated ahead": self._transfer_ahead,
            "withdrawal": self._withdrawal,
            "mistake of a day": self._mistake,
            "cancellation": self._cancellation,
            "profile linked": self._link,
            "profile unlinked": self._unlink,
            "another account": self._another_account,
            "name put right": self._name,
            "guardianship": self._guardianship,
            "class teacher": self._class_teacher,
            "subject teachers": self._subject_teachers,
            "deputy": self._deputy,
            "roster": self._roster,
            "class renamed": self._class_renamed,
            "a class links": self._class_links,
            "lessons": self._lesson,
            "sent again": self._again,
        }

    def day(self, today: date) -> list[Event]:
        """The events of one day; none at the weekend."""
        self._today, self._events = today, []
        if today.weekday() < _WEEKEND:
            for what, often in self._often.items():
                times, rest = divmod(often * self._share, 1)
                for _ in range(int(times) + self._dice.chance(rest)):
                    self._acts[what]()
        self._sent += self._events
        return self._events

    # --- pupils ----------------------------------------------------------------------------

    def _newcomer(self) -> None:
        of = self._a_class()
        pupil, guardian = self._id("p"), self._id("g")
        for person in (pupil, guardian):
            self._person(person, "Новенький")
            if self._dice.chance(0.7):
                self._profile(person, self._new_account())
        self._guard(guardian, pupil, "active")
        self._order("enrolment", pupil, of, self._today)

    def _transfer(self) -> None:
        pupil, at = self._a_pupil()
        old, new = self._known.classes.get(at.class_id), self._a_class(at.school_id)
        self._order("enrolment", pupil, new, self._today - timedelta(days=self._dice.below(3)))
        if old is not None and old is not new and self._dice.chance(0.5):
            self._order("withdrawal", pupil, old, self._today)
            at.class_id = new["class_id"]

    def _transfer_ahead(self) -> None:
        pupil, at = self._a_pupil()
        ahead = self._today + timedelta(days=self._dice.between(1, 20))
        self._order("enrolment", pupil, self._a_class(at.school_id), ahead)

    def _withdrawal(self) -> None:
        pupil, at = self._a_pupil()
        of = self._known.classes.get(at.class_id)
        if of is not None:
            self._order("withdrawal", pupil, of, self._today)

    def _mistake(self) -> None:
        """Ordered and taken back within the day: nobody's chats need ever know."""
        pupil, at = self._a_pupil()
        self._order("enrolment", pupil, self._a_class(at.school_id), self._today)
        self._cancel(self._orders[-1])

    def _cancellation(self) -> None:
        if self._orders:
            recent = self._orders[-40:]
            self._cancel(self._dice.pick(recent))

    def _order(self, kind: str, pupil: str, of: Event, effective: date) -> None:
        data: Event = {
            "order_id": self._id("o"),
            "order_number": f"{self._count}-д",
            "ordered_at": self._instant(),
            "school_id": of["school_id"],
            "pupil_id": pupil,
            "class_id": of["class_id"],
            "effective_on": effective.isoformat(),
        }
        if kind == "enrolment":
            self._known.pupils[pupil] = _Pupil(of["school_id"], of["class_id"])
        self._orders.append(data)
        self._event(f"{kind}.ordered", data["order_id"], data)

    def _cancel(self, order: Event) -> None:
        data = {
            "order_id": order["order_id"],
            "school_id": order["school_id"],
            "cancelled_at": self._instant(),
        }
        self._event("order.cancelled", order["order_id"], data)

    # --- people and their accounts ---------------------------------------------------------

    def _link(self) -> None:
        unlinked = [p for p in self._known.people if not self._is_linked(p)]
        if unlinked:
            self._profile(self._dice.pick(unlinked), self._new_account())

    def _unlink(self) -> None:
        linked = [p for p in self._known.people if self._is_linked(p)]
        if linked:
            self._profile(self._dice.pick(linked), None)

    def _another_account(self) -> None:
        linked = [p for p in self._known.people if self._is_linked(p)]
        if linked:
            self._profile(self._dice.pick(linked), self._new_account())

    def _class_links(self) -> None:
        """A lesson in which all of a class link their profiles."""
        of = self._a_class()["class_id"]
        for pupil, at in self._known.pupils.items():
            if at.class_id == of and not self._is_linked(pupil):
                self._profile(pupil, self._new_account())

    def _is_linked(self, person: str) -> bool:
        return self._known.profiles.get(person, {}).get("max_user_id") is not None

    def _profile(self, person: str, account: int | None) -> None:
        data: Event = {"person_id": person, "max_user_id": account}
        self._changed("profile.changed", person, data, self._known.profiles)

    def _name(self) -> None:
        person = self._dice.pick(list(self._known.people))
        surname = f"{self._known.people[person]['surname'].split('-')[0]}-{self._count}"
        self._person(person, surname)

    def _person(self, person: str, surname: str) -> None:
        data: Event = {"person_id": person, "given_name": "Лев", "sex": "male", "status": "active"}
        data |= {**self._known.people.get(person, {}), "surname": surname}
        self._changed("person.changed", person, data, self._known.people)

    def _guardianship(self) -> None:
        """One that ends, or that is there again."""
        of = self._dice.pick(list(self._known.guardianships.values()))
        ends = of["status"] == "active"
        self._guard(of["guardian_id"], of["pupil_id"], "ended" if ends else "active")

    def _guard(self, guardian: str, pupil: str, status: str) -> None:
        data: Event = {"guardian_id": guardian, "pupil_id": pupil, "status": status}
        subject = f"{guardian}:{pupil}"
        self._changed("guardianship.changed", subject, data, self._known.guardianships)

    # --- classes and groups ----------------------------------------------------------------

    def _class_teacher(self) -> None:
        of = self._a_class()
        self._class(of, class_teacher_id=self._dice.pick(self._teachers(of["school_id"])))

    def _class_renamed(self) -> None:
        of = self._a_class()
        self._class(of, name=f"{of['name'].split()[0]} ({self._count})")

    def _class(self, of: Event, **other: object) -> None:
        data = {**of, "status": "active", **other}
        self._changed("class.changed", of["class_id"], data, self._known.classes)

    def _subject_teachers(self) -> None:
        """Two or more at once, as when subgroups are put together."""
        of = self._dice.pick(list(self._known.groups.values()))
        teachers = self._dice.shuffled(self._teachers(of["school_id"]))
        self._group(of, teacher_ids=teachers[: self._dice.between(2, 3)])

    def _deputy(self) -> None:
        """A teacher becomes one of the school's administrators, or is one no more."""
        subject, of = self._dice.pick(list(self._known.employments.items()))
        roles = ["teacher"] if "administrator" in of["roles"] else ["teacher", "administrator"]
        data = {**of, "roles": roles}
        self._changed("employment.changed", subject, data, self._known.employments)

    def _roster(self) -> None:
        """Somebody of the class comes to a group with a list."""
        with_list = [g for g in self._known.groups.values() if g["pupils"] != "whole-class"]
        of = self._dice.pick(with_list)
        classmates = [p for p, at in self._known.pupils.items() if at.class_id == of["class_id"]]
        others = [pupil for pupil in classmates if pupil not in of["pupils"]]
        if others:
            self._group(of, pupils=[*of["pupils"], self._dice.pick(others)])

    def _group(self, of: Event, **other: object) -> None:
        self._changed("subject-group.changed", of["group_id"], {**of, **other}, self._known.groups)

    def _lesson(self) -> None:
        of = self._dice.pick(list(self._known.groups.values()))
        day = (self._today + timedelta(days=1)).isoformat()
        data: Event = {
            "lesson_id": self._id("l"),
            "school_id": of["school_id"],
            "group_id": of["group_id"],
            "version": 1,
            "topic": "Повторение",
            "teacher_id": of["teacher_ids"][0],
            "starts_at": f"{day}T10:00:00{OFFSET}",
            "ends_at": f"{day}T10:45:00{OFFSET}",
            "status": "planned",
        }
        self._event("lesson.changed", data["lesson_id"], data)

    def _teachers(self, school_id: str) -> list[str]:
        known = self._known.employments.values()
        return [of["person_id"] for of in known if of["school_id"] == school_id]

    # --- how it is written -----------------------------------------------------------------

    def _again(self) -> None:
        """An event of the days before is sent once more, as it was."""
        if self._sent:
            self._events.append(self._dice.pick(self._sent[-200:]))

    def _a_class(self, school_id: str | None = None) -> Event:
        of = [c for c in self._known.classes.values() if school_id in (None, c["school_id"])]
        return self._dice.pick(of)

    def _a_pupil(self) -> tuple[str, _Pupil]:
        return self._dice.pick(list(self._known.pupils.items()))

    def _new_account(self) -> int:
        self._account += 1
        return self._account

    def _id(self, of: str) -> str:
        self._count += 1
        return f"{of}-year-{self._count:06}"

    def _instant(self) -> str:
        return f"{self._today.isoformat()}T12:{self._count % 60:02}:00{OFFSET}"

    def _changed(self, kind: str, subject: str, data: Event, known: dict[str, Event]) -> None:
        """The next version of an entity."""
        told = {**data, "version": known.get(subject, {}).get("version", 0) + 1}
        known[subject] = told
        self._event(kind, subject, told)

    def _event(self, kind: str, subject: str, data: Event) -> None:
        self._count += 1
        self._events.append(
            {
                "specversion": "1.0",
                "id": f"year-{self._count:07}",
                "source": _SOURCE,
                "type": f"sgo.{kind}.v1",
                "subject": subject,
                "time": self._instant(),
                "datacontenttype": "application/json",
                "data": {name: value for name, value in data.items() if value is not None},
            }
        )
