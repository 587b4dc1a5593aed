"""The words of the screen «Чаты» and of linking a study profile: what is so, and what to do.

Each obstacle has a line that says what it is, and sentences on what to do: one set for whoever
stands before it, one for a parent whose child does. Total over what ``dashboard.blocked`` says of
a person: a state without words fails the tests, not the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.profile_links import Leaving, LinkState, LinkTrouble, Unlinked


@dataclass(frozen=True, slots=True)
class Help:
    """What is so, and what to do about it."""

    what: str
    steps: tuple[str, ...] = ()


_KEEP_TO_YOURSELF: Final = (
    "Не пересылайте ссылку другим: кого нет в списке чата, того из чата исключат."
)
_ENTER: Final = (
    "Нажмите «Перейти в чат Сферум» под названием чата и подтвердите вход в MAX.",
    (
        "Если MAX не пускает, откройте в нём настройки приватности и разрешите приглашать вас в "
        "чаты; ученику это разрешает родитель в «Семейной защите»."
    ),
    _KEEP_TO_YOURSELF,
)
_LET_CHILD_ENTER: Final = (
    (
        "Сканируйте QR‑код телефоном ребёнка или откройте на нём ссылку «Перейти в чат Сферум» и "
        "подтвердите вход в его аккаунте MAX."
    ),
    (
        "Если MAX спрашивает разрешение, дайте его в «Семейной защите»: там родитель решает, кто "
        "может приглашать ребёнка в чаты."
    ),
    "Не входите по ссылке сами и не пересылайте её: кого нет в списке чата, того из чата исключат.",
)
_WAIT: Final = ("Делать ничего не нужно: школьная система повторит сама.",)
_ASK: Final = ("Обратитесь к классному руководителю или к администратору школы.",)
_RELINK: Final = (
    "Отмените привязку учебного профиля и привяжите его ещё раз из нужного аккаунта MAX.",
    "Если это не поможет, обратитесь к администратору школы.",
)

OWN: Final[Mapping[str, Help]] = {
    "no_profile": Help("Вы появитесь в этом чате, когда привяжете учебный профиль Сферум."),
    "privacy": Help("MAX не разрешил добавить вас: ваш аккаунт закрыт от приглашений.", _ENTER),
    "not_found": Help("MAX не находит аккаунт вашего учебного профиля.", _RELINK),
    "refused": Help("MAX отказался добавить вас в чат.", _ENTER),
    "paused": Help("Добавить вас пока не получилось.", _WAIT),
    "own_account": Help("К вашей учётной записи привязан служебный аккаунт.", _RELINK),
    "chat_full": Help("В чате нет свободных мест.", _ASK),
    "left": Help("Вы вышли из этого чата. Вернуться можно по ссылке.", _ENTER),
    "invited": Help("В этот чат входят по ссылке.", _ENTER),
}

OF_CHILD: Final[Mapping[str, Help]] = {
    "no_profile": Help("Ребёнок появится в чате, когда привяжет свой учебный профиль Сферум."),
    "privacy": Help(
        "MAX не разрешил добавить ребёнка: его аккаунт закрыт от приглашений.", _LET_CHILD_ENTER
    ),
    "not_found": Help(
        "MAX не находит аккаунт учебного профиля ребёнка.",
        ("Ребёнку нужно войти в школьную систему, отменить привязку и привязать профиль заново.",),
    ),
    "refused": Help("MAX отказался добавить ребёнка в чат.", _LET_CHILD_ENTER),
    "paused": Help("Добавить ребёнка пока не получилось.", _WAIT),
    "own_account": Help("К учётной записи ребёнка привязан служебный аккаунт.", _ASK),
    "chat_full": Help("В чате нет свободных мест.", _ASK),
    "left": Help("Ребёнок вышел из этого чата. Вернуться можно по ссылке.", _LET_CHILD_ENTER),
    "invited": Help("В этот чат входят по ссылке.", _LET_CHILD_ENTER),
}

TROUBLES: Final[Mapping[LinkTrouble, Help]] = {
    LinkTrouble.AWAY: Help(
        "MAX сейчас не отвечает.",
        ("Ничего не изменилось. Попробуйте ещё раз через несколько минут.",),
    ),
    LinkTrouble.REFUSED: Help(
        "MAX отказался выдать ссылку для подключения.",
        ("Ничего не изменилось. Сообщите об этом администратору школы.",),
    ),
    LinkTrouble.EXPIRED: Help(
        "Срок действия ссылки истёк.",
        ("Ссылка действует недолго и только один раз. Получите новую.",),
    ),
}

CHILD_UNLINKED: Final = Help(
    "Учебный профиль ребёнка ещё не привязан, поэтому его нет в чатах.",
    (
        "Ребёнку нужно войти в школьную систему под своей учётной записью.",
        "На экране «Чаты» нажать «Привязать учебный профиль Сферум».",
        "Подтвердить подключение в MAX на своём телефоне.",
    ),
)
CHILD_UNLINKED_ELSEWHERE: Final = Help(
    "Учебный профиль ребёнка ещё не привязан, поэтому его нет в чатах.",
    (
        "Привязку ведёт школьная система региона.",
        "Ребёнку нужно подключить Сферум в MAX, как объяснили в школе.",
        (
            "Если он это уже сделал, подождите несколько минут или обратитесь к классному "
            "руководителю."
        ),
    ),
)

KIND_PEOPLE: Final[Mapping[str, str]] = {
    "staff_room": "Учителя школы; ведёт администратор школы",
    "class": "Ученики класса; ведёт классный руководитель",
    "parents": "Родители учеников класса; ведёт классный руководитель",
    "subject": "Ученики предметной группы; ведут её учителя",
}

_NOT_THERE_YET: Final = (
    "В MAX этот чат появится, когда кто-нибудь из его участников привяжет учебный профиль."
)


def own_obstacle(state: str) -> Help:
    """Why one is not in a chat; a state that has no words is shown as it is."""
    return OWN.get(state, Help(state, _ASK))


def childs_obstacle(state: str) -> Help:
    """The same to a parent."""
    return OF_CHILD.get(state, Help(state, _ASK))


def trouble(given: LinkTrouble) -> Help:
    """Why there is no link."""
    return TROUBLES[given]


def link_button(state: LinkState) -> str:
    """What leads on, from wherever somebody stopped on the way to being linked."""
    match state:
        case Unlinked():
            return "Привязать учебный профиль Сферум"
        case Leaving():
            return "Привязка отменяется: посмотреть"
        case _:
            return "Продолжить подключение Сферум"


def chat_note(state: str) -> str:
    """What is to be known of a chat as a whole; empty where there is nothing."""
    match state:
        case "frozen":
            return "Класс, группа или школа закрыты: состав чата больше не меняется."
        case "not_created":
            return _NOT_THERE_YET
        case _:
            return ""
