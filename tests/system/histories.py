"""A small region, and what may happen to it later: random, valid, repeatable by its seed.

Every event is the whole state of its entity under the next version, as a register sends it.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from synth import generate

Event = dict[str, Any]


def region(pupils: int, seed: int, today: date) -> list[Event]:
    """The events of a region, in the disorder in which a register sends them."""
    return [dict(event) for event in generate(pupils, seed, today)]


class Later:
    """Makes the changes that follow on these events; what it made it knows too."""

    def __init__(self, events: list[Event], rng: random.Random, today: date) -> None:
        self._rng = rng
        self._today = today
        self._made = 0
        self._latest: dict[tuple[str, str], Event] = {}
        self._orders: list[Event] = []
        for event in events:
            self._know(event)
        self._accounts = 8_000_000_000

    def _know(self, event: Event) -> None:
        kind, data = event["type"], event["data"]
        if "version" in data:
            key = (_family(kind), event["subject"])
            known = self._latest.get(key)
            if known is None or known["data"]["version"] < data["version"]:
                self._latest[key] = event
        elif "order_number" in data:
            self._orders.append(event)

    def changes(self, count: int) -> Iterator[Event]:
        """So many changes, of every kind that a school year brings."""
        kinds = (
            self._transfer,
            self._transfer,
            self._withdrawal,
            self._cancellation,
            self._guardianship,
            self._guardianship,
            self._profile,
            self._profile,
            self._profile,
            self._employment,
            self._roster,
            self._class,
            self._removed,
        )
        for _ in range(count):
            event = self._rng.choice(kinds)()
            self._know(event)
            yield event

    def enrolment(self, pupil: str, class_id: str) -> Event:
        """A new order that places a pupil in a class from today on."""
        return self._order("enrolment", pupil, class_id, self._today)

    def withdrawal(self, pupil: str, class_id: str) -> Event:
        """A new order that takes a pupil out of a class from today on."""
        return self._order("withdrawal", pupil, class_id, self._today)

    def pupils(self) -> list[tuple[str, str]]:
        """Pupils, each with a class that an order named."""
        return sorted({(o["data"]["pupil_id"], o["data"]["class_id"]) for o in self._orders})

    def teachers(self, school_id: str) -> list[str]:
        """Who teaches in this school, by what was published."""
        gone = {each["subject"] for each in self._all("person") if _is(each, "removed")}
        work = [each["data"] for each in self._all("employment") if _is(each, "active")]
        return [
            each["person_id"]
            for each in work
            if each["school_id"] == school_id
            and "teacher" in each["roles"]
            and each["person_id"] not in gone
        ]

    def changed(self, event: Event, **changes: object) -> Event:
        """The next version of an entity that ``changes`` does not make."""
        return self._next(event, **changes)

    def account(self, person: str, account: int | None) -> Event:
        """A person's profile under its next version."""
        known = self._latest.get(("profile", person))
        version = 1 if known is None else known["data"]["version"] + 1
        data: Event = {"person_id": person, "version": version}
        if account is not None:
            data["max_user_id"] = account
        event = self._event("profile.changed", person, data)
        self._know(event)
        return event

    def _all(self, family: str) -> list[Event]:
        return [event for (kind, _), event in sorted(self._latest.items()) if kind == family]

    def _any(self, family: str) -> Event:
        return self._rng.choice(self._all(family))

    def _next(self, event: Event, **changed: object) -> Event:
        data = {**event["data"], "version": event["data"]["version"] + 1, **changed}
        kind = event["type"].removeprefix("sgo.").removesuffix(".v1")
        if kind == "class.created":
            kind = "class.changed"
            data.setdefault("status", "active")
        return self._event(kind, event["subject"], data)

    def _event(self, kind: str, subject: str, data: Event) -> Event:
        self._made += 1
        return {
            "specversion": "1.0",
            "id": f"later-{self._made:06}",
            "source": "urn:sgo:later",
            "type": f"sgo.{kind}.v1",
            "subject": subject,
            "time": datetime.now(UTC).isoformat(),
            "datacontenttype": "application/json",
            "data": data,
        }

    def _order(self, kind: str, pupil: str, class_id: str, effective: date) -> Event:
        number = self._made + 1
        data: Event = {
            "order_id": f"later-{number:06}",
            "order_number": f"{number}-л",
            "ordered_at": datetime.now(UTC).isoformat(),
            "school_id": self._latest["class", class_id]["data"]["school_id"],
            "pupil_id": pupil,
            "class_id": class_id,
            "effective_on": effective.isoformat(),
        }
        event = self._event(f"{kind}.ordered", data["order_id"], data)
        self._know(event)
        return event

    def _day(self) -> date:
        """Mostly today; a few days back or ahead as well."""
        return self._today + timedelta(days=self._rng.choice((0, 0, 0, 0, -3, -20, 5)))

    def _transfer(self) -> Event:
        pupil, _ = self._rng.choice(self.pupils())
        classes = [one["subject"] for one in self._all("class")]
        return self._order("enrolment", pupil, self._rng.choice(classes), self._day())

    def _withdrawal(self) -> Event:
        return self._order("withdrawal", *self._rng.choice(self.pupils()), self._day())

    def _cancellation(self) -> Event:
        order = self._rng.choice(self._orders)["data"]
        data = {
            "order_id": order["order_id"],
            "school_id": order["school_id"],
            "cancelled_at": datetime.now(UTC).isoformat(),
        }
        return self._event("order.cancelled", order["order_id"], data)

    def _guardianship(self) -> Event:
        known = self._any("guardianship")
        if self._rng.random() < 0.6:
            return self._next(known, status=self._rng.choice(("active", "ended")))
        guardian = known["data"]["guardian_id"]
        pupil, _ = self._rng.choice(self.pupils())
        again = self._latest.get(("guardianship", f"{guardian}:{pupil}"))
        if again is not None:
            return self._next(again, status="active")
        data: Event = {
            "guardian_id": guardian,
            "pupil_id": pupil,
            "version": 1,
            "status": "active",
        }
        return self._event("guardianship.changed", f"{guardian}:{pupil}", data)

    def _profile(self) -> Event:
        person = self._any("person")["subject"]
        self._accounts += 1
        linked = self._rng.random() < 0.7
        return self.account(person, self._accounts if linked else None)

    def _employment(self) -> Event:
        roles = self._rng.choice((["teacher"], ["administrator"], ["administrator", "teacher"]))
        status = self._rng.choice(("active", "active", "ended"))
        return self._next(self._any("employment"), roles=roles, status=status)

    def _roster(self) -> Event:
        group = self._any("subject-group")
        if group["data"].get("status") == "closed":
            return self._profile()
        of_class = [p for p, c in self.pupils() if c == group["data"]["class_id"]]
        some = sorted(self._rng.sample(of_class, self._rng.randint(0, len(of_class))))
        return self._next(group, pupils=self._rng.choice(("whole-class", some)))

    def _class(self) -> Event:
        one = self._any("class")
        if one["data"].get("status") == "closed":
            return self._profile()
        teacher = self._any("employment")["data"]["person_id"]
        return self._next(one, class_teacher_id=teacher)

    def _removed(self) -> Event:
        person = self._any("person")
        return self._next(person, status=self._rng.choice(("active", "removed")))


def _is(event: Event, status: str) -> bool:
    return bool(event["data"]["status"] == status)


def _family(kind: str) -> str:
    """Classes are created and changed in one sequence of versions."""
    return kind.removeprefix("sgo.").split(".")[0]
