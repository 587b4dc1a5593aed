"""People, what ties them to schools and to each other, and their accounts."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from schemas.data import EventData
from schemas.fields import Day, Id, MaxUserId, Text, Version, folded

Role = Literal["teacher", "administrator", "staff"]
ActiveOrEnded = Literal["active", "ended"]


class PersonChanged(EventData):
    """The whole state of a person."""

    person_id: Id
    version: Version
    surname: Text
    given_name: Text
    patronymic: Text | None = None
    birth_date: Day | None = None
    sex: Literal["male", "female"]
    status: Literal["active", "removed"]

    def entity_id(self) -> str:
        """The person's id."""
        return self.person_id


class EmploymentChanged(EventData):
    """The whole state of a person's employment in one school."""

    person_id: Id
    school_id: Id
    version: Version
    roles: Annotated[tuple[Role, ...], AfterValidator(folded)]
    status: ActiveOrEnded

    def entity_id(self) -> str:
        """The pair of the person and the school."""
        return f"{self.person_id}:{self.school_id}"


class GuardianshipChanged(EventData):
    """That one person is, or no longer is, a guardian of another."""

    guardian_id: Id
    pupil_id: Id
    version: Version
    status: ActiveOrEnded

    def entity_id(self) -> str:
        """The pair of the guardian and the pupil."""
        return f"{self.guardian_id}:{self.pupil_id}"


class ProfileChanged(EventData):
    """A person's account in the messenger; none means unlinked."""

    person_id: Id
    version: Version
    max_user_id: MaxUserId | None = Field(
        default=None, description="The account; absent where the person is not linked to one."
    )

    def entity_id(self) -> str:
        """The person's id."""
        return self.person_id
