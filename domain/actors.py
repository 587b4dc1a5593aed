"""Who acts: one person with all their roles in all their schools, or an operator.

Computed from facts at each request, so a change of role acts at the next one. What an actor
may do is in ``domain.access``; here is only what they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from domain.ids import ChatId, ClassId, GroupId, PersonId, SchoolId


class OperatorRole(Enum):
    """An operator works for all schools; names of people are a role of their own."""

    IDS = "ids"
    NAMES = "names"


@dataclass(frozen=True, slots=True)
class Actor:
    """Roles that hold now. Empty fields: somebody who is signed in and nothing more.

    ``administers``: schools in which they are «Администратор ОО». ``works_in``: schools in which
    they are employed as anything, lead a class or teach a group. ``leads``: classes by school.
    ``teaches``: subject groups by school. ``chats``: those in which they are expected;
    ``runs``: those of them in which they are expected as administrators, by school.
    ``children``: the pupils whom they guard; ``children_chats``: where these are expected.
    """

    person_id: PersonId | None = None
    operator: OperatorRole | None = None
    administers: frozenset[SchoolId] = frozenset()
    works_in: frozenset[SchoolId] = frozenset()
    leads: Mapping[ClassId, SchoolId] = field(default_factory=dict)
    teaches: Mapping[GroupId, SchoolId] = field(default_factory=dict)
    chats: frozenset[ChatId] = frozenset()
    runs: Mapping[ChatId, SchoolId] = field(default_factory=dict)
    children: frozenset[PersonId] = frozenset()
    children_chats: frozenset[ChatId] = frozenset()

    @property
    def chats_run_at_work(self) -> frozenset[ChatId]:
        """The chats that they run in schools in which they work.

        A parent may be made an administrator of a chat; in MAX they are, but the screens for
        that are the school's own (the guide, 3: «доступен только сотрудникам школы»).
        """
        return frozenset(chat for chat, school in self.runs.items() if school in self.works_in)

    @property
    def chooses_in(self) -> frozenset[SchoolId]:
        """The schools among whose people they choose members of a chat (the guide, 3.1).

        The administrator, class teachers, and whoever runs a chat and works there: the window
        «Выбрать участников чата» shows each of them the people of the whole school.
        """
        leading = {school for school in self.leads.values() if school in self.works_in}
        running = {school for school in self.runs.values() if school in self.works_in}
        return self.administers | leading | running

    @property
    def own_chats(self) -> frozenset[ChatId]:
        """Their chats and their children's."""
        return self.chats | self.children_chats


NOBODY = Actor()
"""Somebody without any role."""
