"""The people of one made-up school: staff, pupils, families, and who has which account.

Families make it worth its name: brothers and sisters in different classes, teachers whose
own children go to the school, a couple that shares one account, and a third of all people
without a linked profile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from synth.dice import Dice
from synth.names import Name, Sex, a_father, a_name

DIRECTOR: Final = 0
DEPUTY: Final = 1
SECRETARY: Final = 2
FIRST_TEACHER: Final = 3
MANY: Final = 100
"""From this number of people on, a school has all its particular cases."""

_YEAR: Final = 365


@dataclass(frozen=True, slots=True)
class Person:
    """Someone at the school; ``born`` is in days from today."""

    person_id: str
    name: Name
    sex: Sex
    born: int


@dataclass(frozen=True, slots=True)
class People:
    """Everybody at a school.

    ``staff`` begins with the director, the deputy and the secretary; the others teach.
    ``pupils`` are in the order of the grades asked for. ``guardianships`` are pairs of a
    guardian's and a pupil's id; ``guardians`` are those who are not staff.
    """

    staff: tuple[Person, ...]
    pupils: tuple[Person, ...]
    guardians: tuple[Person, ...]
    guardianships: tuple[tuple[str, str], ...]
    accounts: dict[str, int]
    unlinked_again: frozenset[str]

    @property
    def teachers(self) -> tuple[Person, ...]:
        """The staff who teach, but the deputy."""
        return self.staff[FIRST_TEACHER:]


def person_id(school: int, number: int) -> str:
    """The id of a school's person; the staff have the first numbers."""
    return f"p-{school:04d}-{number:05d}"


def people(school: int, grades: Sequence[int], start: int, dice: Dice) -> People:
    """The people of a school with a pupil in each of ``grades``; the year began at ``start``."""
    staff = _staff(school, max(8, len(grades) // 15), dice)
    families = _Families(school, staff, grades, start, dice)
    families.fill()
    pupils = tuple(families.pupils[index] for index in range(len(grades)))
    guardians = tuple(families.guardians)
    accounts, unlinked_again = _accounts(
        school,
        [one.person_id for one in staff],
        [one.person_id for one in (*pupils, *guardians)],
        families.couple,
        dice,
    )
    return People(staff, pupils, guardians, tuple(families.guardianships), accounts, unlinked_again)


def _staff(school: int, size: int, dice: Dice) -> tuple[Person, ...]:
    return tuple(_adult(person_id(school, number), dice) for number in range(1, size + 1))


def _adult(identity: str, dice: Dice, sex: Sex | None = None, family: int | None = None) -> Person:
    sex = sex or ("female" if dice.chance(0.7) else "male")
    born = -dice.between(28 * _YEAR, 60 * _YEAR)
    return Person(identity, a_name(dice, sex, family), sex, born)


class _Families:
    """Deals the pupils out to families, in an order that is not that of the classes."""

    def __init__(
        self,
        school: int,
        staff: tuple[Person, ...],
        grades: Sequence[int],
        start: int,
        dice: Dice,
    ) -> None:
        self.pupils: dict[int, Person] = {}
        self.guardians: list[Person] = []
        self.guardianships: list[tuple[str, str]] = []
        self.couple: tuple[str, ...] = ()
        self._school = school
        self._staff = staff
        self._grades = grades
        self._start = start
        self._dice = dice

    def fill(self) -> None:
        """Every pupil gets a family of one to three children."""
        waiting = self._dice.shuffled(range(len(self._grades)))
        parents_on_staff = list(self._staff[FIRST_TEACHER : FIRST_TEACHER + len(self._staff) // 12])
        while waiting:
            size = 1 if self._dice.chance(0.86) else 2 if self._dice.chance(0.9) else 3
            children, waiting = waiting[:size], waiting[size:]
            self._family(children, parents_on_staff.pop(0) if parents_on_staff else None)

    def _family(self, children: list[int], teacher: Person | None) -> None:
        dice = self._dice
        first = teacher or self._adult("female", None)
        guardians = [first]
        if teacher is not None or dice.chance(0.65):
            other: Sex = "male" if first.sex == "female" else "female"
            guardians.append(self._adult(other, first.name.family))
        if teacher is not None and not self.couple:
            self.couple = (guardians[0].person_id, guardians[1].person_id)
        fathers = [one.name.given_name for one in guardians if one.sex == "male"]
        father = fathers[0] if fathers else a_father(dice)
        for index in children:
            pupil = self._pupil(index, first.name.family, father)
            self.pupils[index] = pupil
            self.guardianships += [(one.person_id, pupil.person_id) for one in guardians]

    def _adult(self, sex: Sex, family: int | None) -> Person:
        number = len(self._staff) + len(self._grades) + len(self.guardians) + 1
        adult = _adult(person_id(self._school, number), self._dice, sex, family)
        self.guardians.append(adult)
        return adult

    def _pupil(self, index: int, family: int, father: str) -> Person:
        sex: Sex = "male" if self._dice.chance(0.5) else "female"
        age = (6 + self._grades[index]) * _YEAR + self._dice.below(_YEAR)
        identity = person_id(self._school, len(self._staff) + index + 1)
        name = a_name(self._dice, sex, family, father)
        return Person(identity, name, sex, self._start - age)


def _accounts(
    school: int, staff: list[str], others: list[str], couple: tuple[str, ...], dice: Dice
) -> tuple[dict[str, int], frozenset[str]]:
    """Accounts for two thirds of all, and who once had one besides.

    The couple has one account for both; of the staff only one in ten has none.
    """
    staff = [one for one in dice.shuffled(staff) if one not in couple]
    others = [one for one in dice.shuffled(others) if one not in couple]
    few = len(staff) // 10
    many = (len(staff) + len(others) + len(couple)) // 3 - few
    linked = [*couple, *staff[few:], *others[many:]]
    accounts = {
        one: 10_000_019 + 7 * (10_000 * school + number) for number, one in enumerate(linked)
    }
    for one in couple:
        accounts[one] = accounts[couple[0]]
    return accounts, frozenset(others[: many // 12])
