"""What people founded: the chats that were made by hand, each with what it is for.

Guarantees: it is kept with its decision, in the same transaction, and never changed; a chat is
founded once, whoever tells of it and however often.
"""

from collections.abc import Sequence

from domain.chats import ChatKind, Filling
from domain.decisions import ChatDecision
from domain.founding import Founding, Purpose
from domain.ids import ChatId, ClassId, GroupId, SchoolId
from projections.database import Driver

_FOUND = """
    INSERT INTO founded_chats
           (chat_id, decision_id, kind, school_id, class_id, group_id, filling, title, author)
    VALUES (:chat_id, :decision_id, :kind, :school_id, :class_id, :group_id, :filling, :title,
            :author)
    ON CONFLICT (chat_id) DO NOTHING"""

_FOUNDED = """
    SELECT chat_id, kind, school_id, class_id, group_id, filling, title
      FROM founded_chats WHERE chat_id = ANY(CAST(:chats AS text[]))"""


async def keep_founding(driver: Driver, decision: ChatDecision, founding: Founding) -> None:
    """The body of a decision that is new here."""
    purpose = founding.purpose
    await driver.execute(
        _FOUND,
        chat_id=decision.chat_id,
        decision_id=decision.decision_id,
        kind=purpose.kind.value,
        school_id=purpose.school_id,
        class_id=purpose.class_id,
        group_id=purpose.group_id,
        filling=founding.filling.value,
        title=founding.title,
        author=decision.author,
    )


async def load_founded(driver: Driver, chat_ids: Sequence[ChatId]) -> dict[ChatId, Founding]:
    """What was decided of those of these chats that were made by hand."""
    if not chat_ids:
        return {}
    return {
        ChatId(row["chat_id"]): Founding(
            Purpose(
                SchoolId(row["school_id"]),
                ChatKind(row["kind"]),
                None if row["class_id"] is None else ClassId(row["class_id"]),
                None if row["group_id"] is None else GroupId(row["group_id"]),
            ),
            Filling(row["filling"]),
            row["title"],
        )
        for row in await driver.fetch(_FOUNDED, chats=list(chat_ids))
    }
