"""Who clicks, and on what: the cast of the large school with the pages of each role.

Guarantees: every page is a page of the product, asked by somebody to whom it is shown; chats and
classes are taken from the database, so they are of any size of region.
"""

from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from benchmarks.console.region import LARGE
from benchmarks.console.serving import BARE
from console.entrance.forgery import form_token
from console.entrance.sealed import seal
from console.identity.port import Way
from console.rest.lists import BASE
from domain.ids import PersonId
from domain.rights import Scope
from projections.database import transaction
from projections.staff import service_accounts, sessions
from projections.staff.sessions import Identified, Lifetimes

ADMINISTRATOR, CLASS_TEACHER, TEACHER, PARENT = (
    "administrator", "class teacher", "subject teacher", "parent",
)  # fmt: skip

BARE_PAGE: Final = "SELECT 1"

SURNAME: Final = "Мел"


@dataclass(frozen=True, slots=True)
class Click:
    """One request; with a ``body`` it is sent as JSON, with ``fields`` as a form."""

    name: str
    path: str
    fields: dict[str, str] = field(default_factory=dict)
    body: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in; ``clicks`` are the pages of a round, each once.

    ``bearer``: a program's token instead of a session's, asking for ``person_id``.
    """

    person_id: str
    token: str
    bearer: str
    clicks: tuple[Click, ...]


_OF_SCHOOL: Final = """
    SELECT e.person_id FROM fact_employments e
     WHERE e.school_id = :school AND NOT e.ended"""

_WHO: Final = {
    ADMINISTRATOR: f"{_OF_SCHOOL} AND 'administrator' = ANY(e.roles) ORDER BY 1",
    CLASS_TEACHER: f"""{_OF_SCHOOL} AND EXISTS (
        SELECT FROM fact_classes c WHERE c.class_teacher_id = e.person_id
           AND c.school_id = :school AND c.closed_on IS NULL) ORDER BY 1""",
    TEACHER: f"""{_OF_SCHOOL} AND NOT 'administrator' = ANY(e.roles) AND NOT EXISTS (
        SELECT FROM fact_classes c WHERE c.class_teacher_id = e.person_id) AND EXISTS (
        SELECT FROM fact_subject_groups g WHERE e.person_id = ANY(g.teacher_ids)) ORDER BY 1""",  # noqa: S608 - constants
    PARENT: """
        SELECT DISTINCT m.person_id FROM expected_members m JOIN chats c USING (chat_id)
         WHERE c.school_id = :school AND c.kind = 'parents' AND m.role = 'member' ORDER BY 1""",
}  # fmt: skip

# The chats of a kind that a person manages by their role, the largest first.
_CHATS: Final = """
    SELECT c.chat_id, c.class_id FROM chats c
     WHERE c.school_id = :school AND NOT c.frozen AND {}
     ORDER BY (SELECT count(*) FROM expected_members m WHERE m.chat_id = c.chat_id) DESC, 1
     LIMIT 1"""
_MANAGED: Final = {
    ADMINISTRATOR: "c.kind = 'class' AND :person <> ''",
    CLASS_TEACHER: """c.kind = 'class' AND c.class_id IN (
        SELECT class_id FROM fact_classes WHERE class_teacher_id = :person)""",
    TEACHER: """c.kind = 'subject' AND c.group_id IN (
        SELECT group_id FROM fact_subject_groups WHERE :person = ANY(teacher_ids))""",
}

_SORTED: Final = ("kind", "members", "year", "class", "administrator", "state")


async def cast(engine: AsyncEngine, people: int) -> list[Person]:
    """So many people, of each role; each has signed in."""
    found: list[Person] = []
    program = f"benchmark {uuid4()}"
    shares = {ADMINISTRATOR: 4, CLASS_TEACHER: 3, TEACHER: 2, PARENT: 1}
    async with transaction(engine) as connection:
        bearer = await service_accounts.add(
            connection, program, frozenset({Scope.CHATS_READ}), "benchmark"
        )
        for role, share in shares.items():
            rows = await connection.execute(text(_WHO[role]), {"school": LARGE})
            those = [str(row.person_id) for row in rows]
            for number in range(max(1, people * share // sum(shares.values()))):
                person = those[number % len(those)]
                found.append(await _signed_in(connection, role, person, bearer or ""))
    return found


async def _signed_in(connection: AsyncConnection, role: str, person: str, bearer: str) -> Person:
    who = Identified("benchmark", Way.OPENID.value, PersonId(person))
    token = await sessions.begin(connection, who, Lifetimes())
    clicks = [Click(BARE_PAGE, BARE)]
    if role == PARENT:
        clicks.append(Click("«Чаты» of a parent", "/my"))
        return Person(person, token, bearer, tuple(clicks))
    clicks += await _of_staff(connection, role, person, token)
    if role == ADMINISTRATOR:
        clicks += await _of_administrator(connection)
        search = f"{BASE}/schools/{LARGE}/chats/search"
        clicks.append(Click("API: search of chats", search, body={"surname": SURNAME}))
    return Person(person, token, bearer, tuple(clicks))


async def _of_staff(connection: AsyncConnection, role: str, person: str, token: str) -> list[Click]:
    (chat,) = await connection.execute(
        text(_CHATS.format(_MANAGED[role])), {"school": LARGE, "person": person}
    )
    member = seal(form_token(token), SURNAME)
    clicks = [
        Click("«Управление чатами»", "/chats"),
        Click("… the last page", "/chats?page=1000000"),
        Click("… by a surname", f"/chats?member={member}"),
        Click("… of one class", f"/chats?class={chat.class_id}"),
        *(Click(f"… sorted by {each}", f"/chats?sort={each}&down=1") for each in _SORTED),
        Click("«Редактировать чат», a class", f"/chats/{chat.chat_id}"),
        Click("«Выбрать участников»", f"/chats/{chat.chat_id}/people"),
        Click("… by a surname", f"/chats/{chat.chat_id}/people", {"q": SURNAME}),
        Click("«История чата»", f"/chats/{chat.chat_id}/timeline"),
    ]
    if role != TEACHER:
        clicks.append(Click("«Сводка» of a class", f"/summary/classes/{chat.class_id}"))
    return clicks


async def _of_administrator(connection: AsyncConnection) -> list[Click]:
    room = (
        await connection.execute(text(_CHATS.format("c.kind = 'staff_room'")), {"school": LARGE})
    ).one()
    return [
        Click("«Редактировать чат», staff room", f"/chats/{room.chat_id}"),
        Click("«Сводка школы»", "/summary"),
    ]
