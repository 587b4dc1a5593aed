"""«Сводка школы»: on the screen, on paper, and as a table (ours; the guide has none).

No name of a person stands in an address or a title.
"""

from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Query, Request, Response

from console import summary_words
from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import Visit, visitor
from console.pages import OR_NONE, MaybeId, PageNumber, PageSize, known_form
from console.render import Renderer, shown
from console.tables import as_csv
from domain.ids import ClassId, SchoolId
from operations import summary
from operations.installation import Installation
from operations.store import StaffStore
from operations.summary import Part, PersonName, Show, SummaryPerson, Wanted
from operations.summary_sheets import sheets

PATH: Final = "/summary"

MaybeClass = Annotated[MaybeId, Query(alias="class")]
MaybePart = Annotated[Part | None, OR_NONE]
_COLUMNS: Final = ("Класс", "Кто", "Фамилия", "Имя", "Отчество", "Чей родитель",
                   "Учебный профиль", "Чатов", "В чатах", "Нет в чатах", "Почему")  # fmt: skip


@dataclass(frozen=True, slots=True)
class SummaryPages:
    """The pages over one store; ``origin`` is where the console is, for what is printed."""

    store: StaffStore
    renderer: Renderer
    installation: Installation
    origin: str

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.STAFF, elsewhere="/my")
        return [
            Entry(PATH, self.school, door),
            Entry(f"{PATH}/staff", self.staff, door),
            Entry(f"{PATH}/classes/{{class_id}}", self.of_class, door),
            Entry(f"{PATH}/print", self.paper, door),
            Entry(f"{PATH}.csv", self.table, door),
        ]

    async def school(
        self, request: Request, school: MaybeId = "", page: PageNumber = 1, size: PageSize = 50
    ) -> Response:
        """The numbers, class by class."""
        visit = visitor(request)
        which = _looked_at(visit, school)
        if which is None:
            return self.renderer.answer(request, "summary_none", {})
        found = await summary.school_summary(self.store, visit.actor, which, page, size)
        return self.renderer.answer(request, "summary", shown(found) | _asked(visit, which))

    async def of_class(
        self,
        request: Request,
        class_id: str,
        show: Show = Show.ALL,
        part: MaybePart = None,
        page: PageNumber = 1,
        size: PageSize = 50,
    ) -> Response:
        """The people of a class."""
        which = ClassId(known_form(class_id))
        return await self._people(request, which, Wanted(show, part), page, size)

    async def staff(
        self,
        request: Request,
        school: MaybeId = "",
        show: Show = Show.ALL,
        page: PageNumber = 1,
        size: PageSize = 50,
    ) -> Response:
        """The people of «Учительская»."""
        return await self._people(request, None, Wanted(show), page, size, school)

    async def _people(
        self,
        request: Request,
        class_id: ClassId | None,
        wanted: Wanted,
        page: int,
        size: int,
        school: str = "",
    ) -> Response:
        visit = visitor(request)
        which = _looked_at(visit, school)
        if class_id is None and which is None:
            return self.renderer.answer(request, "summary_none", {})
        found = await summary.class_people(
            self.store, visit.actor, which or SchoolId(""), class_id, wanted, page, size
        )
        values = {"wanted": wanted, "path": request.url.path, **_asked(visit, found.school_id)}
        return self.renderer.answer(request, "summary_class", shown(found) | values)

    async def paper(
        self, request: Request, school: MaybeId = "", class_id: MaybeClass = ""
    ) -> Response:
        """A page for each class, with the way in for those who are not in yet."""
        visit = visitor(request)
        which = _looked_at(visit, school)
        if which is None:
            return self.renderer.answer(request, "summary_none", {})
        found = await sheets(self.store, visit.actor, which, ClassId(class_id) or None)
        values = {
            "links_profiles": self.installation.links_profiles,
            "own_page": f"{self.origin}/my",
            "class_id": class_id,
        }
        return self.renderer.answer(
            request, "summary_print", shown(found) | values | _asked(visit, which)
        )

    async def table(
        self, request: Request, school: MaybeId = "", class_id: MaybeClass = ""
    ) -> Response:
        """Everybody, for a spreadsheet."""
        visit = visitor(request)
        which = _looked_at(visit, school)
        if which is None:
            return self.renderer.answer(request, "summary_none", {})
        found = await summary.table(self.store, visit.actor, which, ClassId(class_id) or None)
        return Response(
            as_csv(_COLUMNS, map(_row, found)),
            media_type="text/csv; charset=utf-8",
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'attachment; filename="summary.csv"; '
                f"filename*=UTF-8''{quote('Сводка школы')}.csv",
            },
        )


def _looked_at(visit: Visit, school: str) -> SchoolId | None:
    """The school that was named, else the one that they look at."""
    return SchoolId(school) if school else visit.school


def _asked(visit: Visit, school_id: SchoolId) -> dict[str, object]:
    """What the templates look at besides; the school stands in addresses where it must."""
    return {"say": summary_words, "asked_school": "" if school_id == visit.school else school_id}


def _row(person: SummaryPerson) -> list[str]:
    name = person.name or PersonName("", "", "")
    return [
        person.class_name or person.class_id or summary_words.STAFF,
        summary_words.PART[person.part],
        name.surname,
        name.given_name,
        name.patronymic,
        ", ".join(f"{each.surname} {each.given_name}" for each in person.wards),
        "привязан" if person.linked else "не привязан",
        str(person.chats),
        str(person.inside),
        ", ".join(each.title for each in person.missing),
        "" if person.why is None else summary_words.why(person.why)[0],
    ]
