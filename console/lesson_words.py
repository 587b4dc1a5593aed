"""The words of distance lessons: what the row offers, how the call stands, why nothing was done.

Total over the enums of the operations, so that no new state is shown in English or not at all.
"""

from datetime import date
from typing import Final

from console.words import Word, plural
from operations.class_journal import Period
from operations.lesson_acts import Refusal
from operations.lesson_shown import CallState

PERIODS: Final = {Period.DAY: "День", Period.WEEK: "Неделя", Period.MONTH: "Месяц"}

CALLS: Final = {
    CallState.NONE: Word("", "", "quiet"),
    CallState.READY: Word("Готов", "✓", "good"),
    CallState.COMING: Word("Ждёт", "…", "busy"),
    CallState.NO_CHAT: Word("Ждёт чата", "!", "attention"),
    CallState.REFUSED: Word("Нужна помощь", "!", "attention"),
    CallState.FAILING: Word("Ждёт MAX", "!", "attention"),
    CallState.STAYS: Word("Идёт звонок", "!", "attention"),
}

ADVICE: Final = {
    CallState.NONE: "",
    CallState.READY: "",
    CallState.COMING: "Изменение ещё не дошло до MAX, обычно это занимает несколько секунд.",
    CallState.NO_CHAT: "Чата предмета ещё нет в MAX, а звонок бывает только в чате. Он появится, "
    "когда кто-нибудь из группы привяжет учебный профиль; звонок будет создан следом.",
    CallState.REFUSED: "MAX отказал. Удалите урок и создайте его снова; если отказ повторится, "
    "сообщите администратору школы.",
    CallState.FAILING: "MAX сейчас не отвечает. Ваше решение записано и будет выполнено, как "
    "только он ответит. Если урок скоро, предупредите учеников.",
    CallState.STAYS: "Сейчас в звонке могут быть люди, поэтому он не тронут до своего конца. Чтобы "
    "закончить его раньше, нажмите «Удалить».",
}

REFUSALS: Final = {
    Refusal.OVER: "Урок уже завершился: создать или переименовать его нельзя.",
    Refusal.CANCELLED: "Урок отменён в реестре: создать его нельзя.",
    Refusal.RUNNING: "Урок идёт, и в звонке могут быть люди.",
    Refusal.OVERTAKEN: "Пока вы смотрели, этот урок изменил кто-то другой. Посмотрите, как сейчас, "
    "и нажмите ещё раз.",
    Refusal.TITLE_EMPTY: "Напишите наименование урока.",
    Refusal.TITLE_LONG: "Наименование длиннее 200 знаков.",
    Refusal.TITLE_SIGNS: "В наименовании есть знаки, которых не видно. Напишите его заново.",
}

_WEEKDAYS: Final = (
    "Понедельник", "Вторник", "Среда", "Четверг", "Пятница", "Суббота", "Воскресенье",
)  # fmt: skip
_MONTHS: Final = (
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября",
    "октября", "ноября", "декабря",
)  # fmt: skip


def long_date(day: date) -> str:
    """«Понедельник, 5 декабря 2022 г.»."""
    return f"{_WEEKDAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]} {day.year} г."


def until(seconds: int) -> str:
    """How long it is until something: days and hours, hours and minutes, or less."""
    if seconds < 60:
        return f"{seconds} {plural(seconds, 'секунда', 'секунды', 'секунд')}"
    minutes = -(-seconds // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} {plural(days, 'день', 'дня', 'дней')} {hours} ч"
    return f"{hours} ч {minutes % 60} мин" if hours else f"{minutes} мин"
