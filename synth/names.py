"""Names that nobody has: plausible in sound, obviously invented."""

from dataclasses import dataclass
from typing import Final, Literal

from synth.dice import Dice

Sex = Literal["male", "female"]

_SURNAMES: Final = """
Ёлочкин Тридесятов Лукоморьев Небылицын Пряничкин Карандашев Облачкин Одуванчиков
Семимильнов Вчерашнев Послезавтров Мухоморкин Чернильницын Промокашкин Клубничкин Тетрадкин
Переменкин Звоночкин Варежкин Сугробкин Капелькин Радугин Киселебережнов Самобранкин
Неваляшкин Бурундучков Ёжиков-Колючкин Светлячков Глобусов Запятаев Троеточиев Интегралов
Гипотенузин Катетов Дробинкин Пятёркин Рюкзаков Пеналов Ластиков Мелков Доскин Букварёв
Азбукин Считалкин Загадкин Скороговоркин Небосводов Подснежников Незабудкин Василисков
Печкин-Теплов Кораблёв-Бумажный Ветерков Снежинкин Солнышкин Лужицын Кисточкин Пластилинов
Вареньев Компотов
"""
SURNAMES: Final = tuple(_SURNAMES.split())
_MEN: Final = (
    ("Александр", "Александрович", "Александровна"),
    ("Алексей", "Алексеевич", "Алексеевна"),
    ("Артём", "Артёмович", "Артёмовна"),
    ("Борис", "Борисович", "Борисовна"),
    ("Виктор", "Викторович", "Викторовна"),
    ("Глеб", "Глебович", "Глебовна"),
    ("Дмитрий", "Дмитриевич", "Дмитриевна"),
    ("Егор", "Егорович", "Егоровна"),
    ("Иван", "Иванович", "Ивановна"),
    ("Кирилл", "Кириллович", "Кирилловна"),
    ("Лев", "Львович", "Львовна"),
    ("Максим", "Максимович", "Максимовна"),
    ("Михаил", "Михайлович", "Михайловна"),
    ("Никита", "Никитич", "Никитична"),
    ("Олег", "Олегович", "Олеговна"),
    ("Пётр", "Петрович", "Петровна"),
    ("Роман", "Романович", "Романовна"),
    ("Семён", "Семёнович", "Семёновна"),
    ("Тимофей", "Тимофеевич", "Тимофеевна"),
    ("Фёдор", "Фёдорович", "Фёдоровна"),
)
_WOMEN_NAMES: Final = """
Агата Алёна Анна Арина Валерия Варвара Вера Дарья Ева Екатерина Елена Ирина Ксения Любовь
Мария Надежда Ольга Полина Софья Таисия Ульяна Юлия Яна
"""
_WOMEN: Final = tuple(_WOMEN_NAMES.split())


@dataclass(frozen=True, slots=True)
class Name:
    """A whole name, and the index of its surname, which a family shares."""

    family: int
    surname: str
    given_name: str
    patronymic: str | None


def feminine(surname: str) -> str:
    """The surname as women bear it; each part of a double one."""
    return "-".join(
        part.removesuffix("ый") + "ая" if part.endswith("ый") else part + "а"
        for part in surname.split("-")
    )


_FEMININE: Final = tuple(map(feminine, SURNAMES))


_PATRONYMICS: Final = {name: (son, daughter) for name, son, daughter in _MEN}


def a_name(dice: Dice, sex: Sex, family: int | None = None, father: str | None = None) -> Name:
    """A name of the family and after the father, or of any; one in twenty has no patronymic."""
    family = dice.below(len(SURNAMES)) if family is None else family
    father = father or a_father(dice)
    son, daughter = _PATRONYMICS[father]
    stays = dice.chance(0.95)
    if sex == "male":
        return Name(family, SURNAMES[family], dice.pick(_MEN)[0], son if stays else None)
    return Name(family, _FEMININE[family], dice.pick(_WOMEN), daughter if stays else None)


def a_father(dice: Dice) -> str:
    """The given name of somebody's father."""
    return dice.pick(_MEN)[0]
