"""What an installation has decided and its screens show: who links profiles, which chats there are.

Guarantees: where all kinds of chat are off in a school, the module «Чаты» is off there (the
guide, 1: «доступен только если в вашем регионе настроен соответствующий модуль»).
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from domain.chats import ChatKind
from domain.drift import DriftRules
from domain.ids import SchoolId
from domain.seasons import GuardPolicy
from operations.errors import ModuleOff
from projections.derive.config import ChatKindsOff
from schemas.events import PROFILES_TOPIC


@dataclass(frozen=True, slots=True)
class Installation:
    """Part of the settings, as people meet them.

    ``links_profiles``: people link their study profiles on our screens; else the register tells
    who is linked. ``app_url`` and ``web_url`` are where MAX is to be had, and where it is.
    ``guard`` and ``drift`` say what leaves a chat by itself, which screens tell beforehand.
    """

    links_profiles: bool = False
    profiles_topic: str = PROFILES_TOPIC
    kinds_off: ChatKindsOff = field(default_factory=ChatKindsOff)
    app_url: str = "https://max.ru"
    web_url: str = "https://web.max.ru"
    guard: GuardPolicy = field(default_factory=GuardPolicy)
    drift: DriftRules = field(default_factory=DriftRules)

    @property
    def has_kinds_off(self) -> bool:
        """Whether anything is off anywhere; else nobody need ask where somebody belongs."""
        return bool(self.kinds_off.installation or self.kinds_off.by_school)

    @property
    def is_off(self) -> bool:
        """Whether the module is off everywhere."""
        return self.kinds_off.installation == frozenset(ChatKind)

    def require_on(self, schools: Collection[SchoolId]) -> None:
        """Return if the module is on in one of these schools, or there are none and it is on.

        Raises:
            ModuleOff: it is not.
        """
        if self.is_off or (schools and all(map(self._is_off_in, schools))):
            raise ModuleOff(schools, everywhere=self.is_off)

    def _is_off_in(self, school_id: SchoolId) -> bool:
        return all(self.kinds_off.covers(kind, school_id) for kind in ChatKind)


ORDINARY = Installation()
"""Where nothing is decided otherwise."""
