"""Decisions by hand as others are told of them, and as a restored database reads them back.

Guarantees: a decision is told in its own transaction, once however often; ids, and titles that
somebody chose, but no names.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.decisions import ChatDecision, Decision, Deletion, MembershipDecision, RoleDecision
from domain.founding import Founding
from projections import outbox
from schemas.fields import write_instant
from schemas.outgoing import DECISIONS_TOPIC

_SCHOOL = text("""
    SELECT coalesce(
        (SELECT school_id FROM chats WHERE chat_id = :chat),
        (SELECT school_id FROM founded_chats WHERE chat_id = :chat),
        (SELECT school_id FROM fact_classes
          WHERE :chat IN ('class:' || class_id, 'parents:' || class_id) LIMIT 1),
        (SELECT school_id FROM fact_subject_groups WHERE 'subject:' || group_id = :chat LIMIT 1),
        (SELECT school_id FROM fact_schools WHERE 'staff_room:' || school_id = :chat LIMIT 1))""")


async def published(
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
        case Founding():
            return "founding", _founding(decision.choice)
        case str():
            return "title", {"title": decision.choice} if decision.choice else {}
    if isinstance(decision, Decision):
        said["person_id"] = decision.person_id
    return next(iter(said)), said


def _founding(founding: Founding) -> dict[str, object]:
    purpose = founding.purpose
    named = {"class_id": purpose.class_id, "subject_group_id": purpose.group_id}
    return {
        "kind": purpose.kind.value,
        "filling": founding.filling.value,
        "title": founding.title,
        **{name: given for name, given in named.items() if given is not None},
    }
