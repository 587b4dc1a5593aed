"""The classes of one made-up school, and their subject groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from synth.dice import Dice
from synth.people import MANY, People, Person

CLASS_SIZE: Final = 25

_LETTERS: Final = (
    ("а", "a"), ("б", "b"), ("в", "v"), ("г", "g"), ("д", "d"), ("е", "e"), ("ж", "zh"),
    ("и", "i"), ("к", "k"), ("л", "l"),
)  # fmt: skip
_JUNIOR: Final = (
    "Русский язык", "Литературное чтение", "Математика", "Окружающий мир", "Музыка",
    "Изобразительное искусство", "Технология", "Физическая культура",
)  # fmt: skip
_SENIOR: Final = (
    "Русский язык", "Литература", "Алгебра", "Геометрия", "История", "Физика", "Химия", "Биология",
)  # fmt: skip
_SPLIT: Final = (("Ин.яз.", "Английский"), ("Информатика", "Программирование"))


@dataclass(frozen=True, slots=True)
class SchoolClass:
    """A class with the pupils that it begins the year with."""

    class_id: str
    name: str
    grade: int
    teacher_id: str | None
    pupil_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A subject group; ``pupil_ids`` is None where it is for the whole class."""

    group_id: str
    class_id: str
    subject: str
    name: str | None
    teacher_ids: tuple[str, ...]
    pupil_ids: tuple[str, ...] | None


def class_grades(pupils: int) -> list[int]:
    """The grade of each class of a school, from the first to the last."""
    classes = max(1, -(-pupils // CLASS_SIZE))
    return sorted(1 + index % 11 for index in range(classes))


def class_sizes(pupils: int) -> list[int]:
    """The pupils of each class, as even as can be."""
    classes = len(class_grades(pupils))
    return [pupils // classes + (index < pupils % classes) for index in range(classes)]


def school_classes(school: int, everybody: People) -> tuple[SchoolClass, ...]:
    """The classes, filled with the pupils in their order.

    In a school of some size the last class but one has no class teacher, and the last one's
    has left.
    """
    pupils = everybody.pupils
    sizes = class_sizes(len(pupils))
    teachers: list[str | None] = [
        everybody.teachers[index % (len(everybody.teachers) - 2)].person_id
        for index in range(len(sizes))
    ]
    if len(pupils) >= MANY:
        teachers[-2:] = [None, everybody.teachers[-1].person_id]
    made: list[SchoolClass] = []
    first = 0
    grades = class_grades(len(pupils))
    for index, (grade, size) in enumerate(zip(grades, sizes, strict=True)):
        cyrillic, latin = _LETTERS[index - grades.index(grade)]
        ids = tuple(one.person_id for one in pupils[first : first + size])
        identity = f"c-{school:04d}-{grade}{latin}"
        made.append(SchoolClass(identity, f"{grade}{cyrillic}", grade, teachers[index], ids))
        first += size
    return tuple(made)


def subject_groups(
    of: SchoolClass, teachers: Sequence[Person], visiting: str | None, dice: Dice
) -> list[Group]:
    """Eight groups for the whole class, and two subjects in two subgroups each.

    ``visiting`` is a teacher of another school, who teaches here now and then.
    """
    subjects = _JUNIOR if of.grade <= 4 else _SENIOR
    groups: list[Group] = []
    for subject in subjects:
        ids = [dice.pick(teachers).person_id]
        if dice.chance(0.05):
            ids = list(dict.fromkeys([*ids, visiting or dice.pick(teachers).person_id]))
        name = f"{of.name} - {subject}/{dice.pick(('поток', 'кабинет 7'))}"
        named = name if dice.chance(0.05) else None
        groups.append(Group(_id(of, groups), of.class_id, subject, named, tuple(ids), None))
    for subject, part in _SPLIT:
        for half in (0, 1):
            name = f"{of.name} - {subject}/{part}/{half + 1}"
            ids = [dice.pick(teachers).person_id]
            roster = of.pupil_ids[half::2]
            groups.append(Group(_id(of, groups), of.class_id, subject, name, tuple(ids), roster))
    return groups


def _id(of: SchoolClass, before: Sequence[Group]) -> str:
    return f"g{of.class_id[1:]}-{len(before) + 1:02d}"
