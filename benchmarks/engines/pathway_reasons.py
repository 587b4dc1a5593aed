"""Who has which reason in which chat, in Pathway.

For the environment of ``requirements/pathway.txt``. A reason is text: kind, ref, role, since,
and the order that it rests on, with bars between them.
"""

from typing import Any

import pathway as pw

from benchmarks.engines.pathway_facts import all_but, earlier, names_of, on_roster, text_of, without


def order_reason(pupils: pw.Table) -> Any:  # noqa: ANN401 - ships no types here
    """A pupil's reason: the order that places them."""
    since = pw.cast(str, pupils.since)
    return "order|" + pupils.order_id + "|member|" + since + "|" + pupils.order_id


def of_staff(
    employments: pw.Table, schools: pw.Table, removed: pw.Table
) -> tuple[pw.Table, pw.Table]:
    """Teachers, and administrators, of the staff rooms."""
    active = employments.filter(employments.status == "active")
    active = without(active, removed, person_id="person_id")
    active = active.join(schools, active.school_id == schools.school_id, id=active.id).select(
        *all_but(active, "roles"), held=text_of(active.roles)
    )
    found = []
    for held, role, administers in (
        ("teacher", "member", 0),
        ("administrator", "administrator", 1),
    ):
        of = active.filter(on_roster(active.held, held))
        found.append(
            of.select(
                chat_id="staff_room:" + of.school_id,
                person_id=of.person_id,
                administers=administers,
                reason="employment|" + of.school_id + f"|{role}|" + pw.cast(str, of.at) + "|",
            )
        )
    return found[0], found[1]


def of_class_teachers(classes: pw.Table, gone: pw.Table, removed: pw.Table) -> list[pw.Table]:
    """Class teachers in the class and the parents chat."""
    named = classes.filter(classes.class_teacher_id.is_not_none())
    named = named.with_columns(class_teacher_id=pw.unwrap(named.class_teacher_id))
    stay = without(named, gone, class_teacher_id="person_id", school_id="school_id")
    stay = without(stay, removed, class_teacher_id="person_id")
    reason = "class_teacher|" + stay.class_id + "|administrator|" + pw.cast(str, stay.at) + "|"
    return [
        stay.select(
            chat_id=f"{kind}:" + stay.class_id,
            person_id=stay.class_teacher_id,
            administers=1,
            reason=reason,
        )
        for kind in ("class", "parents")
    ]


def of_guardians(pupils: pw.Table, bonds: pw.Table) -> pw.Table:
    """Guardians of the pupils placed in a class."""
    joined = pupils.join(bonds, pupils.pupil_id == bonds.pupil_id)
    bond = "guardianship|" + bonds.guardian_id + ":" + bonds.pupil_id
    return joined.select(
        chat_id="parents:" + pupils.class_id,
        person_id=bonds.guardian_id,
        administers=0,
        reason=bond + "|member|" + pw.cast(str, pupils.since) + "|" + pupils.order_id,
    )


def of_groups(
    groups: pw.Table,
    class_days: pw.Table,
    enrolled: pw.Table,
    gone: pw.Table,
    removed: pw.Table,
) -> tuple[pw.Table, pw.Table]:
    """Pupils and teachers of subject groups."""
    own = groups.join(
        class_days,
        groups.class_id == class_days.class_id,
        groups.school_id == class_days.school_id,
        id=groups.id,
    ).select(
        *groups,
        before_day=earlier(groups.closes_on, earlier(class_days.closes_on, class_days.tomorrow)),
    )
    joined = own.join(enrolled, own.class_id == enrolled.class_id).select(
        *all_but(enrolled, "before_day"), own.group_id, own.roster, own.before_day
    )
    placed = joined.filter(
        (joined.effective_on < joined.before_day) & (joined.until >= joined.before_day)
    )
    placed = placed.filter(on_roster(placed.roster, placed.pupil_id))
    taught = own.select(own.group_id, own.school_id, own.at, person_id=names_of(own.teacher_ids))
    taught = taught.flatten(taught.person_id)
    taught = without(taught, gone, person_id="person_id", school_id="school_id")
    taught = without(taught, removed, person_id="person_id")
    reason = "subject_group|" + taught.group_id + "|administrator|" + pw.cast(str, taught.at) + "|"
    return (
        placed.select(
            chat_id="subject:" + placed.group_id,
            person_id=placed.pupil_id,
            administers=0,
            reason=order_reason(placed),
        ),
        taught.select(
            chat_id="subject:" + taught.group_id,
            person_id=taught.person_id,
            administers=1,
            reason=reason,
        ),
    )
