"""The words of «Управление чатами»: how a chat stands, why, and what a school can do about it.

Total over the domain's own enums: ``assert_never`` and the tests see to it that no new standing,
cause or limit is shown in English, or not at all.
"""

from dataclasses import dataclass
from typing import Final, assert_never

from console.words import CHAT_KINDS, Word, plural
from operations.listing import order_key
from operations.removals import HeldPerson, HeldSet, PlanState, TakingCause
from operations.school_chats import (
    ChatKind,
    ChatStanding,
    Column,
    GuardScope,
    ListedChat,
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
        "Если он нужен, попросите администратора сервера создать его заново; "
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
        return Why(" ".join(limit(scope) for scope in chat.row.held), advice)
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


def taken(held: HeldSet) -> str:
    """How many would leave, or lose their rights."""
    parts = []
    if held.leaving:
        leave = plural(held.leaving, "Из чата уйдёт", "Из чата уйдут", "Из чата уйдут")
        parts.append(f"{leave} {_people(held.leaving)}")
    if held.losing:
        lose = plural(held.losing, "потеряет", "потеряют", "потеряют")
        parts.append(f"права администратора {lose} {_people(held.losing)}")
    told = ", ".join(parts)
    return told[:1].upper() + told[1:]


def _people(count: int) -> str:
    return f"{count} {plural(count, 'участник', 'участника', 'участников')}"


def against(held: HeldSet) -> str:
    """How many there would be, and how many may be without a person's word."""
    return f"Было бы {held.would_be}, без вашего решения можно не больше {held.limit}."


def decided(held: HeldSet) -> str:
    """What somebody said of it."""
    return "Отклонено" if held.state is PlanState.REJECTED else "Разрешено"


def by_cause(held: HeldSet) -> list[tuple[str, list[HeldPerson]]]:
    """Whom it is about, by what becomes of them and why, in the order of their names."""
    found: dict[str, list[HeldPerson]] = {}
    for each in sorted(held.people, key=_by_name):
        what = "Уйдут из чата" if each.leaves else "Останутся без прав администратора"
        found.setdefault(f"{what}: {cause(each.cause)}", []).append(each)
    return list(found.items())


def _by_name(person: HeldPerson) -> tuple[object, ...]:
    name = person.name
    if name is None:
        return (True, (), str(person.person_id or ""))
    return (False, order_key(f"{name.surname} {name.given_name}"), str(person.person_id))


def cause(given: TakingCause) -> str:
    """Why it is taken from people."""
    match given:
        case TakingCause.NOT_EXPECTED:
            return "по реестру их больше не должно здесь быть"
        case TakingCause.RIGHTS_LOST:
            return "по реестру они больше не администраторы этого чата"
        case TakingCause.UNLINKED:
            return "отвязали учебный профиль"
        case TakingCause.ACCOUNT_CHANGED:
            return "привязали другой учебный профиль"
        case TakingCause.STRANGER:
            return "школа их в этот чат не добавляла"
        case TakingCause.RIGHTS_NOT_OURS:
            return "администраторами их сделала не школа"
        case _:
            assert_never(given)
