"""Two schools, written as facts and derived: ``alpha`` is one's own, ``beta`` is foreign.

Both are alike, person by person, and every id and name of a school bears its mark, so that a
byte of the other school in an answer is found by looking for the mark.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.decisions import MembershipDecision, RoleDecision
from domain.facts import EmploymentRole, Fact, Lesson, Profile
from domain.ids import ChatId, GroupId, LessonId, MaxUserId, PersonId, SchoolId
from projections.by_hand.decisions import record
from projections.database import transaction
from tests.domain import builders as make
from tests.projections.builders import derive_all, ingest

OWN, FOREIGN = "alpha", "beta"
NAMES = {OWN: "Своева", FOREIGN: "Чужакова"}
"""The surname of everybody in a school."""


@dataclass(frozen=True, slots=True)
class SchoolIds:
    """The ids of one of the schools."""

    school: str

    def id(self, name: str) -> str:
        return f"{self.school}-{name}"

    def chat(self, kind: str, name: str) -> ChatId:
        """``class``, ``parents`` or ``subject``, and what it is of."""
        return ChatId(f"{kind}:{self.id(name)}")

    @property
    def staff_room(self) -> ChatId:
        return ChatId(f"staff_room:{self.school}")


ALPHA, BETA = SchoolIds(OWN), SchoolIds(FOREIGN)

PEOPLE = (
    "administrator", "leader", "other-leader", "chemist", "physicist", "staff", "runner",
    "pupil-1", "pupil-2", "pupil-3", "parent-1", "parent-3", "left-teacher",
)  # fmt: skip
"""Who there is in each school."""

LONG_BEFORE, LONG_AFTER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""A lesson of chemistry runs all the time, whatever the clock of a test says."""

_ROLES = {
    "administrator": EmploymentRole.ADMINISTRATOR,
    "leader": EmploymentRole.TEACHER,
    "other-leader": EmploymentRole.TEACHER,
    "chemist": EmploymentRole.TEACHER,
    "physicist": EmploymentRole.TEACHER,
    "staff": EmploymentRole.STAFF,
    "runner": EmploymentRole.STAFF,
}


def facts(ids: SchoolIds, first_account: int) -> Iterator[Fact]:
    """One school: 7а with chemistry, 8б with physics."""
    school = ids.school
    name = f"{NAMES[school]} школа"
    yield replace(make.school(school), name=name, community_id=f"{school}-community")
    yield make.school_class(ids.id("7a"), ids.id("leader"), school, name=f"{school} 7а")
    yield make.school_class(ids.id("8b"), ids.id("other-leader"), school, name=f"{school} 8б")
    for group, class_id, teacher in (("chem", "7a", "chemist"), ("phys", "8b", "physicist")):
        title = f"{school} {group}"
        yield make.group(
            ids.id(group), [ids.id(teacher)], None, ids.id(class_id), school, name=title
        )
    for place, each in enumerate(PEOPLE):
        known = make.person(ids.id(each))
        yield replace(known, surname=NAMES[school], given_name=each, patronymic="Ивановна")
        if each != "pupil-2":  # who has no study profile
            account = MaxUserId(first_account + place)
            yield Profile(make.rank(), PersonId(ids.id(each)), account)
    for each, role in _ROLES.items():
        yield make.employment(ids.id(each), role, school_id=school)
    yield make.employment(
        ids.id("left-teacher"), EmploymentRole.TEACHER, school_id=school, ended=True
    )
    for pupil, class_id in (("pupil-1", "7a"), ("pupil-2", "7a"), ("pupil-3", "8b")):
        yield make.enrolment(ids.id(pupil), ids.id(class_id), school_id=school)
    yield Lesson(
        make.rank(), LessonId(ids.id("lesson")), SchoolId(school), GroupId(ids.id("chem")),
        f"{school} Соли", PersonId(ids.id("chemist")), LONG_BEFORE, LONG_AFTER, cancelled=False,
    )  # fmt: skip
    yield make.guardianship(ids.id("parent-1"), ids.id("pupil-1"))
    yield make.guardianship(ids.id("parent-3"), ids.id("pupil-3"))


async def build(engine: AsyncEngine) -> None:
    """Both schools, derived, and in every chat a row of whatever a chat may have."""
    await ingest(engine, *facts(ALPHA, 1000), *facts(BETA, 2000))
    for ids in (ALPHA, BETA):
        await let_runner_run(engine, ids)
    await derive_all(engine)
    async with transaction(engine) as connection:
        for statement in _ROWS_OF_EACH_CHAT:
            await connection.execute(text(statement))


_RUNS: tuple[MembershipDecision | RoleDecision, ...] = (
    MembershipDecision.ADDED,
    RoleDecision.ADMINISTRATOR,
)


async def let_runner_run(engine: AsyncEngine, ids: SchoolIds) -> None:
    """By hand: an employee who is no teacher runs the class chat of 8б."""
    chat, runner = ids.chat("class", "8b"), ids.id("runner")
    async with transaction(engine) as connection:
        for number, choice in enumerate(_RUNS):
            decided = make.decision(runner, choice, chat, f"{ids.school}-decision-{number}")
            await record(connection, decided)


async def somebody_of_both(engine: AsyncEngine, role: EmploymentRole = EmploymentRole.STAFF) -> str:
    """An employee of both schools, in none of their chats; the person's id."""
    both = ALPHA.id("both")
    known = replace(make.person(both), surname=NAMES[OWN], given_name="both", patronymic=None)
    employments = [make.employment(both, role, school_id=ids.school) for ids in (ALPHA, BETA)]
    await ingest(engine, known, *employments)
    return both


_PEOPLE_OF_PLAN = json.dumps(
    [{"max_user_id": 1, "person_id": "x", "cause": "not_expected", "reasons": []}]
)
_ROWS_OF_EACH_CHAT = (
    """INSERT INTO profile_links (person_id, step, at, url, expires_at)
       SELECT person_id, 'offered', clock_now(), 'https://max.example/link/' || person_id,
              clock_now() + interval '1 hour' FROM fact_people""",
    """UPDATE chat_sync SET link = 'https://max.example/' || chat_id, observed_at = clock_now(),
              max_chat_id = -abs(hashtext(chat_id))""",
    """INSERT INTO observed_members
       SELECT m.chat_id, p.max_user_id, m.role = 'administrator', clock_now()
         FROM expected_members m JOIN fact_profiles p USING (person_id)
        WHERE p.max_user_id IS NOT NULL""",
    """INSERT INTO blocked_accounts (chat_id, max_user_id, reason, since, retry_at)
       SELECT chat_id, 77, 'add.participant.privacy', clock_now(), clock_now() FROM chats""",
    """INSERT INTO drift (chat_id, max_user_id, kind, seen_at)
       SELECT chat_id, 78, 'added', clock_now() FROM chats""",
    """INSERT INTO decisions (decision_id, chat_id, account, subject, choice, author, at)
       SELECT 's' || chat_id, chat_id, 79, 'stay', 'kept', 'somebody', clock_now() FROM chats""",
    """INSERT INTO intents (chat_id, lease_token, action, body, committed_at)
       SELECT chat_id, 1, 'add', '{}', clock_now() FROM chats""",
    f"""INSERT INTO held_plans (hash, chat_id, school_id, lot, scope, removals, people,
               actions, removal_limit, would_be, held_at, state)
        SELECT md5(chat_id), chat_id, school_id, 'counted', 'chat', 1, '{_PEOPLE_OF_PLAN}',
               '[]', 1, 2, clock_now(), 'held' FROM chats""",
    """INSERT INTO decisions (decision_id, lesson_id, subject, choice, author, at)
       SELECT 'd' || lesson_id, lesson_id, 'lesson', 'Урок ' || school_id, 'somebody',
              clock_now() FROM fact_lessons""",
    """INSERT INTO lesson_calls (lesson_id, standing, call_id, join_url, max_chat_id, seen)
       SELECT lesson_id, 'made', lesson_id, 'https://max.example/call/' || lesson_id, 1,
              fingerprint FROM fact_lessons LEFT JOIN lesson_wishes USING (lesson_id)""",
    """INSERT INTO decisions
       SELECT 'd' || chat_id, chat_id, NULL, 'title', 'Название ' || school_id, 'somebody',
              clock_now() FROM chats""",
)
