"""Whom the rules alone would have in one chat, and whom a chat that is not there yet.

What somebody decides by hand is worded by it: who belongs by the rules is excluded, who was only
added by hand is added no more; and who was excluded, but belongs, is not excluded any more. So
nobody stays in a chat by hand whom the register would let go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.chats import Chat
from domain.derivation.compute import Derivation
from domain.derivation.facts import Stored
from domain.expected import Role
from domain.ids import ChatId, PersonId
from projections.database import driver
from projections.derive.config import DeriveConfig
from projections.derive.load import load


async def by_rules(connection: AsyncConnection, chat_id: ChatId) -> Mapping[PersonId, Role]:
    """Who belongs by the rules, and in which role; nobody where the chat is not there."""
    return (await rules_of(connection, [chat_id])).get(chat_id, {})


async def rules_of(
    connection: AsyncConnection, chat_ids: Sequence[ChatId]
) -> dict[ChatId, Mapping[PersonId, Role]]:
    """As ``by_rules``, of those of these chats that are there, by one load of facts."""
    if not chat_ids:
        return {}
    facts = await load(await driver(connection), chat_ids)
    plain = {chat: replace(decided, people=()) for chat, decided in facts.decisions.items()}
    rules = Derivation(replace(facts, decisions=plain), DeriveConfig().default_zone)
    return {
        derived.chat.chat_id: {member.person_id: member.role for member in derived.members}
        for derived in rules.all()
    }


async def would_belong(
    connection: AsyncConnection, chats: Sequence[Chat]
) -> dict[ChatId, frozenset[PersonId]]:
    """Who would belong in these chats, which are not there, if they were made now."""
    if not chats:
        return {}
    unstored = {chat.chat_id: _as_stored(chat) for chat in chats}
    facts = await load(await driver(connection), list(unstored), unstored)
    return {
        derived.chat.chat_id: frozenset(member.person_id for member in derived.members)
        for derived in Derivation(facts, DeriveConfig().default_zone).all()
    }


def _as_stored(chat: Chat) -> Stored:
    return Stored(
        chat_id=chat.chat_id,
        kind=chat.kind,
        school_id=chat.school_id,
        class_id=chat.class_id,
        group_id=chat.group_id,
        title=chat.title,
        closes_on=chat.closes_on,
        frozen=False,
        deleted=False,
        next_change_at=None,
    )
