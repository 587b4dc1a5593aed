"""The events of a made-up school's people: persons, employments, guardianships, profiles."""

from collections.abc import Iterator

from synth.journal import Event, Journal
from synth.people import DEPUTY, DIRECTOR, MANY, SECRETARY, People, Person

_ROLES = {
    DIRECTOR: ("administrator",),
    DEPUTY: ("administrator", "teacher"),
    SECRETARY: ("staff",),
}


def person_events(everybody: People, start: int, journal: Journal) -> Iterator[Event]:
    """Every person; in a school of some size the last guardian is removed later.

    The first pupil's name was written wrongly at first, and the right one comes first.
    """
    early = journal.days.instant(start - 300, "09:00:00")
    late = journal.days.instant(start // 3, "09:30:00")
    for one in (*everybody.staff, *everybody.pupils, *everybody.guardians):
        data = _person(one, journal)
        if one is everybody.pupils[0]:
            corrected: Event = {**data, "version": 2}
            yield journal.event("person.changed", one.person_id, late, corrected)
            data["surname"] = f"{one.name.surname}-Опечаткин"
        yield journal.event("person.changed", one.person_id, early, data)
    if len(everybody.pupils) >= MANY:
        last = everybody.guardians[-1]
        removed: Event = {**_person(last, journal), "version": 2, "status": "removed"}
        yield journal.event("person.changed", last.person_id, late, removed)


def _person(one: Person, journal: Journal) -> Event:
    data: Event = {
        "person_id": one.person_id,
        "version": 1,
        "surname": one.name.surname,
        "given_name": one.name.given_name,
    }
    if one.name.patronymic is not None:
        data["patronymic"] = one.name.patronymic
    return data | {"birth_date": journal.days.day(one.born), "sex": one.sex, "status": "active"}


def employment_events(
    school_id: str, everybody: People, visiting: str | None, start: int, journal: Journal
) -> Iterator[Event]:
    """Employments, then guardianships, some of either ended.

    The last teacher's employment has ended; the last but one teaches without any, since the
    register of another authority keeps it; ``visiting`` is employed here as well.
    """
    staff = everybody.staff
    employed = [(one.person_id, _ROLES.get(index, ("teacher",))) for index, one in enumerate(staff)]
    if len(everybody.pupils) >= MANY:
        del employed[-2]
    if visiting is not None:
        employed.append((visiting, ("teacher",)))
    early = journal.days.instant(start - 200, "10:00:00")
    late = journal.days.instant(start // 3, "10:30:00")
    for one, roles in employed:
        data: Event = {
            "person_id": one,
            "school_id": school_id,
            "version": 1,
            "roles": list(roles),
            "status": "active",
        }
        yield journal.event("employment.changed", f"{one}:{school_id}", early, data)
        if one == staff[-1].person_id and len(everybody.pupils) >= MANY:
            ended: Event = {**data, "version": 2, "status": "ended"}
            yield journal.event("employment.changed", f"{one}:{school_id}", late, ended)
    yield from _guardianships(everybody, early, late, journal)


def _guardianships(everybody: People, early: str, late: str, journal: Journal) -> Iterator[Event]:
    """One guardianship in some six hundred has ended."""
    for index, (guardian, pupil) in enumerate(everybody.guardianships):
        data: Event = {
            "guardian_id": guardian,
            "pupil_id": pupil,
            "version": 1,
            "status": "active",
        }
        subject = f"{guardian}:{pupil}"
        yield journal.event("guardianship.changed", subject, early, data)
        if index % 600 == 300:
            ended: Event = {**data, "version": 2, "status": "ended"}
            yield journal.event("guardianship.changed", subject, late, ended)


def account_events(everybody: People, start: int, journal: Journal) -> Iterator[Event]:
    """Profiles of those who have an account; some had one, and unlinked it."""
    linked = journal.days.instant(start - 150, "19:00:00")
    unlinked = journal.days.instant(start // 4, "19:30:00")
    for one in (*everybody.staff, *everybody.pupils, *everybody.guardians):
        identity = one.person_id
        account = everybody.accounts.get(identity)
        data: Event = {"person_id": identity, "version": 1}
        if account is not None:
            data["max_user_id"] = account
            yield journal.event("profile.changed", identity, linked, data)
        elif identity in everybody.unlinked_again:
            data["version"] = 2
            yield journal.event("profile.changed", identity, unlinked, data)
