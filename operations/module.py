"""Whether the module «Чаты» is there for somebody (the guide, 1)."""

from collections.abc import Awaitable, Callable

from domain.actors import Actor
from domain.ids import ChatId, ClassId, LessonId, PersonId, SchoolId
from operations.errors import ModuleOff
from operations.installation import Installation
from operations.store import StaffStore
from projections.database import Connection
from projections.staff import fence, lessons, summary, things

__all__ = [
    "require_on",
    "require_on_in",
    "require_on_in_chat",
    "require_on_in_class",
    "require_on_in_lesson",
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
    if installation.is_off_for(await store.schools(actor, person_id)):
        raise ModuleOff(everywhere=installation.is_off)


def require_on_in(actor: Actor, school_id: SchoolId | None, installation: Installation) -> None:
    """Return if the module is on in this school, or who asks runs the installation.

    None, where somebody looks at no school: then only one that is off everywhere is.

    Raises:
        ModuleOff: it is not.
    """
    if actor.operator is not None and school_id not in actor.works_in:
        return
    if installation.is_off_for([] if school_id is None else [school_id]):
        raise ModuleOff(everywhere=installation.is_off)


async def require_on_in_chat(
    store: StaffStore, actor: Actor, chat_id: ChatId, installation: Installation
) -> None:
    """The same of the school of a chat; of one that is not for who asks nothing is said.

    Raises:
        ModuleOff: it is not.
    """

    async def school(connection: Connection) -> SchoolId | None:
        found = await things.the_chat(connection, chat_id)
        return None if found is None else found.school_id

    await _require_on_in_what(store, actor, school, installation)


async def require_on_in_class(
    store: StaffStore, actor: Actor, class_id: ClassId, installation: Installation
) -> None:
    """As of a chat, of the school that the register says a class is of.

    Raises:
        ModuleOff: it is not.
    """

    async def school(connection: Connection) -> SchoolId | None:
        found = await summary.class_name(connection, class_id)
        return None if found is None else found.school_id

    await _require_on_in_what(store, actor, school, installation)


async def require_on_in_lesson(
    store: StaffStore, actor: Actor, lesson_id: LessonId, installation: Installation
) -> None:
    """As of a chat, of the school of a lesson.

    Raises:
        ModuleOff: it is not.
    """

    async def school(connection: Connection) -> SchoolId | None:
        found = await lessons.one(connection, lesson_id)
        return None if found is None else found.thing.school_id

    await _require_on_in_what(store, actor, school, installation)


async def _require_on_in_what(
    store: StaffStore,
    actor: Actor,
    school: Callable[[Connection], Awaitable[SchoolId | None]],
    installation: Installation,
) -> None:
    if not installation.has_kinds_off:
        return
    async with fence.reading(store.engine, actor) as connection:
        found = await school(connection)
    if found is not None:
        require_on_in(actor, found, installation)
