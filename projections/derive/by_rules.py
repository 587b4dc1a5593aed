"""Whom the rules alone would have in one chat, had nobody decided about its people by hand.

What somebody decides by hand is worded by it: who belongs by the rules is excluded, who was only
added by hand is added no more; and who was excluded, but belongs, is not excluded any more. So
nobody stays in a chat by hand whom the register would let go.
"""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.decisions import ChatDecisions
from domain.derivation.compute import Derivation
from domain.expected import Role
from domain.ids import ChatId, PersonId
from projections.database import driver
from projections.derive.config import DeriveConfig
from projections.derive.load import load


async def by_rules(connection: AsyncConnection, chat_id: ChatId) -> Mapping[PersonId, Role]:
    """Who belongs by the rules, and in which role."""
    facts = await load(await driver(connection), [chat_id])
    plain = {
        chat: ChatDecisions((), decided.title, decided.deleted)
        for chat, decided in facts.decisions.items()
    }
    rules = Derivation(replace(facts, decisions=plain), DeriveConfig().default_zone)
    stored = facts.stored.get(chat_id)
    if stored is None:
        return {}
    return {member.person_id: member.role for member in rules.chat(stored).members}
