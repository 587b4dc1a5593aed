"""«Настройки коммуникативной среды» of a school: its community, and which chats make themselves.

Nothing is changed here: the community comes from the register, the kinds from the settings of the
installation, and both are shown as they are.
"""

from dataclasses import dataclass

from domain.access import may
from domain.actors import Actor
from domain.chats import ChatKind
from domain.ids import SchoolId
from domain.rights import Right
from domain.things import TheSchool
from operations.errors import ModuleOff, NoSuchSchool, NotPermitted
from operations.installation import Installation
from operations.store import StaffStore

__all__ = ["CommunicationSettings", "KindSetting", "communication"]


@dataclass(frozen=True, slots=True)
class KindSetting:
    """Whether chats of a kind are created by themselves; if not, whose setting that is."""

    kind: str
    on: bool
    off_everywhere: bool


@dataclass(frozen=True, slots=True)
class CommunicationSettings:
    """The screen."""

    school_id: SchoolId
    name: str
    community_id: str | None
    kinds: list[KindSetting]


async def communication(
    store: StaffStore, actor: Actor, school_id: SchoolId, installation: Installation
) -> CommunicationSettings:
    """The settings of this school.

    Raises:
        NotPermitted: they are not for who asks.
        NoSuchSchool: nothing is known of it.
        ModuleOff: the school has no chats.
    """
    if not may(actor, Right.CHANGE_SETTINGS, TheSchool(school_id)):
        raise NotPermitted
    found = await store.community(actor, school_id)
    if found is None:
        raise NoSuchSchool(school_id)
    if installation.is_off_in(school_id):
        raise ModuleOff(everywhere=installation.is_off)
    off = installation.kinds_off
    return CommunicationSettings(
        school_id=found.school_id,
        name=found.name,
        community_id=found.community_id,
        kinds=[
            KindSetting(kind.value, not off.covers(kind, school_id), kind in off.installation)
            for kind in ChatKind
        ],
    )
