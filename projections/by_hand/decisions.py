"""The journal of by-hand decisions: kept for ever, the latest of each counts.

Guarantees: a decision and the mark that makes its chat be derived anew commit together, and
a decision that is already here is not recorded twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.decisions import (
    ChatDecision,
    ChatDecisions,
    Decision,
    Deletion,
    MembershipDecision,
    RoleDecision,
)
from domain.ids import ChatId, PersonId
from domain.lanes import Lane
from projections import outbox
from projections.database import Driver, Record, driver, wake
from projections.queue.due import mark_due
from projections.queue.marks import CHANNEL, Cause, by_chat, mark_chats
from schemas.fields import write_instant
from schemas.outgoing import DECISIONS_TOPIC

_RECORD = """
    INSERT INTO decisions (decision_id, chat_id, person_id, subject, choice, author, at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                         $7::timestamptz[])
    ON CONFLICT (decision_id) DO NOTHING RETURNING decision_id"""

_LATEST = """
    SELECT DISTINCT ON (chat_id, subject, person_id)
           decision_id, chat_id, person_id, subject, choice, author, at
      FROM decisions WHERE chat_id = ANY($1::text[])
     ORDER BY chat_id, subject, person_id, at DESC, decision_id COLLATE "C" DESC"""


async def record(
    connection: AsyncConnection,
    decision: Decision | ChatDecision,
    lane: Lane = Lane.STAFF,
    *,
    publish: bool = True,
) -> bool:
    """Keep a decision and mark its chat; False where it was known already.

    It is published too, unless it was read back from there. The caller's transaction commits
    all of it.
    """
    return bool(await record_all(connection, [decision], lane, publish=publish))


async def record_all(
    connection: AsyncConnection,
    decisions: Sequence[Decision | ChatDecision],
    lane: Lane = Lane.STAFF,
    *,
    publish: bool = True,
) -> int:
    """As ``record``, for many at once: thousands cost no more statements than one does.

    How many of them were new.
    """
    if not decisions:
        return 0
    raw = await driver(connection)
    rows = await raw.fetch(_RECORD, *_columns(decisions))
    known = {str(row["decision_id"]) for row in rows}
    new = [decision for decision in decisions if decision.decision_id in known]
    if not new:
        return 0
    if publish:
        await _publish(connection, new)
    causes = by_chat((each.chat_id, Cause(lane, each.at)) for each in new)
    await mark_chats(raw, causes)
    wake(CHANNEL)
    # It may be the messenger that deleted the chat, or a decision be about somebody who is in it
    # without being expected: then the rules change nothing.
    due = {each.chat_id for each in new if _is_due(each)}
    if due:
        await mark_due(connection, due, lane)
    return len(new)


def _columns(decisions: Sequence[Decision | ChatDecision]) -> list[list[object]]:
    rows = [
        (
            each.decision_id,
            each.chat_id,
            each.person_id if isinstance(each, Decision) else None,
            *_subject_and_choice(each),
            each.author,
            each.at,
        )
        for each in decisions
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _is_due(decision: Decision | ChatDecision) -> bool:
    return decision.choice is Deletion.KEPT or isinstance(decision.choice, MembershipDecision)


_DECIDED = """coalesce((
           SELECT d.choice FROM decisions d
            WHERE d.chat_id = c.chat_id AND d.subject = 'deleted'
            ORDER BY d.at DESC, d.decision_id COLLATE "C" DESC LIMIT 1), 'kept')"""

_TO_BRING_BACK = text(f"""
    SELECT clock_now() AS now FROM chats c JOIN chat_sync USING (chat_id)
     WHERE chat_id = :chat
       AND (deleted OR gone_at IS NOT NULL OR {_DECIDED} = 'deleted')""")  # noqa: S608 - constants


async def bring_back(connection: AsyncConnection, chat_id: ChatId, author: str) -> bool:
    """A person wants a deleted chat to be there again; False where it is not deleted.

    Deleted by a decision, carried out or not yet, or by the messenger
    (``projections.reconcile.gone``).
    """
    row = (await connection.execute(_TO_BRING_BACK, {"chat": chat_id})).one_or_none()
    if row is None:
        return False
    decision = ChatDecision(str(uuid4()), chat_id, author, row.now, Deletion.KEPT)
    return await record(connection, decision)


_TO_DELETE = text(f"""
    SELECT clock_now() AS now FROM chats c
     WHERE chat_id = :chat AND NOT deleted AND {_DECIDED} <> 'deleted'
       FOR NO KEY UPDATE""")  # noqa: S608 - constants


async def delete(connection: AsyncConnection, chat_id: ChatId, author: str) -> bool:
    """A person wants a chat to be no more, here and in the messenger.

    False where somebody has decided so already. The loops do it (``projections.derive``).
    """
    row = (await connection.execute(_TO_DELETE, {"chat": chat_id})).one_or_none()
    if row is None:
        return False
    decision = ChatDecision(str(uuid4()), chat_id, author, row.now, Deletion.DELETED)
    return await record(connection, decision)


_SCHOOL = text("""
    SELECT coalesce(
        (SELECT school_id FROM chats WHERE chat_id = :chat),
        (SELECT school_id FROM fact_classes
          WHERE :chat IN ('class:' || class_id, 'parents:' || class_id) LIMIT 1),
        (SELECT school_id FROM fact_subject_groups WHERE 'subject:' || group_id = :chat LIMIT 1),
        (SELECT school_id FROM fact_schools WHERE 'staff_room:' || school_id = :chat LIMIT 1))""")


async def _publish(
    connection: AsyncConnection, decisions: Sequence[Decision | ChatDecision]
) -> None:
    """Tell others, and a database that is restored; of a chat that no fact asks for nobody.

    An event's id follows from the decision's, so it is told once.
    """
    schools = {
        chat: (await connection.execute(_SCHOOL, {"chat": chat})).scalar_one()
        for chat in {each.chat_id for each in decisions}
    }
    await outbox.add_all(
        connection,
        [
            _news(each, school)
            for each in decisions
            if (school := schools[each.chat_id]) is not None
        ],
    )


def _news(decision: Decision | ChatDecision, school: str) -> outbox.News:
    kind, said = _event(decision)
    return outbox.News(
        event_id=f"decision:{decision.decision_id}"[:128],
        topic=DECISIONS_TOPIC,
        event_type=f"rollcall.{kind}.decided.v1",
        subject=decision.chat_id,
        data={
            "decision_id": decision.decision_id,
            "chat_id": decision.chat_id,
            "school_id": school,
            "author": decision.author,
            "at": write_instant(decision.at),
            **said,
        },
    )


def _event(decision: Decision | ChatDecision) -> tuple[str, dict[str, object]]:
    """The kind of event, and the members that only it has."""
    match decision.choice:
        case MembershipDecision():
            said: dict[str, object] = {"membership": decision.choice.value}
        case RoleDecision():
            said = {"role": decision.choice.value}
        case Deletion():
            return "deletion", {"deleted": decision.choice is Deletion.DELETED}
        case str():
            return "title", {"title": decision.choice} if decision.choice else {}
    if isinstance(decision, Decision):
        said["person_id"] = decision.person_id
    return next(iter(said)), said


def _subject_and_choice(decision: Decision | ChatDecision) -> tuple[str, str]:
    match decision.choice:
        case MembershipDecision():
            return "membership", decision.choice.value
        case RoleDecision():
            return "role", decision.choice.value
        case Deletion():
            return "deleted", decision.choice.value
        case str():
            return "title", decision.choice


async def load_decisions(raw: Driver, chat_ids: Iterable[ChatId]) -> dict[ChatId, ChatDecisions]:
    """The latest decisions of these chats; chats without any are left out."""
    people: defaultdict[ChatId, list[Decision]] = defaultdict(list)
    titles: dict[ChatId, str | None] = {}
    deleted: dict[ChatId, bool] = {}
    for row in await raw.fetch(_LATEST, list(chat_ids)):
        chat_id = ChatId(row["chat_id"])
        match row["subject"]:
            case "title":
                titles[chat_id] = row["choice"] or None  # taken back: the rules' own again
            case "deleted":
                deleted[chat_id] = Deletion(row["choice"]) is Deletion.DELETED
            case _:
                people[chat_id].append(_decision(row))
    return {
        chat_id: ChatDecisions(
            tuple(people.get(chat_id, ())), titles.get(chat_id), deleted.get(chat_id, False)
        )
        for chat_id in {*people, *titles, *deleted}
    }


def _decision(row: Record) -> Decision:
    about_role = row["subject"] == "role"
    return Decision(
        decision_id=row["decision_id"],
        chat_id=ChatId(row["chat_id"]),
        person_id=PersonId(row["person_id"]),
        author=row["author"],
        at=row["at"],
        choice=(RoleDecision(row["choice"]) if about_role else MembershipDecision(row["choice"])),
    )
