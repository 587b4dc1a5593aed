"""The addresses of the API for «Настройки коммуникативной среды»: read them, switch a kind.

Guarantees: to switch what is so already is no decision, so it takes no key.
"""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request, Response

from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.rest.answers import answered
from console.rest.asked import InPath, KindSwitched
from console.rest.lists import BASE
from console.rest.models import Model, Name
from domain.ids import SchoolId
from domain.rights import Scope
from operations import school_settings
from operations.installation import Installation
from operations.school_kinds import ChatKind, switch_kind
from operations.school_settings import KindSetting
from operations.store import StaffStore


class Kind(Model):
    """Whether chats of a kind make themselves. ``set_off``: the installation says they do not.

    ``decided_at`` and ``by`` are of what the school decided last, as far as who asks may know.
    """

    kind: ChatKind
    on: bool
    set_off: bool
    decided_at: datetime | None
    by: Name | None


class Settings(Model):
    """The settings of a school; ``community_id`` comes from the register."""

    school_id: str
    school: str
    community_id: str | None
    kinds: list[Kind]


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """The addresses over one store."""

    store: StaffStore
    installation: Installation

    def entries(self) -> list[Entry]:
        """The addresses."""
        reads = Door(Need.ADMINISTRATOR, scope=Scope.CHATS_READ)
        writes = Door(Need.ADMINISTRATOR, scope=Scope.CHATS_WRITE)
        path = f"{BASE}/schools/{{school_id}}/settings"
        return [
            Entry(path, self.settings, reads, answer=Settings),
            Entry(f"{path}/kinds/{{kind}}", self.switch, writes, "PUT", answer=Settings),
        ]

    async def settings(self, request: Request, school_id: InPath) -> Response:
        """A school's community, and which chats make themselves."""
        actor, which = visitor(request).actor, SchoolId(school_id)
        found = await school_settings.communication(self.store, actor, which, self.installation)
        return answered(
            Settings(
                school_id=found.school_id,
                school=found.name,
                community_id=found.community_id,
                kinds=list(map(_kind, found.kinds)),
            )
        )

    async def switch(
        self, request: Request, school_id: InPath, kind: ChatKind, asked: KindSwitched
    ) -> Response:
        """Have chats of a kind make themselves from now on, or not; the settings afterwards."""
        visit, which = visitor(request), SchoolId(school_id)
        await switch_kind(
            self.store, visit.actor, visit.author_id, which, kind, asked.created, self.installation
        )
        return await self.settings(request, school_id)


def _kind(setting: KindSetting) -> Kind:
    return Kind(
        kind=ChatKind(setting.kind),
        on=setting.on,
        set_off=setting.set_off,
        decided_at=None if setting.decided is None else setting.decided.at,
        by=None if setting.by is None else Name.model_validate(setting.by),
    )
