"""The register's schools, classes and groups behind chats, and the chats that follow from them.

Guarantees: which chats exist is a function of facts and settings; whether a chat's row is
there already plays no part in what it should be.
"""

from collections.abc import Iterable, Iterator

from domain.chats import ChatKind
from domain.derivation.facts import Entities, kind_and_entity
from domain.facts import School, SchoolClass, SubjectGroup
from domain.founding import is_hand_made
from domain.ids import ChatId, ClassId, GroupId, SchoolId
from projections.by_hand.foundings import load_founded
from projections.database import Driver
from projections.facts.fact_table import F, FactTable
from projections.facts.tables import CLASSES, GROUPS, SCHOOLS


async def load_entities(driver: Driver, chat_ids: Iterable[ChatId]) -> Entities:
    """What is known of the schools, classes and groups of these chats."""
    chat_ids = list(chat_ids)
    named = [kind_and_entity(chat_id) for chat_id in chat_ids]
    founded = await load_founded(driver, [each for each in chat_ids if is_hand_made(each)])
    purposes = [founding.purpose for founding in founded.values()]
    group_ids = {each.group_id for each in purposes if each.group_id is not None}
    groups = await _groups(driver, {*_of_kind(named, ChatKind.SUBJECT), *group_ids})
    class_ids = {*_of_kind(named, ChatKind.CLASS), *_of_kind(named, ChatKind.PARENTS)}
    class_ids |= {group.class_id for group in groups.values()}
    class_ids |= {each.class_id for each in purposes if each.class_id is not None}
    classes = await _classes(driver, class_ids)
    school_ids = set(_of_kind(named, ChatKind.STAFF_ROOM))
    school_ids |= {known.school_id for known in classes.values()}
    school_ids |= {group.school_id for group in groups.values()}
    school_ids |= {each.school_id for each in purposes}
    return Entities(await _schools(driver, school_ids), classes, groups, founded)


def _of_kind(named: Iterable[tuple[ChatKind | None, str]], kind: ChatKind) -> Iterator[str]:
    return (entity for found, entity in named if found is kind)


async def _schools(driver: Driver, ids: Iterable[str]) -> dict[SchoolId, School]:
    return {each.school_id: each for each in await _by_id(driver, SCHOOLS, ids)}


async def _classes(driver: Driver, ids: Iterable[str]) -> dict[ClassId, SchoolClass]:
    return {each.class_id: each for each in await _by_id(driver, CLASSES, ids)}


async def _groups(driver: Driver, ids: Iterable[str]) -> dict[GroupId, SubjectGroup]:
    return {each.group_id: each for each in await _by_id(driver, GROUPS, ids)}


async def _by_id(driver: Driver, table: FactTable[F], ids: Iterable[str]) -> list[F]:
    rows = await driver.fetch(
        f"""SELECT {table.selected("t")} FROM {table.name} t
             WHERE {table.keys[0]} = ANY(CAST(:ids AS text[]))""",  # noqa: S608 - names are ours
        ids=list(ids),
    )
    return table.facts(rows)
