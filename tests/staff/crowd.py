"""Many people in one class of the own school, some of whom bear names that break things."""

from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.facts import Fact, Profile
from domain.ids import MaxUserId, PersonId
from projections.database import transaction
from tests.domain import builders as make
from tests.projections.builders import derive_all, ingest
from tests.staff.town import ALPHA, OWN

CORPUS = (
    "Ёлкин", "Елкина", "Е\u0308жиков", "O'Нил", "Null", '<img src=x onerror="alert(1)">',
    "=HYPERLINK(1)", "{{7*7}}", "10A/10А", "абв\u202eгде", "a\u200bb", "🙂", "\x1b[31mКрасный",
    "стр\r\nока", "Ж" * 300, "-", "Длиннаяфамилиябезпробелов" * 3, "&amp;amp;", "';--",
)  # fmt: skip
"""Surnames as ``pitfalls`` have them."""

FIRST_ACCOUNT = 5000


def crowd_id(number: int) -> PersonId:
    """The id of the pupil of this number."""
    return PersonId(ALPHA.id(f"crowd-{number:04}"))


async def crowd(engine: AsyncEngine, size: int) -> None:
    """``size`` more pupils of 7а, derived; nobody of them is in the messenger's chat yet."""
    facts: list[Fact] = []
    for number in range(size):
        person = crowd_id(number)
        surname = CORPUS[number] if number < len(CORPUS) else f"Ученик {number:04}"
        known = replace(make.person(person), surname=surname, given_name="Саша")
        facts += [
            replace(known, sex="female" if number % 2 else "male"),
            make.enrolment(person, ALPHA.id("7a"), school_id=OWN),
            Profile(make.rank(), person, MaxUserId(FIRST_ACCOUNT + number)),
        ]
    await ingest(engine, *facts)
    await derive_all(engine)


async def trouble(engine: AsyncEngine) -> None:
    """In 7а: somebody refused, somebody who left, and two whom an administrator brought in."""
    chat = ALPHA.chat("class", "7a")
    async with transaction(engine) as connection:
        for statement in (
            "UPDATE chat_sync SET known_at = clock_now() WHERE chat_id = :chat",
            f"""INSERT INTO blocked_accounts (chat_id, max_user_id, reason, since, retry_at)
                VALUES (:chat, {FIRST_ACCOUNT}, 'add.participant.privacy', clock_now(),
                        clock_now() + interval '1 day')""",
            f"""INSERT INTO drift (chat_id, max_user_id, kind, seen_at, reasons)
                VALUES (:chat, {FIRST_ACCOUNT + 1}, 'left', clock_now(),
                        reasons_of(:chat, {FIRST_ACCOUNT + 1}))""",
            """INSERT INTO observed_members VALUES (:chat, 1005, false, clock_now()),
                      (:chat, 9999, false, clock_now())""",
            """INSERT INTO drift (chat_id, max_user_id, by_user_id, kind, seen_at, due_at)
               VALUES (:chat, 1005, 1001, 'added_by_administrator', clock_now(),
                       clock_now() + interval '1 day'),
                      (:chat, 9999, NULL, 'added_by_administrator', clock_now(),
                       clock_now() + interval '1 day')""",
        ):
            await connection.execute(text(statement), {"chat": chat})
