"""The addresses of the API for «Сводка школы»: by class, and the people of a class or the staff.

Guarantees: what is told of a class is told at the address of its own school, whose module was
asked about. No name is searched for here, so nothing need be posted.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request, Response

from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.rest import summary_models as models
from console.rest.answers import answered, paging
from console.rest.asked import InPath, PageNumber, PageSize
from console.rest.lists import BASE
from domain.ids import ClassId, SchoolId
from domain.rights import Scope
from operations import summary
from operations.errors import NoSuchClass
from operations.store import StaffStore
from operations.summary import Part, Show, Wanted

Number = Annotated[PageNumber, Query()]
Size = Annotated[PageSize, Query()]


@dataclass(frozen=True, slots=True)
class ApiSummary:
    """The addresses over one store."""

    store: StaffStore

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.STAFF, scope=Scope.CHATS_READ)
        path = f"{BASE}/schools/{{school_id}}/summary"
        people = models.ClassPeople
        return [
            Entry(path, self.school, door, answer=models.SchoolSummary),
            Entry(f"{path}/staff", self.staff, door, answer=people),
            Entry(f"{path}/classes/{{class_id}}", self.of_class, door, answer=people),
        ]

    async def school(
        self, request: Request, school_id: InPath, page: Number = 1, size: Size = 50
    ) -> Response:
        """The numbers of a school, class by class."""
        actor, which = visitor(request).actor, SchoolId(school_id)
        found = await summary.school_summary(self.store, actor, which, page, size)
        return answered(
            models.SchoolSummary(
                **paging(found.classes),
                items=[models.ClassRow.model_validate(row) for row in found.classes.rows],
                school_id=found.school_id,
                school=found.school,
                whole=found.whole,
                pupils=models.Count.model_validate(found.pupils),
                parents=models.Count.model_validate(found.parents),
                staff=None if found.staff is None else models.Count.model_validate(found.staff),
            )
        )

    async def of_class(
        self,
        request: Request,
        school_id: InPath,
        class_id: InPath,
        show: Show = Show.ALL,
        part: Part | None = None,
        page: Number = 1,
        size: Size = 50,
    ) -> Response:
        """The people of a class."""
        which = ClassId(class_id)
        return await self._people(request, school_id, which, Wanted(show, part), page, size)

    async def staff(
        self,
        request: Request,
        school_id: InPath,
        show: Show = Show.ALL,
        page: Number = 1,
        size: Size = 50,
    ) -> Response:
        """The people of «Учительская»."""
        return await self._people(request, school_id, None, Wanted(show), page, size)

    async def _people(
        self,
        request: Request,
        school_id: str,
        class_id: ClassId | None,
        wanted: Wanted,
        page: int,
        size: int,
    ) -> Response:
        actor = visitor(request).actor
        found = await summary.class_people(
            self.store, actor, SchoolId(school_id), class_id, wanted, page, size
        )
        if class_id is not None and found.school_id != school_id:
            raise NoSuchClass(class_id)
        return answered(
            models.ClassPeople(
                **paging(found.people),
                items=[models.SummaryPerson.model_validate(each) for each in found.people.rows],
                school_id=found.school_id,
                class_id=found.class_id,
                class_name=found.class_name,
                everybody=found.total,
            )
        )
