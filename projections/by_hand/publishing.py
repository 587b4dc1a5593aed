"""By-hand decisions told to others, and to a database that is restored: ``rollcall.decisions``.

Guarantees: told in the transaction that records them, each once; ids, and the title that somebody
chose, and no name.
"""

from collections.abc import Mapping, Sequence
from typing import assert_never

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.decisions import (
    AnyDecision,
    ChatDecision,
    Decision,
    Deletion,
    KindDecision,
    KindSwitch,
    LessonDecision,
    MembershipDecision,
    Stay,
    StayDecision,
)
from domain.derivation.facts import kind_and_entity
from domain.founding import Founding
from domain.ids import ChatId
from projections import outbox
from schemas.fields import write_instant
from schemas.outgoing import DECISIONS_TOPIC

_SCHOOL = text("""
    SELECT coalesce(
        (SELECT school_id FROM chats WHERE chat_id = :chat),
        (SELECT school_id FROM founded_chats WHERE chat_id = :chat),
        (SELECT school_id FROM fact_classes
          WHERE CAST(:kind AS text) IN ('class', 'parents') AND class_id = :entity),
        (SELECT school_id FROM fact_subject_groups
          WHERE CAST(:kind AS text) = 'subject' AND group_id = :entity),
        (SELECT school_id FROM fact_schools
          WHERE CAST(:kind AS text) = 'staff_room' AND school_id = :entity))""")
"""A chat without a row is found by what its id names, by primary keys: there may be thousands."""


async def published(connection: AsyncConnection, decisions: Sequence[AnyDecision]) -> None:
    """Tell others, and a database that is restored; of a chat that no fact asks for nobody."""
    chats = {each.chat_id for each in decisions if not isinstance(each, KindDecision)}
    schools = {chat: await _school_of(connection, chat) for chat in chats}
    await outbox.add_all(
        connection,
        [
            _news(each, school)
            for each in decisions
            if (school := _school(each, schools)) is not None
        ],
    )


async def _school_of(connection: AsyncConnection, chat_id: ChatId) -> str | None:
    kind, entity = kind_and_entity(chat_id)
    given = {"chat": chat_id, "kind": None if kind is None else kind.value, "entity": entity}
    school: str | None = (await connection.execute(_SCHOOL, given)).scalar_one()
    return school


def _school(decision: AnyDecision, of_chats: Mapping[ChatId, str | None]) -> str | None:
    if isinstance(decision, KindDecision):
        return decision.school_id
    return of_chats[decision.chat_id]


def _news(decision: AnyDecision, school: str) -> outbox.News:
    kind, said = _event(decision)
    if isinstance(decision, KindDecision):
        return news_of(decision, kind, school, {"school_id": school, **said})
    about = {"chat_id": decision.chat_id, "school_id": school}
    return news_of(decision, kind, decision.chat_id, {**about, **said})


def news_of(
    decision: AnyDecision | LessonDecision, kind: str, subject: str, said: Mapping[str, object]
) -> outbox.News:
    """The event of a decision: who decided when, and what only this kind of event has.

    An event's id follows from the decision's, so it is told once.
    """
    return outbox.News(
        event_id=f"decision:{decision.decision_id}"[:128],
        topic=DECISIONS_TOPIC,
        event_type=f"rollcall.{kind}.decided.v1",
        subject=subject,
        data={
            "decision_id": decision.decision_id,
            "author": decision.author,
            "at": write_instant(decision.at),
            **said,
        },
    )


def _event(decision: AnyDecision) -> tuple[str, dict[str, object]]:
    """The kind of event, and the members that only it has."""
    match decision:
        case Decision():
            kind = "membership" if isinstance(decision.choice, MembershipDecision) else "role"
            return kind, {kind: decision.choice.value, "person_id": decision.person_id}
        case ChatDecision():
            if isinstance(decision.choice, Deletion):
                return "deletion", {"deleted": decision.choice is Deletion.DELETED}
            if isinstance(decision.choice, Founding):
                return "founding", _founding(decision.choice)
            return "title", {"title": decision.choice} if decision.choice else {}
        case StayDecision():
            stays = decision.choice is Stay.KEPT
            return "stay", {"max_user_id": decision.account, "stays": stays}
        case KindDecision():
            created = decision.choice is KindSwitch.ON
            return "kind", {"kind": decision.kind.value, "created": created}
        case _:
            assert_never(decision)


def _founding(founding: Founding) -> dict[str, object]:
    purpose = founding.purpose
    named = {"class_id": purpose.class_id, "subject_group_id": purpose.group_id}
    return {
        "kind": purpose.kind.value,
        "filling": founding.filling.value,
        "title": founding.title,
        **{name: given for name, given in named.items() if given is not None},
    }
