"""Whether the module «Чаты» is there for somebody (the guide, 1)."""

from domain.actors import Actor
from domain.ids import PersonId
from operations.errors import ModuleOff
from operations.installation import Installation
from operations.store import StaffStore

__all__ = ["require_on"]


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
