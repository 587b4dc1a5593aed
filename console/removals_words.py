"""The words of a held plan as a school reads it: how many leave, who, why, and what was decided.

Total over the causes: a new one does not type-check until it has its words.
"""

from collections.abc import Collection, Iterable
from typing import assert_never

from console.words import plural
from domain.ids import PersonId
from operations.listing import order_key
from operations.removals import HeldPerson, HeldSet, PlanState, TakingCause


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
    return grouped(held.people)


def grouped(
    people: Iterable[HeldPerson], by_hand: Collection[PersonId] = ()
) -> list[tuple[str, list[HeldPerson]]]:
    """The same of any people; ``by_hand`` leave since they were only added by hand."""
    found: dict[str, list[HeldPerson]] = {}
    for each in sorted(people, key=_by_name):
        what = "Уйдут из чата" if each.leaves else "Останутся без прав администратора"
        why = "были добавлены вручную" if each.person_id in by_hand else cause(each.cause)
        found.setdefault(f"{what}: {why}", []).append(each)
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
