"""Whether the module «Чаты» is there for somebody (the guide, 1)."""

from enum import Enum
from typing import assert_never

from domain.actors import Actor
from domain.ids import ChatId, ClassId, LessonId, PersonId, SchoolId
from operations.installation import Installation
from operations.store import StaffStore
from projections.database import Connection
from projections.staff import fence, lessons, summary, things

__all__ = [
    "Named",
    "require_on",
    "require_on_at",
    "require_on_in",
]


async def require_on(
    store: StaffStore, actor: Actor, person_id: PersonId, installation: Installation
) -> None:
    """Return if the module is on in one of the person's schools, or none is known.

    Raises:
        ModuleOff: it is not.
    """
    if not installation.has_kinds_off:
        return
    installation.require_on(await store.schools(actor, person_id))


def require_on_in(actor: Actor, school_id: SchoolId | None, installation: Installation) -> None:
    """Return if the module is on in this school, or who asks runs the installation.

    None, where somebody looks at no school: then only one that is off everywhere is.

    Raises:
        ModuleOff: it is not.
    """
    if actor.operator is not None and school_id not in actor.works_in:
        return
    installation.require_on([] if school_id is None else [school_id])


class Named(Enum):
    """What an address may name that is of one school, by the name that it has there."""

    CHAT = "chat_id"
    LESSON = "lesson_id"
    CLASS = "class_id"


async def require_on_at(
    store: StaffStore, actor: Actor, what: Named, its_id: str, installation: Installation
) -> None:
    """As ``require_on_in``, of its school; of what is not for who asks nothing is said.

    Raises:
        ModuleOff: it is not.
    """
    if not installation.has_kinds_off:
        return
    async with fence.reading(store.engine, actor) as connection:
        school_id = await _school_of(connection, what, its_id)
    if school_id is not None:
        require_on_in(actor, school_id, installation)


async def _school_of(connection: Connection, what: Named, its_id: str) -> SchoolId | None:
    match what:
        case Named.CHAT:
            chat = await things.the_chat(connection, ChatId(its_id))
            return None if chat is None else chat.school_id
        case Named.LESSON:
            lesson = await lessons.one(connection, LessonId(its_id))
            return None if lesson is None else lesson.thing.school_id
        case Named.CLASS:
            named = await summary.class_name(connection, ClassId(its_id))
            return None if named is None else named.school_id
        case _:
            assert_never(what)
