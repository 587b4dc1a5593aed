"""Rows for the pages to show, by SQL: a usual school, a hostile one, and one without a name."""

import json
from dataclasses import dataclass, field

import asyncpg

HOSTILE_TITLE = '<img src="//evil.example/x" onerror="alert(1)"> 7а'
OVERRIDE_TITLE = "7б \N{RIGHT-TO-LEFT OVERRIDE}илетидоР"
LONG_TITLE = "Ч" * 200
SURNAME = "Иванова-Тестовая"
CONTENT = b"secret content of a record"

_ORIGIN = "version, at, source, event_id, topic, part, off, known_since"
_ORIGIN_VALUES = "1, clock_now(), 'test', 'e', 't', 0, 0, clock_now()"


@dataclass
class Rows:
    """Writes rows through one connection."""

    connection: asyncpg.Connection
    _accounts: int = field(default=1000)

    async def school(self, school_id: str, name: str) -> None:
        await self.connection.execute(
            f"""INSERT INTO fact_schools (school_id, name, timezone, {_ORIGIN})
                VALUES ($1, $2, 'Europe/Moscow', {_ORIGIN_VALUES})""",
            school_id,
            name,
        )

    async def person(self, person_id: str, account: int | None) -> None:
        """A person with a name, which no page may show."""
        await self.connection.execute(
            f"""INSERT INTO fact_people (person_id, surname, given_name, sex, removed, {_ORIGIN})
                VALUES ($1, $2, 'Анна', 'female', false, {_ORIGIN_VALUES})""",
            person_id,
            SURNAME,
        )
        await self.connection.execute(
            f"""INSERT INTO fact_profiles (person_id, max_user_id, {_ORIGIN})
                VALUES ($1, $2, {_ORIGIN_VALUES})""",
            person_id,
            account,
        )

    async def chat(
        self,
        chat_id: str,
        school_id: str,
        title: str,
        *,
        due: bool = False,
        waiting: str | None = None,
        frozen: bool = False,
    ) -> None:
        """A chat that exists in the messenger and was read."""
        await self.connection.execute(
            """INSERT INTO chats (chat_id, kind, school_id, title, frozen)
               VALUES ($1, $2, $3, $4, $5)""",
            chat_id,
            chat_id.split(":", maxsplit=1)[0],
            school_id,
            title,
            frozen,
        )
        self._accounts += 1
        await self.connection.execute(
            """INSERT INTO chat_sync
                      (chat_id, max_chat_id, observed_at, due_at, waiting, last_converged_at)
               VALUES ($1, $2, clock_now(), CASE WHEN $3 THEN clock_now() END, $4, clock_now())""",
            chat_id,
            -self._accounts,
            due,
            waiting,
        )

    async def expect(self, chat_id: str, person_id: str, role: str, *reasons: str) -> None:
        """Reasons are ``kind ref``."""
        listed = [
            {"kind": kind, "ref": ref, "role": role}
            for kind, ref in (reason.split() for reason in reasons)
        ]
        await self.connection.execute(
            """INSERT INTO expected_members
                      (chat_id, person_id, role, reasons, valid_from, known_since)
               VALUES ($1, $2, $3, $4::jsonb, clock_now(), clock_now())""",
            chat_id,
            person_id,
            role,
            json.dumps(listed),
        )

    async def observe(self, chat_id: str, account: int, *, admin: bool = False) -> None:
        await self.connection.execute(
            "INSERT INTO observed_members VALUES ($1, $2, $3, clock_now())", chat_id, account, admin
        )

    async def block(self, chat_id: str, account: int, reason: str) -> None:
        await self.connection.execute(
            """INSERT INTO blocked_accounts
               VALUES ($1, $2, $3, clock_now(), clock_now() + interval '1 day')""",
            chat_id,
            account,
            reason,
        )

    async def drift(
        self,
        chat_id: str,
        kind: str,
        account: int | None,
        *,
        by: int | None = None,
        hours: int | None = None,
        insists: bool = False,
    ) -> None:
        """Something that people changed and that is not over; ``hours`` until it ends by itself."""
        await self.connection.execute(
            """INSERT INTO drift (chat_id, kind, max_user_id, by_user_id, insists, seen_at, due_at)
               VALUES ($1, $2, $3, $4, $5, clock_now(),
                       clock_now() + make_interval(hours => $6))""",
            chat_id,
            kind,
            account,
            by,
            insists,
            hours,
        )

    async def nobody_can_be_added(self, reason: str) -> None:
        """The messenger only lets people come by the link."""
        await self.connection.execute(
            "UPDATE adding SET off_since = clock_now(), reason = $1", reason
        )

    async def quarantine(self, count: int) -> None:
        await self.connection.execute(
            """INSERT INTO quarantine (topic, topic_id, part, off, key, value, reason, first_seen)
               SELECT 'sgo.orders', 'x', i % 12, 4000 + i, $2, $2,
                      'data.pupils[3]: must be at most 64 characters',
                      clock_now() - i * interval '1 minute'
                 FROM generate_series(1, $1) AS i""",
            count,
            CONTENT,
        )

    async def caught_up(self, lag: int = 0) -> None:
        """The catch-up is over, and the topics' ends were looked at just now."""
        await self.connection.execute(
            "UPDATE catch_up SET armed_at = NULL, reason = NULL, watched_at = clock_now()"
        )
        await self.connection.execute(
            """INSERT INTO ingest_partitions
               VALUES ('sgo.orders', 0, 'x', 100, 100, -1, 'reading', NULL, clock_now())"""
        )
        await self.connection.execute(
            "INSERT INTO topic_ends VALUES ('sgo.orders', 0, 'x', $1, clock_now())", 100 + lag
        )
        await self._sees("sgo.orders", 0)

    async def gap(self) -> None:
        await self.connection.execute(
            """INSERT INTO ingest_partitions
               VALUES ('sgo.register', 7, 'x', 5, 5, -1, 'gap', 'r', clock_now())"""
        )
        await self._sees("sgo.register", 7)

    async def _sees(self, topic: str, part: int) -> None:
        await self.connection.execute(
            "INSERT INTO kafka_partitions VALUES ($1, $2, 'x', clock_now())", topic, part
        )


async def populate(url: str) -> None:
    """Everything that a page can show, in one database."""
    connection = await asyncpg.connect(url)
    try:
        rows = Rows(connection)
        await _usual_school(rows)
        await _hostile_school(rows)
        await rows.chat("staff_room:nameless", "nameless", "Учительская")
        await rows.quarantine(60)
        await rows.caught_up(lag=12)
    finally:
        await connection.close()


async def _usual_school(rows: Rows) -> None:
    await rows.school("school-12", "Школа № 12")
    await rows.person("teacher-1", 501)
    await rows.person("pupil-1", 502)
    await rows.person("pupil-2", None)
    await rows.person("pupil-3", 503)
    await rows.person("pupil-4", 504)
    await rows.chat("staff_room:school-12", "school-12", "Учительская")
    await rows.expect("staff_room:school-12", "teacher-1", "administrator", "employment school-12")
    await rows.observe("staff_room:school-12", 501, admin=True)
    await rows.chat("class:9a", "school-12", "9а - Ученики", due=True)
    await rows.expect("class:9a", "teacher-1", "administrator", "class_teacher 9a")
    await rows.expect("class:9a", "pupil-1", "member", "order order-77", "decision d-1")
    await rows.expect("class:9a", "pupil-2", "member", "order order-78")
    await rows.expect("class:9a", "pupil-3", "member", "order order-79")
    await rows.expect("class:9a", "pupil-4", "member", "order order-80")
    await rows.observe("class:9a", 501, admin=True)
    await rows.observe("class:9a", 502)
    await rows.observe("class:9a", 999)
    await rows.block("class:9a", 503, "add.participant.privacy")
    await rows.chat("class:10a", "school-12", "10а - Ученики", waiting="held", due=True)
    await rows.chat("parents:9a", "school-12", "9а - Родители", waiting="parked")
    await rows.chat("class:old", "school-12", "11б - Ученики", frozen=True)
    for number in range(1, 31):
        await rows.chat(f"subject:{number}", "school-12", f"{number}а - Химия")
    await _drift(rows)


async def _drift(rows: Rows) -> None:
    await rows.drift("parents:9a", "added_by_administrator", 777, by=501, hours=72)
    await rows.drift("subject:1", "left", 502, hours=1)
    await rows.drift("subject:2", "removed_by_administrator", 502, by=501)
    await rows.drift("subject:3", "removed_by_administrator", 502, by=501, insists=True)
    await rows.drift("class:9a", "added", 999)
    await rows.drift("class:10a", "title_changed", None)
    await rows.drift("parents:9a", "bot_lost", None)


async def _hostile_school(rows: Rows) -> None:
    await rows.school("school-evil", "<script>alert(1)</script> Лицей «Ёлка»")
    await rows.chat("class:evil-1", "school-evil", HOSTILE_TITLE)
    await rows.chat("class:evil-2", "school-evil", OVERRIDE_TITLE)
    await rows.chat("class:evil-3", "school-evil", LONG_TITLE)
    await rows.chat("class:evil-4", "school-evil", " ")
    for account, chat in enumerate(("class:evil-1", "class:evil-2", "class:evil-3"), start=900):
        await rows.drift(chat, "promoted", account)
