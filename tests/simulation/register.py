"""What the school register publishes in a run: an ordinary beginning, and a stream of changes.

Few ids, so that people meet: two guardians with one account, a teacher who is a parent, a pupil
of two schools, orders that cross. Dates lie around the run's midnight.
"""

import json
import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

Event = dict[str, Any]  # any event's JSON

ZONES = {"s1": "Europe/Moscow", "s2": "Asia/Kamchatka"}
CLASSES = {"c1": "s1", "c2": "s1", "c3": "s2"}
PUPILS = ("p1", "p2", "p3", "p4", "p5", "p6", "p7")
GUARDIANS = ("g1", "g2", "g3", "g4")
TEACHERS = ("t1", "t2")
# A teacher who is a parent with one account; two guardians who share a telephone.
ACCOUNTS = {
    "p1": 101, "p2": 102, "p3": 103, "p4": 104, "p5": 105,
    "p6": 106, "p7": 107,
    "g1": 201, "g2": 201, "g3": 203, "g4": 301, "t1": 301, "t2": 302,
}  # fmt: skip
CLOSING = 0.3
"""The share of changes to a class that close it."""
KINSHIP = (("g1", "p1"), ("g2", "p2"), ("g2", "p1"), ("g3", "p3"), ("g4", "p4"), ("g3", "p5"))


class Register:
    """Events of one run in the order in which they are published."""

    def __init__(self, chance: random.Random, today: date, now: datetime) -> None:
        self._random = chance
        self._today = today
        self._now = now
        self._versions: Counter[str] = Counter()
        self._number = 0
        self._published: list[Event] = []
        self._orders: list[tuple[str, str]] = []

    def beginning(self) -> list[Event]:
        """Two schools at work."""
        events = [self._school(school) for school in ZONES]
        events += [self._class(class_id, self._random.choice(TEACHERS)) for class_id in CLASSES]
        events += [self._group("whole-class"), self._employment("t1"), self._employment("t2")]
        events += [self._placed(pupil, class_id) for pupil, class_id in self._first_classes()]
        events += [self._guardianship(*pair) for pair in KINSHIP]
        events += [self._profile(person, account) for person, account in ACCOUNTS.items()]
        lost = self._random.randrange(0, 4)
        kept = self._random.sample(events, len(events) - lost)
        return [self.keep(event) for event in kept]

    def go_on(self, chance: float, now: datetime) -> None:
        """Go on with other dice, at another time."""
        self._random, self._now = random.Random(chance), now

    def _first_classes(self) -> list[tuple[str, str]]:
        crowd = [(pupil, "c1") for pupil in PUPILS[:5]]
        return crowd + [(pupil, self._random.choice(list(CLASSES))) for pupil in PUPILS[5:]]

    def next(self) -> Event:
        """One more event; at times one of those before, or an older version."""
        chance = self._random
        if self._published and chance.random() < 0.12:
            return chance.choice(self._published)
        makers = (
            self._any_order, self._any_order, self._any_order, self._any_cancellation,
            self._any_guardianship, self._any_guardianship, self._any_profile, self._any_profile,
            self._any_person, self._any_employment, self._any_group, self._any_class,
        )  # fmt: skip
        return self.keep(chance.choice(makers)())

    def mass(self) -> list[Event]:
        """Many leave a class at once."""
        class_id = self._random.choice(("c1", "c1", "c2"))
        some = self._random.sample(PUPILS, self._random.randint(4, len(PUPILS)))
        return [
            self.keep(self._order("withdrawal", pupil, class_id, self._today)) for pupil in some
        ]

    def keep(self, event: Event) -> Event:
        self._published.append(event)
        return event

    # --- any change ------------------------------------------------------------------------

    def _any_order(self) -> Event:
        pupil, class_id = self._random.choice(PUPILS), self._random.choice(list(CLASSES))
        day = self._today + timedelta(days=self._random.choice((-30, -1, 0, 0, 1, 1)))
        kind = self._random.choice(("enrolment", "enrolment", "withdrawal"))
        return self._order(kind, pupil, class_id, day)

    def _any_cancellation(self) -> Event:
        order, school = self._random.choice(self._orders)
        at = self._now.isoformat()
        return self._event(
            "order.cancelled", order, order_id=order, school_id=school, cancelled_at=at
        )

    def _any_guardianship(self) -> Event:
        guardian, pupil = self._random.choice(GUARDIANS), self._random.choice(PUPILS)
        return self._guardianship(guardian, pupil, self._random.choice(("active", "ended")))

    def _any_profile(self) -> Event:
        person = self._random.choice(list(ACCOUNTS))
        account = self._random.choice((None, ACCOUNTS[person], 500 + self._random.randrange(4)))
        return self._profile(person, account)

    def _any_person(self) -> Event:
        person = self._random.choice(list(ACCOUNTS))
        return self.versioned(
            "person.changed", person, person_id=person, surname="С", given_name="И",
            sex="female", status=self._random.choice(("active", "active", "removed")),
        )  # fmt: skip

    def _any_employment(self) -> Event:
        return self._employment(
            self._random.choice((*TEACHERS, "g4")), self._random.choice(("active", "ended"))
        )

    def _any_group(self) -> Event:
        some = self._random.sample(PUPILS, 3)
        return self._group(self._random.choice(("whole-class", some)))

    def _any_class(self) -> Event:
        teacher = self._random.choice((*TEACHERS, "g4", None))
        class_id = self._random.choice(list(CLASSES))
        if self._random.random() < CLOSING:
            return self._closing(class_id, teacher)
        return self._class(class_id, teacher)

    # --- events ----------------------------------------------------------------------------

    def _school(self, school: str) -> Event:
        return self.versioned(
            "school.changed", school, school_id=school, name="Школа", timezone=ZONES[school],
            status="active",
        )  # fmt: skip

    def _class(self, class_id: str, teacher: str | None) -> Event:
        return self.versioned(
            "class.created", class_id, class_id=class_id, school_id=CLASSES[class_id],
            name=f"9{class_id}", school_year="2026/2027", class_teacher_id=teacher,
        )  # fmt: skip

    def _closing(self, class_id: str, teacher: str | None) -> Event:
        """The class closes about now; a later event of its beginning opens it again."""
        closes_on = self._today + timedelta(days=self._random.choice((-20, 0, 0, 1)))
        return self.versioned(
            "class.changed", class_id, class_id=class_id, school_id=CLASSES[class_id],
            name=f"9{class_id}", school_year="2026/2027", class_teacher_id=teacher,
            status="closed", closed_on=closes_on.isoformat(),
        )  # fmt: skip

    def _group(self, pupils: object) -> Event:
        return self.versioned(
            "subject-group.changed", "k1", group_id="k1", school_id="s1", class_id="c1",
            subject="Химия", teacher_ids=[self._random.choice(TEACHERS)], pupils=pupils,
            status="active",
        )  # fmt: skip

    def _employment(self, person: str, status: str = "active") -> Event:
        roles = self._random.choice((["teacher"], ["administrator"], ["teacher", "administrator"]))
        return self.versioned(
            "employment.changed", f"{person}:s1", person_id=person, school_id="s1", roles=roles,
            status=status,
        )  # fmt: skip

    def _guardianship(self, guardian: str, pupil: str, status: str = "active") -> Event:
        return self.versioned(
            "guardianship.changed", f"{guardian}:{pupil}", guardian_id=guardian, pupil_id=pupil,
            status=status,
        )  # fmt: skip

    def _profile(self, person: str, account: int | None) -> Event:
        return self.versioned("profile.changed", person, person_id=person, max_user_id=account)

    def _placed(self, pupil: str, class_id: str) -> Event:
        return self._order("enrolment", pupil, class_id, self._today - timedelta(days=60))

    def _order(self, kind: str, pupil: str, class_id: str, day: date) -> Event:
        order = f"o{len(self._orders)}"
        self._orders.append((order, CLASSES[class_id]))
        return self._event(
            f"{kind}.ordered", order, order_id=order, order_number=order,
            ordered_at=self._now.isoformat(), school_id=CLASSES[class_id], pupil_id=pupil,
            class_id=class_id, effective_on=day.isoformat(),
        )  # fmt: skip

    def versioned(self, kind: str, entity: str, /, **data: object) -> Event:
        """Mostly the next version, at times one that came before."""
        self._versions[entity] += self._random.choice((1, 1, 1, 1, 0))
        version = self._versions[entity]
        if self._random.random() < 0.1:
            version = max(0, version - 1)
        return self._event(kind, entity, version=version, **data)

    def _event(self, kind: str, entity: str, /, **data: object) -> Event:
        self._number += 1
        return {
            "specversion": "1.0",
            "id": f"e{self._number}",
            "source": "/register",
            "type": f"sgo.{kind}.v1",
            "subject": entity,
            "time": (self._now + timedelta(seconds=self._number)).isoformat(),
            "datacontenttype": "application/json",
            "data": data,
        }


def record(event: Event) -> bytes:
    """The value of the record that carries it."""
    return json.dumps(event, ensure_ascii=False).encode()
