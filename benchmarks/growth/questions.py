"""What is asked of a region: the questions of people and programs, and the dashboards' views.

Guarantees: each question goes the product's own way to PostgreSQL, or is a statement over a view of
the schema ``dashboard`` as somebody would write it; about chats, schools and people that are spread
over the region, the largest among them; every one is asked of each before it is timed.
"""

import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.growth.loading import Place
from consumers.config import REGISTER_TOPICS
from consumers.kafka import KafkaConfig
from consumers.kafka_view import KafkaView
from domain.drift import DriftRules
from domain.ids import ChatId, PersonId
from domain.seasons import GuardPolicy
from operations import chats, plans, status
from projections.database import transaction
from projections.reports import survey
from projections.reports.overview import Overview
from projections.watch.sweep import Sweep
from rollcall.settings_drift import Drift
from rollcall.settings_guard import Guard

_SAMPLES: Final = 10

_CHATS: Final = text("""
    WITH sized AS (
        SELECT m.chat_id, min(m.person_id) AS person_id, count(*) AS people
          FROM expected_members m GROUP BY 1),
    numbered AS (
        SELECT s.*, c.school_id, row_number() OVER (ORDER BY s.people DESC, s.chat_id) - 1 AS n,
               count(*) OVER () AS total
          FROM sized s JOIN chats c USING (chat_id))
    SELECT chat_id, person_id, school_id FROM numbered
     WHERE n % greatest(total / :samples, 1) = 0 ORDER BY n LIMIT :samples""")

_LARGEST: Final = text("""
    SELECT school_id FROM chats GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1""")

VIEWS: Final = {
    "chats of a school": "SELECT * FROM dashboard.chats WHERE school_id = :school",
    "a chat": "SELECT * FROM dashboard.chats WHERE chat_id = :chat",
    "chats of a school by state": """
        SELECT state, count(*) FROM dashboard.chats WHERE school_id = :school GROUP BY state""",
    "chats of the region by state": "SELECT state, count(*) FROM dashboard.chats GROUP BY state",
    "memberships of a chat": "SELECT * FROM dashboard.memberships WHERE chat_id = :chat",
    "memberships of a person": "SELECT * FROM dashboard.memberships WHERE person_id = :person",
    "memberships of a school by state": """
        SELECT state, count(*) FROM dashboard.memberships
         WHERE school_id = :school GROUP BY state""",
    "blocked in a chat": "SELECT * FROM dashboard.blocked WHERE chat_id = :chat",
    "blocked of a person": "SELECT * FROM dashboard.blocked WHERE person_id = :person",
    "blocked in a school by state": """
        SELECT state, count(*) FROM dashboard.blocked WHERE school_id = :school GROUP BY state""",
    "drift of a school": """
        SELECT * FROM dashboard.drift WHERE school_id = :school ORDER BY seen_at DESC LIMIT 100""",
    "open drift by kind": """
        SELECT kind, count(*) FROM dashboard.drift WHERE resolution IS NULL GROUP BY kind""",
    "kept in a school": "SELECT * FROM dashboard.kept WHERE school_id = :school",
    "held plans of a school": "SELECT * FROM dashboard.held_plans WHERE school_id = :school",
    "held plans that wait": "SELECT * FROM dashboard.held_plans WHERE state = 'held'",
    "latest decisions on plans": """
        SELECT * FROM dashboard.plan_decisions ORDER BY at DESC LIMIT 100""",
    "lessons of a school": "SELECT * FROM dashboard.lessons WHERE school_id = :school",
    "lessons by state": "SELECT state, count(*) FROM dashboard.lessons GROUP BY state",
    "orders with two bodies in a school": """
        SELECT * FROM dashboard.order_conflicts WHERE school_id = :school""",
    "quarantine by reason": """
        SELECT topic, reason, count(*) FROM dashboard.quarantine GROUP BY topic, reason""",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """Somebody in a chat of a school."""

    chat: str
    person: str
    school: str


@dataclass(frozen=True, slots=True)
class Answer:
    """How long one question took, in milliseconds."""

    question: str
    median_ms: float
    max_ms: float


Ask = Callable[[Sample], Awaitable[object]]


async def samples(engine: AsyncEngine) -> list[Sample]:
    """Spread over the sizes of chats, from the largest on; the first is of the largest school."""
    async with transaction(engine) as connection:
        rows = await connection.execute(_CHATS, {"samples": _SAMPLES})
        found = [Sample(row.chat_id, row.person_id, row.school_id) for row in rows]
        largest = (await connection.execute(_LARGEST)).scalar_one()
    return [Sample(found[0].chat, found[0].person, largest), *found[1:]]


async def ask(engine: AsyncEngine, place: Place, repeats: int) -> list[Answer]:
    """Every question, so many times."""
    about = await samples(engine)
    found = []
    async with KafkaView(KafkaConfig(place.bootstrap)) as kafka:
        for name, question in {**_of_people(engine, kafka), **_of_views(engine)}.items():
            for each in about:
                await question(each)
            took = []
            for number in range(repeats):
                began = time.perf_counter()
                await question(about[number % len(about)])
                took.append((time.perf_counter() - began) * 1000)
            found.append(Answer(name, round(statistics.median(took), 1), round(max(took), 1)))
    return found


def _of_people(engine: AsyncEngine, kafka: KafkaView) -> dict[str, Ask]:
    overview, sweep = Overview(engine), Sweep(engine)
    policy: GuardPolicy = Guard().policy()
    rules: DriftRules = Drift().rules()

    async def surveyed(_: Sample) -> object:
        async with transaction(engine) as connection:
            return await survey.survey(connection)

    async def swept(_: Sample) -> object:
        await sweep.look_for_reasons()
        return await sweep.pick(7 * 86_400.0, 4)

    return {
        "status": lambda _: status.look(engine, kafka, REGISTER_TOPICS),
        "survey of all chats": surveyed,
        "sweep, one look": swept,
        "plan of a chat": lambda one: plans.plan_of(engine, ChatId(one.chat), policy, rules),
        "plans that wait": lambda _: plans.waiting(engine),
        "explain": lambda one: chats.explain(engine, ChatId(one.chat), PersonId(one.person)),
        "people of a chat, as operators see them": lambda one: overview.members(one.chat),
        "states of a school's chats": lambda one: overview.states_of([one.school]),
    }


def _of_views(engine: AsyncEngine) -> dict[str, Ask]:
    return {f"view: {name}": _viewing(engine, query) for name, query in VIEWS.items()}


def _viewing(engine: AsyncEngine, query: str) -> Ask:
    async def view(one: Sample) -> object:
        values = {"school": one.school, "chat": one.chat, "person": one.person}
        asked = {name: value for name, value in values.items() if f":{name}" in query}
        async with transaction(engine) as connection:
            return (await connection.execute(text(query), asked)).all()

    return view
