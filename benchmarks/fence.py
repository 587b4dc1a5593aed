"""What the fence of row-level security costs, in a region of 30,000 pupils.

``python -m benchmarks.fence [--pupils N] [--repeats N] [--json]`` makes up a region, ingests and
derives it, and asks the questions of staff as an administrator, a class teacher, a parent and an
operator: behind the fence, and as the owner with the filter written by hand. Beside them stands
a bare ``SELECT 1`` behind the fence, and who somebody is, which each request asks first.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.translate import fact_of
from domain.actors import Actor, OperatorRole
from domain.ids import PersonId
from projections.database import create_engine, transaction
from projections.migrate import upgrade
from projections.staff import fence
from projections.staff.actors import actor
from rollcall.embedded import EmbeddedPostgres
from rollcall.publish import local_today
from schemas.decode import Decoded, decode
from synth import generate
from tests.projections.builders import derive_all, fetch, ingest

_BATCH = 20_000

# What the screens ask: who asks, the question behind the fence, and the owner's with a filter.
QUESTIONS = {
    "chats of a school": (
        "SELECT chat_id, title, kind FROM chats WHERE school_id = :school",
        "SELECT chat_id, title, kind FROM chats WHERE school_id = :school",
    ),
    "chats of a school, with state and counts": (
        "SELECT * FROM staff.chats WHERE school_id = :school",
        "SELECT * FROM dashboard.chats WHERE school_id = :school",
    ),
    "names of a chat": (
        """SELECT p.surname, p.given_name FROM expected_members m JOIN fact_people p
           USING (person_id) WHERE m.chat_id = :chat ORDER BY 1, 2""",
        """SELECT p.surname, p.given_name FROM expected_members m JOIN fact_people p
           USING (person_id) WHERE m.chat_id = :chat ORDER BY 1, 2""",
    ),
    "people of a school by surname": (
        """SELECT p.person_id, p.surname FROM fact_people p
            WHERE p.person_id IN (SELECT pupil_id FROM fact_orders WHERE school_id = :school
                                  UNION SELECT person_id FROM fact_employments
                                         WHERE school_id = :school)
            ORDER BY p.surname LIMIT 50""",
        """SELECT p.person_id, p.surname FROM fact_people p
            WHERE p.person_id IN (SELECT pupil_id FROM fact_orders WHERE school_id = :school
                                  UNION SELECT person_id FROM fact_employments
                                         WHERE school_id = :school)
            ORDER BY p.surname LIMIT 50""",
    ),
    "all people, unfiltered": (
        "SELECT count(*) FROM fact_people",
        """SELECT count(*) FROM fact_people
            WHERE person_id IN (SELECT pupil_id FROM fact_orders WHERE school_id = :school)""",
    ),
    "all members, unfiltered": (
        "SELECT count(*) FROM expected_members",
        """SELECT count(*) FROM expected_members JOIN chats USING (chat_id)
            WHERE school_id = :school""",
    ),
}


async def timed(repeats: int, ask: Callable[[], Awaitable[object]]) -> float:
    """The median of so many, in milliseconds."""
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


async def _region(engine: AsyncEngine, pupils: int) -> None:
    facts = []
    for event in generate(pupils, 1, local_today()):
        read = decode((), None, json.dumps(event).encode())
        if isinstance(read, Decoded):
            facts.append(fact_of(read))
    for start in range(0, len(facts), _BATCH):
        await ingest(engine, *facts[start : start + _BATCH])
    await derive_all(engine)
    async with transaction(engine) as connection:
        await connection.execute(text("ANALYZE"))


_CAST = {
    "administrator": "SELECT person_id FROM fact_employments "
    "WHERE NOT ended AND 'administrator' = ANY(roles) ORDER BY 1 LIMIT 1",
    "class teacher": "SELECT class_teacher_id FROM fact_classes JOIN fact_employments e "
    "ON e.person_id = class_teacher_id AND NOT e.ended "
    "WHERE class_teacher_id IS NOT NULL ORDER BY 1 LIMIT 1",
    "parent": "SELECT person_id FROM expected_members JOIN chats USING (chat_id) "
    "WHERE kind = 'parents' AND role = 'member' ORDER BY 1 LIMIT 1",
}


async def _cast(engine: AsyncEngine) -> dict[str, Actor]:
    cast = {"operator": Actor(operator=OperatorRole.NAMES)}
    for role, question in _CAST.items():
        ((person,),) = await fetch(engine, question)
        async with transaction(engine) as connection:
            found = await actor(connection, PersonId(str(person)))
        if found is not None:
            cast[role] = found
    return cast


async def _where(engine: AsyncEngine, who: Actor) -> dict[str, str]:
    """A school and a chat of theirs; the operator's are the administrator's."""
    schools = sorted(who.works_in)
    chats = sorted(who.own_chats)
    if not schools:
        ((school, chat),) = await fetch(
            engine, "SELECT school_id, chat_id FROM chats WHERE kind = 'class' ORDER BY 2 LIMIT 1"
        )
        return {"school": str(school), "chat": chats[0] if chats else str(chat)}
    return {"school": schools[0], "chat": chats[0] if chats else ""}


async def measure(engine: AsyncEngine, repeats: int) -> dict[str, dict[str, tuple[float, float]]]:
    """By who asks and what: (behind the fence, as the owner), medians in milliseconds."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for role, who in (await _cast(engine)).items():
        values = await _where(engine, who)
        rows = found.setdefault(role, {})
        rows["SELECT 1"] = await _both(engine, who, "SELECT 1", "SELECT 1", {}, repeats)
        for what, (fenced, owned) in QUESTIONS.items():
            rows[what] = await _both(engine, who, fenced, owned, values, repeats)
        person = who.person_id
        if person is not None:
            ask = _identity(engine, person)
            rows["who it is"] = (await timed(repeats, ask), 0.0)
    return found


def _identity(engine: AsyncEngine, person: PersonId) -> Callable[[], Awaitable[object]]:
    async def ask() -> object:
        async with transaction(engine) as connection:
            return await actor(connection, person)

    return ask


async def _both(
    engine: AsyncEngine,
    who: Actor,
    fenced: str,
    owned: str,
    values: dict[str, str],
    repeats: int,
) -> tuple[float, float]:
    async def behind() -> None:
        async with fence.reading(engine, who) as connection:
            await _all(connection, fenced, values)

    async def before() -> None:
        async with transaction(engine) as connection:
            await _all(connection, owned, values)

    await behind()
    await before()
    return await timed(repeats, behind), await timed(repeats, before)


async def _all(connection: AsyncConnection, query: str, values: dict[str, str]) -> None:
    used = {name: value for name, value in values.items() if f":{name}" in query}
    (await connection.execute(text(query), used)).all()


async def run(pupils: int, repeats: int) -> dict[str, dict[str, tuple[float, float]]]:
    """Make the region, and measure."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        await server.start()
        try:
            await upgrade(server.uri)
            engine = create_engine(server.uri)
            try:
                await _region(engine, pupils)
                return await measure(engine, repeats)
            finally:
                await engine.dispose()
        finally:
            await server.kill()


def main() -> None:
    """Print a line for each question."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pupils", type=int, default=30_000)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = asyncio.run(run(given.pupils, given.repeats))
    if given.json:
        print(json.dumps(found))
        return
    for role, rows in found.items():
        print(f"{role}: milliseconds at the median, behind the fence | as the owner")
        for what, (fenced, owned) in rows.items():
            print(f"  {what:<42} {fenced:8.1f} | {owned:8.1f}")


if __name__ == "__main__":
    main()
