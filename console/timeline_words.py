"""The words of «История чата»: what happened, to whom, by whom."""

from typing import Final

from console.render import full_name
from console.words import plural
from operations.timeline import Event, Sort

SORTS: Final = {
    Sort.DECISION: "Решение школы",
    Sort.REGISTER: "Реестр",
    Sort.PLAN: "Защита от массовых удалений",
    Sort.CALL: "Мессенджер",
}

_DECISIONS: Final = {
    "add": "Добавлены вручную",
    "remove": "Удалены вручную",
    "promote": "Сделаны администраторами",
    "demote": "Сняты с администраторов",
    "undo": "Отменено действие",
    "initialise": "Убраны добавленные вручную, при инициализации списка чатов",
    "kept": "Оставлен в чате тот, кого привели в MAX",
    "released": "Больше не оставлен тот, кого привели в MAX",
    "found": "Чат создан вручную",
    "membership added": "Добавлены вручную",
    "membership excluded": "Удалены вручную",
    "membership none": "Ручное решение о составе снято",
    "role administrator": "Сделаны администраторами",
    "role member": "Сняты с администраторов",
    "role none": "Ручное решение о роли снято",
    "deleted deleted": "Чат удалён",
    "deleted kept": "Чат возвращён",
}
_REGISTER: Final = {"in": "Состоят в чате", "left": "Больше не состоят в чате"}
_PLANS: Final = {
    "held": "Удаления удержаны и ждут решения",
    "approved": "Удержанные удаления разрешены",
    "rejected": "Удержанные удаления отклонены",
    "superseded": "Удержанные удаления больше не нужны",
    "expired": "Решение об удержанных удалениях истекло",
    "done": "Удержанные удаления выполнены",
}
_CALLS: Final = {
    "create": "Чат создан",
    "add": "Добавление в чат",
    "remove": "Удаление из чата",
    "promote": "Назначение администраторов",
    "demote": "Снятие с администраторов",
    "rename": "Смена наименования",
    "delete": "Удаление чата",
}


def what(event: Event) -> str:
    """What happened, with how many people or whom."""
    match event.sort:
        case Sort.DECISION:
            said = _DECISIONS.get(event.what, "Изменено")
            if event.said is not None:
                said = f"Наименование: «{event.said}»" if event.said else "Наименование по правилам"
        case Sort.REGISTER:
            said = _REGISTER.get(event.what, event.what)
        case Sort.PLAN:
            said = _PLANS.get(event.what, event.what)
        case Sort.CALL:
            said = _CALLS.get(event.what, event.what)
    return said + _whom(event)


def _whom(event: Event) -> str:
    if event.name is not None:
        return f": {full_name(event.name)}"
    if not event.people:
        return ""
    return f": {event.people} {plural(event.people, 'человек', 'человека', 'человек')}"


def by(event: Event) -> str:
    """By whom, or by what."""
    if event.by is not None:
        return full_name(event.by)
    if event.author is not None:
        return event.author
    if event.order is not None:
        return f"приказ № {event.order}"
    if event.sort is Sort.CALL:
        return _outcome(event.said or "")
    return ""


def _outcome(said: str) -> str:
    """Of what ``projections.reconcile.intents`` writes."""
    if not said:
        return "ответа ещё нет"
    if said.startswith(("done", "created", "was there")):
        return "сделано"
    return "неизвестно, чат перечитан" if said.startswith("unknown") else "не получилось"
