"""«Настройки коммуникативной среды» of a school: its community, and which chats make themselves.

The community comes from the register. What the settings of the installation switch off stays off;
the rest whoever answers for the school switches (``operations.school_kinds``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.access import may
from domain.actors import Actor
from domain.chats import ChatKind
from domain.decisions import KindSwitch
from domain.ids import SchoolId
from domain.rights import Right
from domain.things import TheSchool
from operations.errors import NoSuchSchool, NotPermitted
from operations.installation import Installation
from operations.store import StaffStore
from projections.by_hand import kinds as by_hand
from projections.by_hand.kinds import Switched
from projections.staff import fence, names
from projections.staff.names import PersonName

__all__ = ["CommunicationSettings", "KindSetting", "communication"]


@dataclass(frozen=True, slots=True)
class KindSetting:
    """Whether chats of a kind are created by themselves; if not, whose decision that is.

    ``set_off``: the settings say so, ``off_everywhere`` for all schools. ``decided`` is what the
    school decided last, ``by`` by whom, as far as who asks may know.
    """

    kind: str
    on: bool
    set_off: bool
    off_everywhere: bool
    decided: Switched | None
    by: PersonName | None


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
    installation.require_on([school_id])
    async with fence.reading(store.engine, actor) as connection:
        decided = await by_hand.switched(connection, school_id)
        known = await names.names_of(connection, {each.author for each in decided.values()})
    return CommunicationSettings(
        school_id=found.school_id,
        name=found.name,
        community_id=found.community_id,
        kinds=[_setting(kind, school_id, installation, decided, known) for kind in ChatKind],
    )


def _setting(
    kind: ChatKind,
    school_id: SchoolId,
    installation: Installation,
    decided: Mapping[ChatKind, Switched],
    known: Mapping[str, PersonName],
) -> KindSetting:
    set_off = installation.kinds_off.covers(kind, school_id)
    last = decided.get(kind)
    return KindSetting(
        kind=kind.value,
        on=not set_off and (last is None or last.choice is KindSwitch.ON),
        set_off=set_off,
        off_everywhere=kind in installation.kinds_off.installation,
        decided=last,
        by=None if last is None else known.get(last.author),
    )
