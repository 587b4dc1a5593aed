"""All that the rules need for a set of chats, by a handful of queries whatever the size.

Guarantees: called after the chats are locked, so whoever derives a chat later reads later,
and sees every fact that an earlier one saw.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from domain.chats import ChatKind
from domain.decisions import ChatDecisions, MembershipDecision
from domain.derivation.facts import Entities, Facts, Stored
from domain.facts import Employment, Guardianship, Order, School, SchoolClass, SubjectGroup
from domain.ids import ChatId, ClassId, PersonId, SchoolId
from domain.orders import live
from projections.by_hand.decisions import load_decisions
from projections.by_hand.kinds import switched_off
from projections.database import Driver
from projections.derive.entities import load_entities
from projections.derive.stored import load_chats, load_members
from projections.facts.tables import EMPLOYMENTS, GUARDIANSHIPS, ORDERS

_ORDERS = f"""
    WITH pupil AS (
        SELECT DISTINCT school_id, pupil_id FROM fact_orders
         WHERE class_id = ANY(CAST(:classes AS text[]))
        UNION SELECT school_id, pupil_id FROM fact_orders
         WHERE pupil_id = ANY(CAST(:pupils AS text[])))
    SELECT {ORDERS.selected("o")}, c.order_id IS NOT NULL AS cancelled
      FROM pupil JOIN fact_orders o USING (pupil_id, school_id)
      LEFT JOIN fact_cancellations c ON (c.order_id, c.school_id) = (o.order_id, o.school_id)"""  # noqa: S608 - names are ours

_GUARDIANSHIPS = f"""
    SELECT {GUARDIANSHIPS.selected("g")} FROM fact_guardianships g
     WHERE g.pupil_id = ANY(CAST(:pupils AS text[]))
    UNION SELECT {GUARDIANSHIPS.selected("g")} FROM fact_guardianships g
     WHERE g.guardian_id = ANY(CAST(:guardians AS text[]))"""  # noqa: S608 - as above

_EMPLOYMENTS = f"""
    SELECT {EMPLOYMENTS.selected("e")} FROM fact_employments e
     WHERE e.school_id = ANY(CAST(:schools AS text[]))
    UNION SELECT {EMPLOYMENTS.selected("e")} FROM fact_employments e
     WHERE e.person_id = ANY(CAST(:people AS text[]))"""  # noqa: S608 - as above

_REMOVED = """
    SELECT person_id FROM fact_people WHERE person_id = ANY(CAST(:people AS text[])) AND removed"""


async def load(
    driver: Driver, chat_ids: Sequence[ChatId], unstored: Mapping[ChatId, Stored] | None = None
) -> Facts:
    """Read everything for these chats, which exist and are locked.

    ``unstored`` are those of them that do not, as they would be stored: for whoever only asks.
    """
    entities = await load_entities(driver, chat_ids)
    decisions = await load_decisions(driver, chat_ids)
    stored = {**(unstored or {}), **await load_chats(driver, chat_ids)}
    members = await load_members(driver, chat_ids)
    added = _added(decisions.values())
    bonds = await _guardianships(driver, (), added) if added else {}
    orders = await _orders(driver, entities.classes, {*added, *bonds})
    candidates = _candidates(orders.values())
    in_parents_chats = _candidates_of(stored.values(), candidates)
    bonds = {**bonds, **await _guardianships(driver, in_parents_chats, added)}
    employments = await _employments(driver, entities, stored.values(), added)
    schools = {each.school_id for each in (*stored.values(), *_of_schools(entities))}
    everyone = _everyone(entities, orders, bonds, employments, added)
    removed = {row["person_id"] for row in await driver.fetch(_REMOVED, people=everyone)}
    return Facts(
        now=await driver.fetchval("SELECT clock_now()"),
        stored=stored,
        members=members,
        entities=entities,
        decisions=decisions,
        employments=employments,
        orders=orders,
        candidates=candidates,
        guardianships=bonds,
        removed=removed,
        kinds_off=await switched_off(driver, schools),
    )


def _of_schools(entities: Entities) -> Iterator[School | SchoolClass | SubjectGroup]:
    yield from entities.schools.values()
    yield from entities.classes.values()
    yield from entities.groups.values()


def _added(decisions: Iterable[ChatDecisions]) -> set[PersonId]:
    return {
        decision.person_id
        for known in decisions
        for decision in known.people
        if decision.choice is MembershipDecision.ADDED
    }


async def _orders(
    driver: Driver, class_ids: Iterable[ClassId], pupils: AbstractSet[PersonId]
) -> dict[tuple[SchoolId, PersonId], list[Order]]:
    rows = await driver.fetch(_ORDERS, classes=list(class_ids), pupils=list(pupils))
    told = ORDERS.facts(rows)
    cancelled = {
        (order.order_id, order.school_id)
        for order, row in zip(told, rows, strict=True)
        if row["cancelled"]
    }
    orders: defaultdict[tuple[SchoolId, PersonId], list[Order]] = defaultdict(list)
    for order in live(told, cancelled):
        orders[order.school_id, order.pupil_id].append(order)
    return orders


def _candidates(
    orders: Iterable[Sequence[Order]],
) -> dict[tuple[SchoolId, ClassId], set[PersonId]]:
    candidates: defaultdict[tuple[SchoolId, ClassId], set[PersonId]] = defaultdict(set)
    for own in orders:
        for order in own:
            candidates[order.school_id, order.class_id].add(order.pupil_id)
    return candidates


def _candidates_of(
    stored: Iterable[Stored], candidates: Mapping[tuple[SchoolId, ClassId], set[PersonId]]
) -> set[PersonId]:
    """The pupils who may be placed in the classes of the parents chats among these."""
    classes = {chat.class_id for chat in stored if chat.kind is ChatKind.PARENTS}
    return {
        pupil_id
        for (_, class_id), pupils in candidates.items()
        if class_id in classes
        for pupil_id in pupils
    }


async def _guardianships(
    driver: Driver, pupils: Iterable[PersonId], guardians: AbstractSet[PersonId]
) -> dict[PersonId, list[Guardianship]]:
    bonds: defaultdict[PersonId, list[Guardianship]] = defaultdict(list)
    rows = await driver.fetch(_GUARDIANSHIPS, pupils=list(pupils), guardians=list(guardians))
    for bond in GUARDIANSHIPS.facts(rows):
        bonds[bond.pupil_id].append(bond)
    return bonds


async def _employments(
    driver: Driver, entities: Entities, stored: Iterable[Stored], added: AbstractSet[PersonId]
) -> dict[SchoolId, dict[PersonId, Employment]]:
    """Everybody of the schools whose staff room is derived; else the teachers concerned."""
    schools = list({chat.school_id for chat in stored if chat.kind is ChatKind.STAFF_ROOM})
    people = list(_teachers(entities) | added)
    employments: defaultdict[SchoolId, dict[PersonId, Employment]] = defaultdict(dict)
    rows = await driver.fetch(_EMPLOYMENTS, schools=schools, people=people)
    for employment in EMPLOYMENTS.facts(rows):
        employments[employment.school_id][employment.person_id] = employment
    return employments


def _teachers(entities: Entities) -> set[PersonId]:
    teachers = {known.class_teacher_id for known in entities.classes.values()}
    taught = {person for group in entities.groups.values() for person in group.teacher_ids}
    return {person for person in teachers if person is not None} | taught


def _everyone(
    entities: Entities,
    orders: Iterable[tuple[SchoolId, PersonId]],
    bonds: Mapping[PersonId, Sequence[Guardianship]],
    employments: Mapping[SchoolId, Mapping[PersonId, Employment]],
    added: AbstractSet[PersonId],
) -> list[PersonId]:
    """All who may have a reason in one of the chats."""
    people = {pupil_id for _, pupil_id in orders} | added | _teachers(entities)
    people.update(bond.guardian_id for known in bonds.values() for bond in known)
    people.update(person for known in employments.values() for person in known)
    return list(people)
