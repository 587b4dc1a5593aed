"""The words of «Сводка школы»: why somebody is not in a chat, and what to do about it.

Total over ``Absence``: a reason without words fails the types, not the page.
"""

from typing import Final, assert_never

from console.words import Word
from operations.summary import Absence, Part, Show, SummaryPerson

SHOW: Final = {
    Show.ALL: "Все",
    Show.OUTSIDE: "Не в чатах",
    Show.UNLINKED: "Не привязали профиль",
}
PARTS: Final = {Part.PUPIL: "Ученики", Part.PARENT: "Родители"}
PART: Final = {Part.STAFF: "Сотрудник", Part.PUPIL: "Ученик", Part.PARENT: "Родитель"}
STAFF: Final = "Сотрудники"


def why(absence: Absence) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912 - an answer each
    """What is so, and what to do about it."""
    match absence:
        case Absence.NO_PROFILE:
            return "Не привязан учебный профиль", "Попросите привязать его на экране «Чаты»."
        case Absence.OWN_ACCOUNT:
            return "Привязан служебный аккаунт", "Попросите привязать профиль заново."
        case Absence.NOT_FOUND:
            return "MAX не находит аккаунт", "Попросите привязать профиль заново."
        case Absence.PRIVACY:
            return "Аккаунт закрыт от приглашений", "Передайте ссылку на чат."
        case Absence.REFUSED:
            return "MAX отказался добавить", "Передайте ссылку на чат."
        case Absence.INVITED:
            return "Входит только по ссылке", "Передайте ссылку на чат."
        case Absence.LEFT:
            return "Больше не состоит в чате", "Вернуться можно по ссылке на чат."
        case Absence.CHAT_FULL:
            return "В чате нет места", "Добавим, как только кто-нибудь выйдет."
        case Absence.CHAT:
            return "Чату нужна помощь", "Посмотрите состояние чата в «Управлении чатами»."
        case Absence.PAUSED:
            return "Добавить пока не получилось", "Повторим сами, делать ничего не нужно."
        case Absence.WAITS:
            return "Ждёт", "Изменения ещё не дошли до MAX."
        case Absence.NO_CHAT:
            return (
                "Не состоит в чатах класса",
                "Чата ещё нет, такие чаты выключены в настройках школы, или человека удалили.",
            )
        case _:
            assert_never(absence)


def standing(person: SummaryPerson) -> Word:
    """How somebody stands, in one word."""
    if person.why is None:
        return Word("В чатах", "✓", "good")
    what, _ = why(person.why)
    if person.why in {Absence.WAITS, Absence.PAUSED}:
        return Word(what, "…", "busy")
    if person.why in {Absence.NO_PROFILE, Absence.NO_CHAT}:
        return Word(what, "○", "quiet")
    return Word(what, "!", "attention")
