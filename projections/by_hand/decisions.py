"""The journal of by-hand decisions: kept for ever, the latest of each counts.

Guarantees: a decision and the mark that makes its chat be derived anew commit together, and
a decision that is already here is not recorded twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import assert_never
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.decisions import (
    AnyDecision,
    ChatDecision,
    ChatDecisions,
    Decision,
    Deletion,
    KindDecision,
    KindSwitch,
    MembershipDecision,
    OfChat,
    RoleDecision,
    Stay,
    StayDecision,
)
from domain.founding import Founding
from domain.ids import ChatId, PersonId
from domain.lanes import Lane
from projections.by_hand.foundings import keep_founding
from projections.by_hand.publishing import published
from projections.database import Driver, Record, driver, wake
from projections.queue.due import mark_due
from projections.queue.marks import CHANNEL, Cause, by_chat, mark_chats, mark_schools

_RECORD = """
    INSERT INTO decisions (decision_id, chat_id, person_id, account, school_id, kind, subject,
                           choice, author, at)
    SELECT * FROM unnest(CAST(:decisions AS text[]), CAST(:chats AS text[]),
                         CAST(:people AS text[]), CAST(:accounts AS bigint[]),
                         CAST(:schools AS text[]), CAST(:kinds AS text[]),
                         CAST(:subjects AS text[]), CAST(:choices AS text[]),
                         CAST(:authors AS text[]), CAST(:times AS timestamptz[]))
    ON CONFLICT (decision_id) DO NOTHING RETURNING decision_id"""

_LATEST = """
    SELECT DISTINCT ON (chat_id, subject, person_id)
           decision_id, chat_id, person_id, subject, choice, author, at
      FROM decisions WHERE chat_id = ANY(CAST(:chats AS text[])) AND subject <> 'stay'
     ORDER BY chat_id, subject, person_id, at DESC, decision_id COLLATE "C" DESC"""


async def record(
    connection: AsyncConnection,
    decision: AnyDecision,
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
    decisions: Sequence[AnyDecision],
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
    rows = await raw.fetch(_RECORD, **_columns(decisions))
    known = {str(row["decision_id"]) for row in rows}
    new = [decision for decision in decisions if decision.decision_id in known]
    if not new:
        return 0
    for decision in new:
        if isinstance(decision, ChatDecision) and isinstance(decision.choice, Founding):
            await keep_founding(raw, decision, decision.choice)
    if publish:
        await published(connection, new)
    await _mark(raw, new, lane)
    wake(CHANNEL)
    # It may be the messenger that deleted the chat, or a decision be about somebody who is in it
    # without being expected: then the rules change nothing.
    due = {each.chat_id for each in new if not isinstance(each, KindDecision) and _is_due(each)}
    if due:
        await mark_due(connection, due, lane)
    return len(new)


async def _mark(raw: Driver, decisions: Sequence[AnyDecision], lane: Lane) -> None:
    """Have what they are about derived anew; of a stay the rules know nothing."""
    of_chats = (each for each in decisions if isinstance(each, Decision | ChatDecision))
    await mark_chats(raw, by_chat((each.chat_id, Cause(lane, each.at)) for each in of_chats))
    schools = {each.school_id: each.at for each in decisions if isinstance(each, KindDecision)}
    await mark_schools(raw, schools, lane)


def _columns(decisions: Sequence[AnyDecision]) -> dict[str, list[object]]:
    told = [_subject_and_choice(each) for each in decisions]
    kinds = [each if isinstance(each, KindDecision) else None for each in decisions]
    return {
        "decisions": [each.decision_id for each in decisions],
        "chats": [None if isinstance(each, KindDecision) else each.chat_id for each in decisions],
        "people": [each.person_id if isinstance(each, Decision) else None for each in decisions],
        "accounts": [
            each.account if isinstance(each, StayDecision) else None for each in decisions
        ],
        "schools": [each and each.school_id for each in kinds],
        "kinds": [each and each.kind.value for each in kinds],
        "subjects": [subject for subject, _ in told],
        "choices": [choice for _, choice in told],
        "authors": [each.author for each in decisions],
        "times": [each.at for each in decisions],
    }


def _is_due(decision: OfChat) -> bool:
    return (
        decision.choice is Deletion.KEPT
        or isinstance(decision, StayDecision)
        or isinstance(decision.choice, MembershipDecision)
    )


_DECIDED = """coalesce((
           SELECT d.choice FROM decisions d
            WHERE d.chat_id = c.chat_id AND d.subject = 'deleted'
            ORDER BY d.at DESC, d.decision_id COLLATE "C" DESC LIMIT 1), 'kept')"""

IS_OVER = f"(c.deleted OR s.gone_at IS NOT NULL OR {_DECIDED} = 'deleted')"
"""For a query over chats ``c`` and their ``chat_sync`` ``s``: it is deleted, or is to be."""

_TO_BRING_BACK = text(f"""
    SELECT clock_now() AS now FROM chats c JOIN chat_sync s USING (chat_id)
     WHERE chat_id = :chat AND {IS_OVER}""")  # noqa: S608 - constants


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


def _subject_and_choice(decision: AnyDecision) -> tuple[str, str]:  # noqa: PLR0911 - one of each
    match decision.choice:
        case MembershipDecision():
            return "membership", decision.choice.value
        case RoleDecision():
            return "role", decision.choice.value
        case Deletion():
            return "deleted", decision.choice.value
        case Stay():
            return "stay", decision.choice.value
        case KindSwitch():
            return "kind", decision.choice.value
        case Founding():
            return "founding", decision.choice.filling.value
        case str():
            return "title", decision.choice
        case _:
            assert_never(decision.choice)


async def load_decisions(raw: Driver, chat_ids: Iterable[ChatId]) -> dict[ChatId, ChatDecisions]:
    """The latest decisions of these chats; chats without any are left out."""
    people: defaultdict[ChatId, list[Decision]] = defaultdict(list)
    titles: dict[ChatId, str | None] = {}
    deleted: dict[ChatId, Deletion] = {}
    for row in await raw.fetch(_LATEST, chats=list(chat_ids)):
        chat_id = ChatId(row["chat_id"])
        match row["subject"]:
            case "title":
                titles[chat_id] = row["choice"] or None  # taken back: the rules' own again
            case "deleted":
                deleted[chat_id] = Deletion(row["choice"])
            case "founding":
                pass  # ``foundings``: what it is does not change
            case _:
                people[chat_id].append(_decision(row))
    return {
        chat_id: ChatDecisions(
            people=tuple(people.get(chat_id, ())),
            title=titles.get(chat_id),
            deleted=deleted.get(chat_id) is Deletion.DELETED,
            brought_back=deleted.get(chat_id) is Deletion.KEPT,
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
