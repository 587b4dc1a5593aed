"""The words of initialising a school's chats: what it comes to, how far it is, what is left."""

from typing import Final, assert_never

from console.chat_words import people
from console.school_chats_words import GROUPS, STANDINGS, Why
from console.words import Word, plural
from domain.chat_standings import ChatStanding, StandingGroup, group_of
from domain.initialising import Fate
from operations.initialising import InitialisingPlan, PlannedChat
from operations.initialising_standing import Initialisation, InitialisedChat

MOST_SHOWN: Final = 100
"""Of the chats that nobody leaves; who leaves is always shown."""

_AS_IT_SHOULD_BE: Final = frozenset({StandingGroup.GOOD})
_ORDER: Final = [
    StandingGroup.HELD,
    StandingGroup.HELP,
    StandingGroup.OUTSIDE,
    StandingGroup.WAITS,
    StandingGroup.REJECTED,
    StandingGroup.NOT_CREATED,
]
"""What a person must act on first."""


def chats(count: int) -> str:
    """«5 чатов»."""
    return f"{count} {plural(count, 'чат', 'чата', 'чатов')}"


def fate(planned: PlannedChat) -> Word:
    """What becomes of a chat."""
    match planned.forecast.fate:
        case Fate.MADE:
            return Word("Будет создан", "+", "busy")
        case Fate.ANEW:
            return Word("Будет создан заново", "+", "attention")
        case Fate.SYNCED if not planned.forecast.known:
            return Word("Будет прочитан", "…", "quiet")
        case Fate.SYNCED:
            return Word("Синхронизируется", "↻", "quiet")
        case _:
            assert_never(planned.forecast.fate)


def remarks(planned: PlannedChat) -> list[str]:
    """What is to be known about it besides the numbers."""
    told, found = planned.forecast, []
    if told.fate is Fate.ANEW:
        found.append("Чат был удалён. Прежняя переписка не вернётся.")
    if told.fate.makes and not told.entering:
        found.append("Появится в MAX, когда кто-нибудь из участников привяжет учебный профиль.")
    if not told.known:
        found.append("Кто сейчас в чате, ещё не прочитано: сначала прочитаем.")
    if planned.losing:
        lose = plural(planned.losing, "потеряет", "потеряют", "потеряют")
        found.append(f"Права администратора {lose} {people(planned.losing)}.")
    if told.dropped:
        count = len(told.dropped)
        found.append(f"Добавленных вручную больше не будет: {people(count)}.")
    if told.elsewhere:
        found.append("Ещё часть удалений задержана, их разрешает администратор сервера.")
    if told.refused:
        stay = plural(told.refused, "Останется", "Останутся", "Останутся")
        found.append(f"{stay} {people(told.refused)}: удаление раньше отклонили.")
    return found


def listed(plan: InitialisingPlan) -> list[PlannedChat]:
    """The chats in which something changes: who leaves first, then what is made."""
    changing = [each for each in plan.chats if not each.forecast.is_quiet]
    leaving = [each for each in changing if each.forecast.leaving or each.forecast.dropped]
    others = [each for each in changing if not (each.forecast.leaving or each.forecast.dropped)]
    others.sort(key=lambda each: not each.forecast.fate.makes)
    return leaving + others[:MOST_SHOWN]


def quiet(plan: InitialisingPlan) -> int:
    """In how many chats nothing changes."""
    return sum(each.forecast.is_quiet for each in plan.chats)


def unlisted(plan: InitialisingPlan) -> int:
    """How many more change without anybody's leaving."""
    return len(plan.chats) - quiet(plan) - len(listed(plan))


def left(found: Initialisation) -> list[tuple[ChatStanding, Word, Why, list[InitialisedChat]]]:
    """The chats that are not as they should be, by how they stand, with why and what to do."""
    by_standing: dict[ChatStanding, list[InitialisedChat]] = {}
    for chat in found.chats:
        if group_of(chat.standing) not in _AS_IT_SHOULD_BE:
            by_standing.setdefault(chat.standing, []).append(chat)
    return [
        (standing, GROUPS[group_of(standing)], STANDINGS[standing], by_standing[standing])
        for standing in sorted(by_standing, key=_place)
    ]


def _place(standing: ChatStanding) -> tuple[int, str]:
    group = group_of(standing)
    return (_ORDER.index(group) if group in _ORDER else len(_ORDER), standing.value)


def good(found: Initialisation) -> int:
    """How many are as they should be."""
    return sum(group_of(chat.standing) in _AS_IT_SHOULD_BE for chat in found.chats)
