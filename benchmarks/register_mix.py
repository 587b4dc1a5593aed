"""A year of a region's register as records, in the proportions of real schools.

Deterministic for a seed. Per pupil: a person, an enrolment, a profile in two thirds, two
guardians in most families with their own persons, guardianships and some profiles; per class
subject groups, lessons and employments; a few corrections, withdrawals and cancellations.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

SOURCE = "urn:sgo:benchmark"


@dataclass(frozen=True, slots=True)
class MixRecord:
    """One record to publish."""

    topic: str
    key: bytes
    value: bytes


class _Mix:
    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._count = 0

    def record(self, topic: str, kind: str, subject: str, data: dict[str, object]) -> MixRecord:
        self._count += 1
        minute, second = divmod(self._count, 60)
        event = {
            "specversion": "1.0",
            "id": f"b-{self._count:08d}",
            "source": SOURCE,
            "type": f"sgo.{kind}.v1",
            "subject": subject,
            "time": f"2026-08-{1 + minute // 1440 % 28:02d}T{minute // 60 % 24:02d}:"
            f"{minute % 60:02d}:{second:02d}Z",
            "datacontenttype": "application/json",
            "data": data,
        }
        return MixRecord(
            f"sgo.{topic}", subject.encode(), json.dumps(event, ensure_ascii=False).encode()
        )

    def person(self, person: str, version: int = 1) -> MixRecord:
        data: dict[str, object] = {
            "person_id": person,
            "version": version,
            "surname": self._dice.choice(("Берёзкин", "Ландышев", "Ромашкин", "Клеверов")),
            "given_name": self._dice.choice(("Лев", "Мирон", "Ярослав", "Тимофей")),
            "patronymic": self._dice.choice(("Львович", "Миронович", "Тимофеевич")),
            "birth_date": f"2015-{self._dice.randint(1, 12):02d}-{self._dice.randint(1, 28):02d}",
            "sex": "male",
            "status": "active",
        }
        return self.record("register", "person.changed", person, data)

    def profile(self, person: str) -> MixRecord:
        data = {"person_id": person, "version": 1, "max_user_id": 10**9 + self._count}
        return self.record("profiles", "profile.changed", person, data)

    def pupil(self, pupil: str, school: str, of_class: str) -> Iterator[MixRecord]:
        yield self.person(pupil)
        data = {
            "order_id": f"o-{pupil}",
            "order_number": f"{self._count % 900}-к",
            "ordered_at": "2026-08-20T09:00:00+03:00",
            "school_id": school,
            "pupil_id": pupil,
            "class_id": of_class,
            "effective_on": "2026-09-01",
        }
        yield self.record("orders", "enrolment.ordered", f"o-{pupil}", dict(data))
        if self._dice.random() < 0.67:
            yield self.profile(pupil)
        if self._dice.random() < 0.05:
            data["order_id"] = f"w-{pupil}"
            yield self.record("orders", "withdrawal.ordered", f"w-{pupil}", dict(data))
        if self._dice.random() < 0.02:
            gone = {
                "order_id": f"w-{pupil}",
                "school_id": school,
                "cancelled_at": "2026-09-02T10:00:00+03:00",
            }
            yield self.record("orders", "order.cancelled", f"w-{pupil}", dict(gone))
        if self._dice.random() < 0.1:
            yield self.person(pupil, version=2)
        for number in range(2 if self._dice.random() < 0.8 else 1):
            yield from self.guardian(f"g{number}-{pupil}", pupil)

    def guardian(self, guardian: str, pupil: str) -> Iterator[MixRecord]:
        yield self.person(guardian)
        data: dict[str, object] = {
            "guardian_id": guardian,
            "pupil_id": pupil,
            "version": 1,
            "status": "active",
        }
        yield self.record("register", "guardianship.changed", f"{guardian}:{pupil}", data)
        if self._dice.random() < 0.67:
            yield self.profile(guardian)

    def teacher(self, teacher: str, school: str) -> Iterator[MixRecord]:
        yield self.person(teacher)
        yield self.profile(teacher)
        data: dict[str, object] = {
            "person_id": teacher,
            "school_id": school,
            "version": 1,
            "roles": ["teacher"],
            "status": "active",
        }
        yield self.record("register", "employment.changed", f"{teacher}:{school}", data)

    def school_class(self, school: str, number: int) -> Iterator[MixRecord]:
        of_class = f"{school}-c{number}"
        teacher = f"t{number}-{school}"
        yield from self.teacher(teacher, school)
        data: dict[str, object] = {
            "class_id": of_class,
            "school_id": school,
            "version": 1,
            "name": f"{1 + number % 11}а",
            "school_year": "2026/2027",
            "class_teacher_id": teacher,
        }
        yield self.record("register", "class.created", of_class, data)
        pupils = [f"p{pupil}-{of_class}" for pupil in range(25)]
        for pupil in pupils:
            yield from self.pupil(pupil, school, of_class)
        for subject in range(8):
            yield self.group(f"{of_class}-s{subject}", school, of_class, teacher, pupils[:12])

    def group(
        self, group: str, school: str, of_class: str, teacher: str, pupils: list[str]
    ) -> MixRecord:
        data: dict[str, object] = {
            "group_id": group,
            "school_id": school,
            "class_id": of_class,
            "version": 1,
            "subject": "Ин.яз.",
            "teacher_ids": [teacher],
            "pupils": "whole-class" if self._dice.random() < 0.7 else pupils,
            "status": "active",
        }
        return self.record("register", "subject-group.changed", group, data)

    def school(self, school: str) -> Iterator[MixRecord]:
        data: dict[str, object] = {
            "school_id": school,
            "version": 1,
            "name": "Школа",
            "timezone": "Europe/Moscow",
            "status": "active",
        }
        yield self.record("register", "school.changed", school, data)
        for number in range(36):
            yield from self.school_class(school, number)


def records(count: int, seed: int = 1) -> Iterator[MixRecord]:
    """The first ``count`` records of a region, school after school."""
    mix = _Mix(seed)
    left = count
    number = 0
    while left:
        for record in mix.school(f"sch{number}"):
            if not left:
                return
            yield record
            left -= 1
        number += 1
