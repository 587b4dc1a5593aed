"""The words of «Управление чатами»: how a chat stands, why, and what a school can do about it.

Total over the domain's own enums: ``assert_never`` and the tests see to it that no new standing,
cause or limit is shown in English, or not at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, assert_never

from console.words import CHAT_KINDS, Word, plural
from operations.school_chats import (
    ChatKind,
    ChatStanding,
    Column,
    GuardScope,
    ListedChat,
    ObstacleKind,
    StandingGroup,
    group_of,
)

KINDS: Final = {kind: CHAT_KINDS[kind.value] for kind in ChatKind} | {ChatKind.SUBJECT: "Предметы"}
"""As the guide's list has them."""

GROUPS: Final = {
    StandingGroup.GOOD: Word("Сошёлся", "✓", "good"),
    StandingGroup.WAITS: Word("Ждёт", "…", "busy"),
    StandingGroup.OUTSIDE: Word("Не все в чате", "+", "attention"),
    StandingGroup.HELD: Word("Удержан", "!", "attention"),
    StandingGroup.HELP: Word("Нужна помощь", "!", "attention"),
    StandingGroup.REJECTED: Word("Отклонён", "×", "quiet"),
    StandingGroup.NOT_CREATED: Word("Не создан", "○", "quiet"),
    StandingGroup.CLOSED: Word("Закрыт", "■", "quiet"),
    StandingGroup.DELETING: Word("Удаляется", "…", "busy"),
    StandingGroup.DELETED: Word("Удалён", "×", "quiet"),
}

GROUP_NAMES: Final = [(group, word.text) for group, word in GROUPS.items()]

COLUMNS: Final = {
    Column.TITLE: "Наименование чата",
    Column.KIND: "Тип чата",
    Column.MEMBERS: "Кол-во участников",
    Column.YEAR: "Учебный год",
    Column.CLASS: "Класс",
    Column.ADMINISTRATOR: "Администратор",
    Column.STATE: "Состояние",
}


@dataclass(frozen=True, slots=True)
class Why:
    """The cause of a standing, and what to do; both may be empty."""

    cause: str = ""
    advice: str = ""


STANDINGS: Final = {
    ChatStanding.CONVERGED: Why(),
    ChatStanding.PENDING: Why(
        "Изменения ещё не дошли до MAX.", "Обычно это секунды, делать ничего не нужно."
    ),
    ChatStanding.FAILING: Why(
        "MAX несколько раз подряд не ответил или ответил ошибкой.",
        "Пробуем сами. Если так больше часа, сообщите администратору сервера.",
    ),
    ChatStanding.STUCK: Why(
        "С некоторыми участниками MAX не даёт ничего сделать.",
        "Остальное сделано; пробуем раз в день.",
    ),
    ChatStanding.OUTSIDE: Why(
        "Часть участников ещё не в чате: MAX их не добавляет, или они вышли сами.",
        "Передайте им ссылку на чат.",
    ),
    ChatStanding.NO_PROFILES: Why(
        "Ни у кого из участников нет учебного профиля Сферум.",
        "Чат появится, когда кто-нибудь из них привяжет профиль.",
    ),
    ChatStanding.HELD: Why("Нужно решение: кого убрать из чата."),
    ChatStanding.REJECTED: Why(
        "Человек решил не убирать тех, кого по реестру здесь быть не должно.",
        "Делать ничего не нужно.",
    ),
    ChatStanding.PARKED: Why(
        "В MAX бот больше не администратор этого чата.",
        "Откройте чат в MAX и снова сделайте бота администратором.",
    ),
    ChatStanding.GONE: Why(
        "Чат удалён в самом MAX.",
        "Если он нужен, администратор школы создаст его заново: «Инициализировать список чатов»; "
        "если нет, удалите его и здесь.",
    ),
    ChatStanding.REFUSED: Why(
        "MAX отказал в действии с этим чатом.",
        "Пробуем раз в день. Сообщите администратору сервера.",
    ),
    ChatStanding.SHORT_READ: Why(
        "MAX показывает не всех участников чата.",
        "Кто виден, уже сверен; перечитываем раз в день.",
    ),
    ChatStanding.FROZEN: Why(
        "Класс, группа или школа закрыты.", "Сам по себе в чат больше никто не войдёт."
    ),
    ChatStanding.DELETING: Why("Чат удаляется из СГО и из MAX.", "Делать ничего не нужно."),
    ChatStanding.DELETED: Why("Чат удалён из СГО и из MAX."),
}


def state(chat: ListedChat) -> Word:
    """The word for how a chat stands."""
    return GROUPS[group_of(chat.row.standing)]


def why(chat: ListedChat) -> Why:
    """The cause and the advice, with numbers where there are any."""
    standing = chat.row.standing
    if standing is ChatStanding.HELD and chat.row.held:
        advice = "" if chat.may_decide else who_decides(chat.row.held[0])
        people = plural(chat.row.takings, "участника", "участников", "участников")
        about = f"Касается {chat.row.takings} {people}."
        return Why(" ".join([*map(limit, chat.row.held), about]), advice)
    if standing is ChatStanding.OUTSIDE and chat.row.outside:
        count = chat.row.outside
        people = plural(count, "участник", "участника", "участников")
        cause = f"Ещё не в чате {count} {people}: MAX не добавляет, или вышли сами."
        return Why(cause, STANDINGS[standing].advice)
    return STANDINGS[standing]


def limit(scope: GuardScope) -> str:  # noqa: PLR0911 - an answer each
    """Whose limit what is held would pass, as a school understands it."""
    match scope:
        case GuardScope.CHAT:
            return "Из чата ушло бы слишком много участников сразу."
        case GuardScope.STRANGERS:
            return "Из чата ушло бы много тех, кого школа туда не добавляла."
        case GuardScope.SCHOOL:
            return "В школе за час слишком много удалений из чатов."
        case GuardScope.TOTAL:
            return "Во всех школах сразу слишком много удалений из чатов."
        case GuardScope.UNLINK_SCHOOL:
            return "В школе слишком многие сразу отвязали или сменили учебный профиль."
        case GuardScope.UNLINK_TOTAL:
            return "Во всех школах слишком многие сразу отвязали или сменили учебный профиль."
        case GuardScope.FLAPPING:
            return "Одних и тех же людей снова и снова убирают из чата и возвращают."
        case _:
            assert_never(scope)


def who_decides(scope: GuardScope) -> str:
    """Who is to be asked, of somebody who may not decide."""
    match scope:
        case GuardScope.CHAT | GuardScope.STRANGERS | GuardScope.SCHOOL:
            return "Решает администратор школы."
        case (
            GuardScope.TOTAL
            | GuardScope.UNLINK_SCHOOL
            | GuardScope.UNLINK_TOTAL
            | GuardScope.FLAPPING
        ):
            return "Решает администратор сервера."
        case _:
            assert_never(scope)


def trouble(kinds: Iterable[ObstacleKind]) -> str | None:
    """The first of what holds all schools up that a school should know of."""
    return next((said for said in map(_trouble, kinds) if said is not None), None)


def _trouble(kind: ObstacleKind) -> str | None:  # noqa: C901, PLR0911 - an answer each
    match kind:
        case ObstacleKind.GAP:
            return (
                "Чаты сейчас не меняются: часть записей реестра потеряна. "
                "Продолжить может администратор сервера."
            )
        case ObstacleKind.READ_ONLY:
            return "Чаты сейчас не меняются: база данных не принимает изменений."
        case ObstacleKind.CATCHING_UP:
            return (
                "Чаты пока не меняются: сначала читаем накопившиеся изменения реестра. "
                "Пройдёт само."
            )
        case ObstacleKind.TOKEN_REFUSED:
            return (
                "Чаты сейчас не меняются: MAX не принимает ключ бота. "
                "Сообщите администратору сервера."
            )
        case ObstacleKind.MESSENGER_FAILING:
            return "MAX сейчас не отвечает. Изменения ждут, пробуем сами."
        case ObstacleKind.STOPPED | ObstacleKind.SET_ASIDE:
            return (
                "Часть записей реестра не читается, некоторые чаты могут отставать. "
                "Исправить может администратор сервера."
            )
        case (
            ObstacleKind.UNWATCHED
            | ObstacleKind.MISSING
            | ObstacleKind.UNREAD
            | ObstacleKind.UNDERIVED
        ):
            return (
                "Из чатов пока никого не убираем: не все изменения реестра прочитаны. "
                "Обычно проходит само."
            )
        case ObstacleKind.ADDING_OFF:
            return "MAX сейчас никого не добавляет: участники входят в чаты по ссылке."
        case (
            ObstacleKind.ANSWERS_REFUTED
            | ObstacleKind.WEBHOOK_LOST
            | ObstacleKind.UNPUBLISHED
            | ObstacleKind.OWN_ACCOUNT
            | ObstacleKind.UNHEARD
            | ObstacleKind.LESSON_WAITS
            | ObstacleKind.LESSON_FAILS
        ):
            return None  # the operators' to mend, or no chat's; no chat of a school shows it
        case (
            ObstacleKind.HELD
            | ObstacleKind.UNLINKING
            | ObstacleKind.FLAPPING
            | ObstacleKind.REJECTED
            | ObstacleKind.PARKED
            | ObstacleKind.GONE
            | ObstacleKind.REFUSED
            | ObstacleKind.FAILING
            | ObstacleKind.SHORT_READ
            | ObstacleKind.STUCK
            | ObstacleKind.UNDONE
            | ObstacleKind.BLOCKED
            | ObstacleKind.LEFT
        ):
            return None  # told of the chat itself, in its row
        case _:
            assert_never(kind)
