"""Whoever has been let in, for the page that answers them."""

import re
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request

from domain.actors import NOBODY, Actor
from domain.ids import PersonId, SchoolId
from operations import summary_extent
from projections.staff.names import PersonName
from projections.staff.service_accounts import ServiceAccount
from projections.staff.sessions import Session
from schemas.fields import LONG_ID_PATTERN

OPERATOR: Final = "operator"
"""Of an operator who is no person of the register and has no id either."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in, or of a program.

    ``school``: of the schools in which they work the one that they look at. ``form_token`` is
    what the forms of the page must bear.
    """

    actor: Actor = NOBODY
    session: Session | None = None
    program: ServiceAccount | None = None
    form_token: str = ""
    name: PersonName | None = None
    schools: dict[SchoolId, str] = field(default_factory=dict)

    @property
    def person_id(self) -> PersonId:
        """The person; where the door is for persons there is one."""
        if self.actor.person_id is None:
            raise TypeError("the visit is no person's")
        return self.actor.person_id

    @property
    def author(self) -> str:
        """Who decides, for the journal: a person's id; of an operator who is none, the name."""
        if self.actor.person_id is not None:
            return self.actor.person_id
        return self.session.identified.subject if self.session is not None else OPERATOR

    @property
    def author_id(self) -> str:
        """The same where it is published, which only an id is: another name stays here."""
        return self.author if re.fullmatch(LONG_ID_PATTERN, self.author) else OPERATOR

    @property
    def school(self) -> SchoolId | None:
        """The chosen school while it is one of theirs, else the first."""
        chosen = None if self.session is None else self.session.school_id
        if chosen in self.schools:
            return chosen
        return next(iter(self.schools), None)

    @property
    def has_summary(self) -> bool:
        """Whether «Сводка школы» of the school that they look at opens for them."""
        return self.school is not None and summary_extent.is_for(self.actor, self.school)


def leave(request: Request, visit: Visit) -> None:
    """Leave it on the request."""
    request.state.visit = visit


def visit_of(request: Request) -> Visit | None:
    """Who asks; None where nobody was asked for, or nobody came in."""
    found = getattr(request.state, "visit", None)
    return found if isinstance(found, Visit) else None


def visitor(request: Request) -> Visit:
    """Who asks, behind a door that lets nobody else in."""
    found = visit_of(request)
    if found is None:
        raise TypeError("nobody was asked for at this door")
    return found
