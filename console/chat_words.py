"""The words of a chat's screens: why somebody is here, how they stand, and what came of an act.

In the guide's wording (chapter 3.1) where it has words for it.
"""

from collections.abc import Iterable, Sequence

from console.render import full_name, moment
from console.words import DRIFT_KINDS, Word, member_state, plural
from domain.chats import Filling
from operations.candidates import Candidate, Part
from operations.chat_people import Behind, ChatMember, Coming, PersonName, ward_of
from operations.member_answers import (
    Act,
    Answer,
    Done,
    Leaving,
    ListChanged,
    Overtaken,
    Refusal,
    Refused,
    Stay,
    Undone,
)
from operations.member_choice import Show
from operations.outsiders import Keeping

SHOW = {
    Show.ALL: "Все",
    Show.ADMINISTRATORS: "Администраторы чата",
    Show.NO_PROFILE: "Без учебного профиля",
    Show.BLOCKED: "Не добавляются",
    Show.LEFT: "Вышли из чата",
    Show.OUTSIDERS: "В чате без основания",
}

FILLINGS = {
    Filling.RULE: "Все, кому положено; состав меняется сам",
    Filling.CHOSEN: "Только выбранные участники",
}

PARTS = {Part.STAFF: "Сотрудники", Part.PUPIL: "Ученики", Part.PARENT: "Родители"}
SEXES = {"female": "Женский", "male": "Мужской"}
COLUMNS = {
    "surname": "Фамилия",
    "given_name": "Имя",
    "patronymic": "Отчество",
    "birth_date": "Дата рождения",
}

_PART = {Part.STAFF: "сотрудник", Part.PUPIL: "ученик", Part.PARENT: "родитель"}

_BY_OFFICE = {
    "employment": "работает в школе",
    "class_teacher": "классный руководитель",
    "subject_group": "учитель предмета",
}

_WHY_NOT = {
    "no_profile": "Учебный профиль не привязан. Попросите привязать его на экране «Чаты».",
    "privacy": "Настройки приватности не разрешают добавлять в чаты. Передайте ссылку на чат.",
    "not_found": "Мессенджер не находит этот профиль. Попросите привязать профиль заново.",
    "chat_full": "В чате нет места. Добавим, как только кто-нибудь выйдет.",
    "refused": "Мессенджер отказал. Пробуем раз в день.",
    "paused": "Мессенджер не отвечает. Попробуем ещё раз.",
    "own_account": "Профиль указывает на служебный аккаунт. Попросите привязать профиль заново.",
    "left": "Больше не состоит в чате: вышел или удалён в MAX.",
    "invited": "Может войти только по ссылке на чат. Передайте ссылку.",
}

_DONE = {
    Act.ADD: "Добавлено в чат",
    Act.REMOVE: "Удалено из чата",
    Act.PROMOTE: "Администраторами сделано",
    Act.DEMOTE: "Снято с администраторов",
}

_STAYS = {
    Stay.KEPT: Word("Оставлен в чате", "✓", "good"),
    Stay.RELEASED: Word("Больше не оставлен", "✓", "good", "Покинет чат через несколько секунд."),
}
MADE = Word(
    "Чат добавлен",
    "✓",
    "good",
    "В MAX он появится, как только у кого-нибудь из участников будет учебный профиль.",
)

_REFUSED = {
    Refusal.NOBODY: "Никто не выбран. Отметьте участников галочками и повторите.",
    Refusal.CLOSED: "Класс, группа или школа закрыты, или чат удалён: он больше не меняется.",
    Refusal.TITLE_EMPTY: "Введите наименование чата.",
    Refusal.TITLE_LONG: "Наименование длиннее 200 знаков. Сократите его.",
    Refusal.TITLE_SIGNS: "В наименовании есть невидимые знаки. Наберите его заново.",
    Refusal.TOO_MANY_ADMINISTRATORS: "Администраторов чата может быть не больше 50.",
}

_COMING = {
    ("membership", "added"): Word("Добавляется", "…", "busy"),
    ("membership", "excluded"): Word("Удаляется", "…", "busy"),
    ("role", "administrator"): Word("Становится администратором", "…", "busy"),
    ("role", "member"): Word("Снимается с администраторов", "…", "busy"),
}


def standing(member: ChatMember, coming: Sequence[Coming]) -> Word:
    """How somebody stands in the chat; first what was decided and is not yet so."""
    for each in coming:
        word = _COMING.get((each.subject, each.choice))
        if word is not None:
            return word
    if coming:
        return Word("Меняется", "…", "busy")
    if member.kept_by is not None and not member.is_expected:
        return Word("Оставлен", "✓", "good")
    if member.drift == "added_by_administrator" and not member.is_expected:
        return Word("Ждёт решения", "!", "attention")
    if member.blocked_as == "left":
        return Word("Вышел", "!", "attention")
    return member_state(member.state)


def why_not(member: ChatMember) -> str:
    """Why somebody is not inside, and what to do; '' where they are, or will be by themselves."""
    if member.state not in {"blocked", "no_profile"}:
        return ""
    return _WHY_NOT.get(member.blocked_as or member.state, _WHY_NOT["refused"])


def reasons(member: ChatMember, behind: Behind) -> list[str]:
    """Why somebody is here, each reason as a person would say it."""
    found = [_reason(member, each.kind, each.ref, each.order, behind) for each in member.reasons]
    given = None if member.person_id is None else behind.roles.get(member.person_id)
    if given is not None and given.choice == "administrator":
        found.append(f"администратором сделан вручную: {_who(given.name, given.author)}, "
                     f"{moment(given.at)}")  # fmt: skip
    return found or _outside(member, behind)


def _reason(member: ChatMember, kind: str, ref: str, order: str | None, behind: Behind) -> str:
    match kind:
        case "order":
            return f"зачислен: {_order(order, behind)}"
        case "guardianship":
            ward = behind.names.get(ward_of(member, ref))
            child = f" ({full_name(ward)})" if ward else ""
            return f"родитель{child}: {_order(order, behind)}"
        case "decision":
            found = behind.decisions.get(ref)
            if found is None:
                return "добавлен вручную"
            return f"добавлен вручную: {_who(found.name, found.author)}, {moment(found.at)}"
        case _:
            return _BY_OFFICE.get(kind, kind)


def _order(order: str | None, behind: Behind) -> str:
    found = None if order is None else behind.orders.get(order)
    return "приказ" if found is None else f"приказ № {found.number} от {found.on:%d.%m.%Y}"


def _who(name: PersonName | None, author: str) -> str:
    return author if name is None else full_name(name)


def _outside(member: ChatMember, behind: Behind) -> list[str]:
    """Of whoever nobody expects (yet): how they came in, and who lets them stay."""
    found = ["добавлен вручную"] if member.state == "adding" else []
    if member.drift is not None:
        by = f": {full_name(member.by)}" if member.by else ""
        found.append(DRIFT_KINDS.get(member.drift, member.drift).lower() + by)
    if member.kept_by is not None and member.kept_at is not None:
        who = _who(behind.names.get(member.kept_by), member.kept_by)
        found.append(f"оставлен в чате: {who}, {moment(member.kept_at)}")
    return found or ["оснований нет"]


def is_part(candidate: Candidate) -> str:
    """«ученик, 7а; родитель, 9б»."""
    return "; ".join(_PART[part] + (f", {name}" if name else "") for part, name in candidate.parts)


def outcome(answer: Answer, names: Iterable[str] = ()) -> Word:
    """What came of an act; ``names`` are those of whoever decided meanwhile."""
    match answer:
        case Done(what=what, people=people):
            return _done(what, people)
        case Undone(people=people, left=left):
            rest = f" Ещё о {left} уже решено иначе, это осталось как есть." if left else ""
            return Word("Отменено", "✓", "good", f"Возвращено: {people}.{rest}" if people else rest)
        case Overtaken():
            who = ", ".join(sorted(set(names))) or "другой сотрудник"
            return Word("Ничего не изменено", "!", "attention",
                        f"Пока вы выбирали, то же самое менял {who}. "
                        "Посмотрите, как стало, и повторите, если всё ещё нужно.")  # fmt: skip
        case Leaving():
            return _STAYS[Stay.RELEASED]
        case ListChanged():
            return Word("Ничего не изменено", "!", "attention",
                        "Пока вы выбирали, под условия отбора подошли другие люди. "
                        "Проверьте выбор и повторите.")  # fmt: skip
        case Refused(refusal=refusal):
            return Word("Ничего не изменено", "!", "attention", _REFUSED[refusal])


def _done(what: Act | Stay | None, people: int) -> Word:
    if what is None:
        return Word("Наименование сохранено", "✓", "good")
    if isinstance(what, Stay):
        return _STAYS[what]
    hint = "Мессенджер изменится через несколько секунд."
    return Word(f"{_DONE[what]}: {people}", "✓", "good", hint)


def keeping(answer: Keeping) -> Word:
    """What came of «Оставить»."""
    match answer:
        case Keeping.KEPT | Keeping.ALREADY:
            return _STAYS[Stay.KEPT]
        case Keeping.NOT_THERE:
            return Word("Ничего не изменено", "!", "attention", "Этого человека уже нет в чате.")
        case Keeping.BELONGS:
            hint = "Этот человек состоит в чате по правилам. Удалите его в списке участников."
            return Word("Ничего не изменено", "!", "attention", hint)


def people(count: int) -> str:
    """«4 участника»."""
    return f"{count} {plural(count, 'участник', 'участника', 'участников')}"
