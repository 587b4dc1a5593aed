"""A region in PostgreSQL: one large school of its own, and copies of an ordinary one.

Guarantees: the large school and the ordinary one are ingested and derived by the product; the
ordinary one is then copied by statements over whole tables, its number in every id replaced, so
a region of three hundred schools costs minutes. What the messenger has is made up beside
(``benchmarks.messenger_side``).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from benchmarks.in_step import REFUSED_ONE_IN, put_in_step, tell_of_calls
from benchmarks.tables import tidy
from benchmarks.yardstick.region import fact, load
from domain.facts import Fact
from projections.database import transaction
from rollcall.publish import local_today
from synth.days import Dated
from synth.journal import Event
from synth.school import Plan, school_events
from tests.projections.builders import derive_all

LARGE: Final = "s-0001"
"""The school that is asked about."""

_ORDINARY: Final = 7777
"""Its number stands in every id of the school that is copied, and nowhere else in them."""

_SEED: Final = 1

_COPIED: Final = (
    "fact_schools", "fact_classes", "fact_orders", "fact_cancellations", "fact_people",
    "fact_employments", "fact_guardianships", "fact_subject_groups", "fact_profiles", "chats",
    "expected_members", "past_memberships", "chat_sync", "observed_members",
    "blocked_accounts", "intents",
)  # fmt: skip


_GATE: Final = "UPDATE catch_up SET armed_at = NULL, lagging_since = NULL, watched_at = 'infinity'"


@dataclass(frozen=True, slots=True)
class Size:
    """How many pupils and chats the large school has, how many others there are, and of how many.

    Of 1,600 pupils, their parents and the staff come 4,000 people; 450 is a usual school.
    """

    pupils: int = 1_600
    chats: int = 1_200
    others: int = 299
    pupils_elsewhere: int = 450


async def fill(engine: AsyncEngine, size: Size) -> None:
    """Put the region into an empty database, and let PostgreSQL look at it."""
    today = local_today()
    await load(engine, _school(1, size.pupils, today))
    await load(engine, _school(_ORDINARY, size.pupils_elsewhere, today))
    await derive_all(engine)
    async with transaction(engine) as connection:
        missing = size.chats - await _count(connection)
    await load(engine, _more_groups(size, today, missing))
    await derive_all(engine)
    async with transaction(engine) as connection:
        await connection.execute(text(_GATE))
        await put_in_step(connection, refused_one_in=REFUSED_ONE_IN)
        await tell_of_calls(connection)
        # Whatever refers to a row was copied from where it did.
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in _COPIED:
            await connection.execute(text(await _copying(connection, table)), {"n": size.others})
    await tidy(engine)


def _events(number: int, pupils: int, today: date) -> Iterator[Event]:
    """The school's events; who teaches here and in the school before teaches here alone."""
    start = (date(today.year if today.month >= 9 else today.year - 1, 9, 1) - today).days
    before, own = f"-{number - 1:04d}-", f"-{number:04d}-"
    for event in school_events(Plan(number, pupils, _SEED, start), Dated(today)):
        made: Event = json.loads(json.dumps(event).replace(f"p{before}", f"p{own}"))
        yield made


def _school(number: int, pupils: int, today: date) -> Iterator[Fact]:
    for event in _events(number, pupils, today):
        yield fact(event)


def _more_groups(size: Size, today: date, missing: int) -> Iterator[Fact]:
    """Groups beside those that the school has already, with the same teachers and pupils."""
    groups = (
        event
        for event in _events(1, size.pupils, today)
        if event["type"] == "sgo.subject-group.changed.v1"
        and event["data"]["status"] == "active"
        and event["data"]["version"] == 1
    )
    for number, event in enumerate(groups):
        if number >= missing:
            return
        group = f"{event['data']['group_id']}-more"
        name = f"факультатив {number}"
        data = {**event["data"], "group_id": group, "name": name}
        yield fact({**event, "id": f"{event['id']}-more", "subject": group, "data": data})


async def _count(connection: AsyncConnection) -> int:
    asked = text("SELECT count(*) FROM chats WHERE school_id = :school")
    return int((await connection.execute(asked, {"school": LARGE})).scalar_one())


async def _copying(connection: AsyncConnection, table: str) -> str:
    """The statement that copies the ordinary school's rows of a table under other numbers."""
    columns = await connection.execute(
        text("""SELECT column_name, data_type, udt_name FROM information_schema.columns
                 WHERE table_schema = 'public' AND table_name = :table AND is_identity = 'NO'
                    AND is_generated = 'NEVER'"""),
        {"table": table},
    )
    names, values, marked = [], [], []
    for name, kind, udt in columns:
        names.append(name)
        values.append(_value(name, kind, udt))
        if kind == "text" and name in {"school_id", "person_id", "chat_id", "pupil_id"}:
            marked.append(f"{name} LIKE '%-{_ORDINARY}%'")
    return f"""INSERT INTO {table} ({", ".join(names)})
               SELECT {", ".join(values)} FROM {table} CROSS JOIN (
                      SELECT n, '-' || lpad((n + 1)::text, 4, '0') AS own
                        FROM generate_series(1, CAST(:n AS int)) n) copy
                WHERE {" OR ".join(marked)}"""  # noqa: S608 - of names in the catalogue


def _value(name: str, kind: str, udt: str) -> str:
    if name == "max_user_id":
        return "max_user_id + n * 10000000000"
    if name == "max_chat_id":
        return "max_chat_id - n * 10000000000"
    if kind not in {"text", "jsonb", "ARRAY"}:
        return name
    # Only the ids of the two kinds of lists and texts bear the number.
    return f"replace({name}::text, '-{_ORDINARY}', own)::{udt.lstrip('_')}" + (
        "[]" if kind == "ARRAY" else ""
    )
