"""The words of the pages: what the store says, in Russian, as a person would say it.

Every state has its word and its sign, so that none is told by colour alone. A value that
has no word here is shown as it is rather than hidden.
"""

from dataclasses import dataclass
from typing import Literal

from console import obstacle_words
from domain.gate import GateClosed, GateOpen, RemovalsWait
from operations.drift import OpenDrift
from operations.report import Overall
from operations.schools import MemberReason, MemberRow

Tone = Literal["good", "busy", "attention", "quiet"]


@dataclass(frozen=True, slots=True)
class Word:
    """How a value is shown: a word, a sign before it, and a tone for the colour."""

    text: str
    sign: str
    tone: Tone
    hint: str = ""


CHAT_STATES = {
    "converged": Word(
        "Сошёлся", "✓", "good", "Состав в мессенджере такой, какой следует из реестра"
    ),
    "pending": Word("Ждёт", "…", "busy", "Изменения ещё не дошли до мессенджера"),
    "held": Word("Удержан", "!", "attention", "Слишком много удалений: нужно решение человека"),
    "rejected": Word(
        "Отклонён", "×", "quiet", "Удаления отклонены человеком, остальное выполняется"
    ),
    "parked": Word(
        "Отложен",
        "!",
        "attention",
        "Мессенджер не пускает бота в чат, или чат в нём удалён: нужен человек",
    ),
    "not_created": Word(
        "Не создан", "○", "quiet", "Ни у кого из участников ещё нет учебного профиля"
    ),
    "frozen": Word("Заморожен", "■", "quiet", "Класс, группа или школа закрыты"),
    "deleted": Word("Удалён", "×", "quiet", "Чат удалил человек"),
}

CHAT_STATES_OF_MANY = {
    "converged": "Сошлись",
    "pending": "Ждут",
    "held": "Удержаны",
    "rejected": "Отклонены",
    "parked": "Отложены",
    "not_created": "Не созданы",
    "frozen": "Заморожены",
    "deleted": "Удалены",
}

CHAT_KINDS = {
    "staff_room": "Учительская",
    "class": "Класс",
    "parents": "Родители",
    "subject": "Предмет",
}

OWN_CHATS_KINDS = {
    "staff_room": "Учительская",
    "class": "Класс",
    "parents": "Родители",
    "subject": "Предметы",
}
"""As the guide heads one's own chats, in its order."""

MEMBER_STATES = {
    "present": Word("В чате", "✓", "good"),
    "to_add": Word("Будет добавлен", "+", "busy"),
    "to_remove": Word("Будет удалён", "−", "busy"),
    "no_profile": Word("Нет профиля", "○", "quiet", "Учебный профиль не привязан"),
    "blocked": Word("Не добавляется", "!", "attention"),
}

ROLES = {"administrator": "Администратор", "member": "Участник"}

_REASONS = {
    "employment": "работает в школе",
    "class_teacher": "классный руководитель",
    "order": "зачислен приказом",
    "guardianship": "родитель (законный представитель)",
    "subject_group": "предметная группа",
    "decision": "решение школы",
}

_REFUSALS = {
    "privacy": "настройки приватности не разрешают добавлять в чаты",
    "not_found": "мессенджер не находит этот профиль",
    "chat_full": "в чате нет места",
    "refused": "мессенджер отказал",
    "paused": "вызовы мессенджера не удаются",
    "own_account": "профиль указывает на аккаунт самого бота",
    "left": "больше не состоит в чате",
    "invited": "может войти только по ссылке на чат",
}

DRIFT_KINDS = {
    "added_by_administrator": "Добавлен администратором чата",
    "added": "Вошёл в чат без основания",
    "removed_by_administrator": "Удалён администратором чата",
    "left": "Вышел из чата",
    "promoted": "Стал администратором чата",
    "demoted": "Перестал быть администратором чата",
    "title_changed": "Изменено наименование чата",
    "bot_lost": "Бот больше не администратор чата",
}

DRIFT_PARTS = {"proposals": "Ждут решения", "left": "Вышли из чатов"}

ADDING_OFF = {
    "setting": "так настроено",
    "refused": "мессенджер никого не добавляет",
}


def chat_state(state: str) -> Word:
    """The word for a chat's state."""
    return CHAT_STATES.get(state, Word(state, "?", "quiet"))


def member_state(state: str) -> Word:
    """The word for a member's state."""
    return MEMBER_STATES.get(state, Word(state, "?", "quiet"))


def kind(value: str) -> str:
    """The word for a chat's kind."""
    return CHAT_KINDS.get(value, value)


def role(value: str) -> str:
    """The word for a member's role."""
    return ROLES.get(value, value)


def reason(given: MemberReason) -> str:
    """Why somebody belongs, without the id."""
    return _REASONS.get(given.kind, given.kind)


def refusal(member: MemberRow) -> str:
    """Why somebody who is expected is not inside."""
    given = member.blocked_as or "refused"
    return _REFUSALS.get(given, given)


def drift_kind(value: str) -> str:
    """What people did in the messenger."""
    return DRIFT_KINDS.get(value, value)


def drift_next(change: OpenDrift) -> Word:
    """What becomes of such a change by itself; a date is shown beside it."""
    match change.kind:
        case "added_by_administrator" if change.is_proposal:
            return Word("Ждёт решения", "!", "attention")
        case "added_by_administrator" | "added":
            return Word("Будет удалён", "−", "busy")
        case "removed_by_administrator" | "left":
            return _return(change)
        case "bot_lost":
            return Word("Нужен человек", "!", "attention")
        case _:
            return Word("Будет исправлено", "…", "busy")


def _return(change: OpenDrift) -> Word:
    if change.insists or change.due_at is not None:
        return Word("Будет возвращён", "+", "busy")
    return Word("Не возвращаем", "○", "quiet", "Вернём, если появится новое основание")


def gate(standing: Overall) -> Word:
    """Whether chats are being changed now, with the reason where they are not."""
    match standing.gate:
        case GateOpen() if standing.obstacles:
            return Word("Чаты обновляются, но не все", "!", "attention", "Что мешает и что делать:")
        case GateOpen():
            return Word("Чаты обновляются", "✓", "good", "Все события прочитаны и учтены.")
        case GateClosed():
            return _closed(standing)
        case RemovalsWait(additions_wait=both):
            return Word(
                "Изменения ждут" if both else "Удаления ждут",
                "…",
                "busy",
                _behind(standing),
            )


def _closed(standing: Overall) -> Word:
    if standing.gaps:
        places = ", ".join(standing.gaps)
        return Word(
            "Чаты не меняются",
            "!",
            "attention",
            f"В Kafka не хватает записей ({places}). Чаты не изменятся, "
            "пока человек не подтвердит пропуск.",
        )
    step = "учитываем прочитанное"
    if not standing.ends_seen:
        step = "узнаём, сколько событий накопилось"
    elif not standing.ends_passed:
        step = "читаем накопившиеся события"
        if standing.loading:
            step += ", а составы чатов посчитаем, когда прочитаем все"
    why = obstacle_words.catch_up(standing.armed_reason or "")
    return Word("Сначала догоняем", "…", "busy", f"Причина: {why}. Сейчас {step}.")


def _behind(standing: Overall) -> str:
    if standing.lag is None or not standing.watched:
        return "Неизвестно, сколько событий не прочитано: концы топиков давно не проверялись."
    if standing.lag:
        return "Часть событий ещё не прочитана."
    return "Часть изменений ещё не учтена в составах чатов."


obstacle = obstacle_words.words_of
"""The words for what keeps chats from being as they should be."""


def span(minutes: int) -> str:
    """A time of so many minutes: 45 мин, 1 ч 34 мин."""
    hours, rest = divmod(minutes, 60)
    return f"{hours} ч {rest} мин" if hours else f"{rest} мин"


def plural(count: int, one: str, few: str, many: str) -> str:
    """The form of a noun after a number: 1 чат, 2 чата, 5 чатов."""
    tens, units = count % 100, count % 10
    if units == 1 and tens != 11:
        return one
    return few if units in {2, 3, 4} and not 12 <= tens <= 14 else many
