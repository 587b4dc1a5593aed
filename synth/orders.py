"""A year of orders of one made-up school: what a register really sends, in its disorder.

Every pupil has at most one story beside the enrolment that begins the year, so what an order
does can be read off it alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from synth.classes import SchoolClass
from synth.dice import Dice

Kind = Literal["enrolment", "withdrawal"]

BEGINNING: Final = "зачисление"


@dataclass(frozen=True, slots=True)
class Order:
    """One pupil's line of an order; days are counted from today."""

    order_id: str
    kind: Kind
    number: str
    ordered: int
    clock: str
    pupil_id: str
    class_id: str
    effective: int


@dataclass(frozen=True, slots=True)
class Cancellation:
    """That an order is cancelled; ``elsewhere`` where it names another school, and so fails."""

    order_id: str
    cancelled: int
    elsewhere: bool = False


@dataclass(slots=True)
class Year:
    """The orders of a year, and the pupils whom each class got during it."""

    orders: list[Order] = field(default_factory=list)
    cancellations: list[Cancellation] = field(default_factory=list)
    newly_in: dict[str, list[str]] = field(default_factory=dict)


def year_of_orders(
    school: int,
    classes: Sequence[SchoolClass],
    last_year: SchoolClass | None,
    start: int,
    dice: Dice,
) -> Year:
    """The orders since ``start`` and for the weeks to come; ``last_year`` is a closed class."""
    book = _Book(school, classes, start, dice)
    newcomers = {pupil for pupil, _ in book.take(3)}
    if last_year is not None:
        for pupil in [one for one in last_year.pupil_ids if one not in newcomers]:
            book.write("enrolment", pupil, last_year.class_id, start - 300, BEGINNING)
    for one in classes:
        for pupil in one.pupil_ids:
            if pupil in newcomers:
                ahead = dice.between(3, 30)
                book.write("enrolment", pupil, one.class_id, ahead, BEGINNING)
            else:
                book.write("enrolment", pupil, one.class_id, start, BEGINNING)
    book.moves()
    book.withdrawals()
    book.mistakes()
    return book.year


class _Book:
    """The school's book of orders while the year is written into it."""

    def __init__(self, school: int, classes: Sequence[SchoolClass], start: int, dice: Dice) -> None:
        self.year = Year()
        self._school = school
        self._classes = classes
        self._start = start
        self._dice = dice
        pool = [(pupil, one) for one in classes for pupil in one.pupil_ids]
        self._pupils = len(pool)
        self._pool = dice.shuffled(pool)

    def take(self, in_900: int) -> list[tuple[str, SchoolClass]]:
        """Pupils with no story yet, as many as a school of 900 has ``in_900`` of, and a class."""
        count = min(len(self._pool), -(-in_900 * self._pupils // 900))
        taken, self._pool = self._pool[:count], self._pool[count:]
        return taken

    def write(self, kind: Kind, pupil: str, class_id: str, effective: int, what: str) -> str:
        """Adds an order, signed a few days before it takes effect; returns its id.

        What begins a year is signed before everything else that takes effect on that day.
        """
        number = len(self.year.orders) + 1
        order_id = f"o-{self._school:04d}-{number:05d}"
        early = 6 if what == BEGINNING else 0
        signed = min(effective, 0) - self._dice.between(1, 4) - early
        clock = f"{9 + number % 8:02d}:{number % 60:02d}:00"
        title = f"{number // 30 + 1}-{what[0]}"
        self.year.orders.append(
            Order(order_id, kind, title, signed, clock, pupil, class_id, effective)
        )
        return order_id

    def moves(self) -> None:
        """Transfers by now and dated ahead; pupils who left and came back."""
        for pupil, old in self.take(30):
            self._transfer(pupil, old, self._past())
        for pupil, old in self.take(6):
            self._transfer(pupil, old, self._dice.between(3, 30))
        for pupil, old in self.take(4):
            left = self._past(0.5)
            self.write("withdrawal", pupil, old.class_id, left, "выбытие")
            self._enrol(pupil, self._other(old), left // 2)

    def withdrawals(self) -> None:
        """Pupils who left, will leave, or were named in a class where they are not."""
        for pupil, old in self.take(18):
            self.write("withdrawal", pupil, old.class_id, self._past(), "выбытие")
        for pupil, old in self.take(4):
            self.write("withdrawal", pupil, old.class_id, self._dice.between(3, 30), "выбытие")
        for pupil, old in self.take(2):
            other = self._other(old)
            if other is not old:
                self.write("withdrawal", pupil, other.class_id, self._past(), "выбытие")

    def mistakes(self) -> None:
        """What was ordered and then cancelled, rightly or in another school's name."""
        for pupil, old in self.take(5):
            self._cancel(self._enrol(pupil, self._other(old), self._past()))
        for pupil, old in self.take(3):
            for order_id in self._transfer(pupil, old, self._past()):
                self._cancel(order_id)
        for pupil, old in self.take(6):
            self._cancel(self.write("withdrawal", pupil, old.class_id, self._past(), "выбытие"))
        for pupil, old in self.take(2):
            order_id = self.write("withdrawal", pupil, old.class_id, self._past(), "выбытие")
            self._cancel(order_id, elsewhere=True)

    def _transfer(self, pupil: str, old: SchoolClass, on: int) -> list[str]:
        new = self._other(old)
        if new is old:
            return []
        if self._dice.chance(0.5):
            enrolled = self._enrol(pupil, new, on)
            return [enrolled, self.write("withdrawal", pupil, old.class_id, on, "перевод")]
        withdrawn = self.write("withdrawal", pupil, old.class_id, on, "перевод")
        return [withdrawn, self._enrol(pupil, new, on)]

    def _enrol(self, pupil: str, new: SchoolClass, on: int) -> str:
        self.year.newly_in.setdefault(new.class_id, []).append(pupil)
        return self.write("enrolment", pupil, new.class_id, on, "перевод")

    def _cancel(self, order_id: str, *, elsewhere: bool = False) -> None:
        self.year.cancellations.append(Cancellation(order_id, -self._dice.between(1, 3), elsewhere))

    def _past(self, until: float = 0.98) -> int:
        """A day from the start of the year on, before ``until`` of what has passed of it."""
        passed = -self._start
        return self._start + self._dice.below(int(passed * until) + 1)

    def _other(self, old: SchoolClass) -> SchoolClass:
        """Another class, of the same grade where there is one."""
        others = [one for one in self._classes if one is not old]
        same = [one for one in others if one.grade == old.grade]
        return self._dice.pick(same or others or [old])
