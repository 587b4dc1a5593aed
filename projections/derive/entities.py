"""The register's schools, classes and groups behind chats, and the chats that follow from them.

Guarantees: which chats exist is a function of facts and settings; whether a chat's row is
there already plays no part in what it should be.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.chats import Chat, ChatKind, chat_of_group, chats_of_class, chats_of_school
from domain.facts import Rank, School, SchoolClass, SubjectGroup
from domain.ids import ChatId, ClassId, GroupId, PersonId, SchoolId
from projections.database import Driver, Record


@dataclass(frozen=True, slots=True)
class Entities:
    """The schools, classes and groups that some chats rest on, as far as they are known."""

    schools: Mapping[SchoolId, School]
    classes: Mapping[ClassId, SchoolClass]
    groups: Mapping[GroupId, SubjectGroup]

    def chat(self, chat_id: ChatId) -> Chat | None:
        """The chat as it should be; None where the facts ask for no such chat."""
        kind, entity = kind_and_entity(chat_id)
        match kind:
            case ChatKind.STAFF_ROOM:
                school = self.schools.get(SchoolId(entity))
                return None if school is None else chats_of_school(school)
            case ChatKind.CLASS | ChatKind.PARENTS:
                return self._of_class(kind, ClassId(entity))
            case ChatKind.SUBJECT:
                return self._of_group(GroupId(entity))
            case None:
                return None

    def _of_class(self, kind: ChatKind, class_id: ClassId) -> Chat | None:
        known = self.classes.get(class_id)
        if known is None:
            return None
        chats = chats_of_class(known, self.schools.get(known.school_id))
        return next(chat for chat in chats if chat.kind is kind)

    def _of_group(self, group_id: GroupId) -> Chat | None:
        group = self.groups.get(group_id)
        school_class = None if group is None else self.classes.get(group.class_id)
        if group is None or school_class is None:
            return None
        return chat_of_group(group, school_class, self.schools.get(group.school_id))


def kind_and_entity(chat_id: ChatId) -> tuple[ChatKind | None, str]:
    """What a chat's id says it is for; no kind where it is none of ours."""
    kind, _, entity = chat_id.partition(":")
    if kind not in _KINDS:
        return None, chat_id
    return ChatKind(kind), entity


_KINDS = frozenset(kind.value for kind in ChatKind)
_RANK = "version, at, source, event_id"


async def load_entities(driver: Driver, chat_ids: Iterable[ChatId]) -> Entities:
    """What is known of the schools, classes and groups of these chats."""
    named = [kind_and_entity(chat_id) for chat_id in chat_ids]
    groups = await _groups(driver, _of_kind(named, ChatKind.SUBJECT))
    class_ids = {*_of_kind(named, ChatKind.CLASS), *_of_kind(named, ChatKind.PARENTS)}
    class_ids |= {group.class_id for group in groups.values()}
    classes = await _classes(driver, class_ids)
    school_ids = set(_of_kind(named, ChatKind.STAFF_ROOM))
    school_ids |= {known.school_id for known in classes.values()}
    school_ids |= {group.school_id for group in groups.values()}
    return Entities(await _schools(driver, school_ids), classes, groups)


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
