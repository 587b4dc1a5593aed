"""The register's schools, classes and groups behind chats, and the chats that follow from them.

Guarantees: which chats exist is a function of facts and settings; whether a chat's row is
there already plays no part in what it should be.
"""

from collections.abc import Iterable, Iterator

from domain.chats import ChatKind
from domain.derivation.facts import Entities, kind_and_entity
from domain.facts import Rank, School, SchoolClass, SubjectGroup
from domain.founding import is_hand_made
from domain.ids import ChatId, ClassId, GroupId, PersonId, SchoolId
from projections.by_hand.foundings import load_founded
from projections.database import Driver, Record

_RANK = "version, at, source, event_id"


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
    rows = await driver.fetch(
        f"""SELECT school_id, name, timezone, community_id, closed_on, {_RANK}
              FROM fact_schools WHERE school_id = ANY($1::text[])""",  # noqa: S608 - a constant
        list(ids),
    )
    return {
        SchoolId(row["school_id"]): School(
            rank=rank(row),
            school_id=SchoolId(row["school_id"]),
            name=row["name"],
            timezone=row["timezone"],
            community_id=row["community_id"],
            closed_on=row["closed_on"],
        )
        for row in rows
    }


async def _classes(driver: Driver, ids: Iterable[str]) -> dict[ClassId, SchoolClass]:
    rows = await driver.fetch(
        f"""SELECT class_id, school_id, name, school_year, class_teacher_id, closed_on, {_RANK}
              FROM fact_classes WHERE class_id = ANY($1::text[])""",  # noqa: S608 - a constant
        list(ids),
    )
    return {
        ClassId(row["class_id"]): SchoolClass(
            rank=rank(row),
            class_id=ClassId(row["class_id"]),
            school_id=SchoolId(row["school_id"]),
            name=row["name"],
            school_year=row["school_year"],
            class_teacher_id=row["class_teacher_id"],
            closed_on=row["closed_on"],
        )
        for row in rows
    }


async def _groups(driver: Driver, ids: Iterable[str]) -> dict[GroupId, SubjectGroup]:
    rows = await driver.fetch(
        f"""SELECT group_id, school_id, class_id, subject, name, teacher_ids, pupil_ids,
                   closed_on, {_RANK}
              FROM fact_subject_groups WHERE group_id = ANY($1::text[])""",  # noqa: S608 - a constant
        list(ids),
    )
    return {GroupId(row["group_id"]): _group(row) for row in rows}


def _group(row: Record) -> SubjectGroup:
    pupil_ids: list[PersonId] | None = row["pupil_ids"]
    return SubjectGroup(
        rank=rank(row),
        group_id=GroupId(row["group_id"]),
        school_id=SchoolId(row["school_id"]),
        class_id=ClassId(row["class_id"]),
        subject=row["subject"],
        name=row["name"],
        teacher_ids=tuple(row["teacher_ids"]),
        pupil_ids=None if pupil_ids is None else tuple(pupil_ids),
        closed_on=row["closed_on"],
    )


def rank(row: Record) -> Rank:
    """The rank of a fact's row."""
    return Rank(row["version"], row["at"], row["source"], row["event_id"])
