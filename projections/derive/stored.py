"""Chats and expected members as the last derivation left them."""

from collections import defaultdict
from collections.abc import Sequence

from domain.chats import ChatKind
from domain.derivation.facts import Stored, StoredMember
from domain.ids import ChatId, PersonId, SchoolId
from projections.database import Driver

_STORED = """
    SELECT chat_id, kind, school_id, class_id, group_id, title, closes_on, frozen, deleted,
           next_change_at,
           EXISTS (SELECT FROM chat_sync s
                    WHERE s.chat_id = c.chat_id
                      AND (s.max_chat_id IS NOT NULL OR s.gone_at IS NOT NULL)) AS in_messenger
      FROM chats c WHERE chat_id = ANY(CAST(:chats AS text[]))"""

_MEMBERS = """
    SELECT chat_id, person_id, role, by_hand, reasons::text AS reasons
      FROM expected_members WHERE chat_id = ANY(CAST(:chats AS text[]))"""


async def load_chats(driver: Driver, chat_ids: Sequence[ChatId]) -> dict[ChatId, Stored]:
    """The rows of those of these chats that exist."""
    rows = await driver.fetch(_STORED, chats=list(chat_ids))
    return {
        ChatId(row["chat_id"]): Stored(
            chat_id=ChatId(row["chat_id"]),
            kind=ChatKind(row["kind"]),
            school_id=SchoolId(row["school_id"]),
            class_id=row["class_id"],
            group_id=row["group_id"],
            title=row["title"],
            closes_on=row["closes_on"],
            frozen=row["frozen"],
            deleted=row["deleted"],
            next_change_at=row["next_change_at"],
            in_messenger=row["in_messenger"],
        )
        for row in rows
    }


async def load_members(
    driver: Driver, chat_ids: Sequence[ChatId]
) -> dict[ChatId, dict[PersonId, StoredMember]]:
    """The expected members of these chats; chats without any are left out."""
    members: defaultdict[ChatId, dict[PersonId, StoredMember]] = defaultdict(dict)
    for row in await driver.fetch(_MEMBERS, chats=list(chat_ids)):
        member = StoredMember(row["role"], row["by_hand"], row["reasons"])
        members[ChatId(row["chat_id"])][PersonId(row["person_id"])] = member
    return members
