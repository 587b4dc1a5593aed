"""The audit: every chat derived again from the facts, and compared with what is stored.

Guarantees: nothing is written. A difference is reported only if it is a fault: the chat is
looked at a second time with its row locked, and passed over if a mark or a date that is not
yet derived explains it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.derivation import difference
from domain.derivation.compute import Derivation
from domain.derivation.facts import Facts, is_withheld
from domain.ids import ChatId, PersonId
from projections.database import Driver, driver, transaction
from projections.derive import chat_rows, load, resolve
from projections.derive.config import DeriveConfig
from projections.derive.resolve import chats_about
from projections.derive.write import differences
from projections.gate import first_load
from projections.queue import claims

CHUNK = 2000


class Fault(Enum):
    """In what way a stored chat is not what the facts say."""

    MISSING_CHAT = "missing_chat"
    CHAT = "chat"
    MISSING_MEMBER = "missing_member"
    SURPLUS_MEMBER = "surplus_member"
    CHANGED_MEMBER = "changed_member"


@dataclass(frozen=True, slots=True)
class Difference:
    """One fault; ``person_id`` is set where it is about a member."""

    chat_id: ChatId
    fault: Fault
    person_id: PersonId | None = None


_ENTITIES = """
    SELECT 'school' AS what, school_id AS id FROM fact_schools
    UNION ALL SELECT 'class', class_id FROM fact_classes
    UNION ALL SELECT 'group', group_id FROM fact_subject_groups
    UNION ALL SELECT 'chat', chat_id FROM founded_chats"""

_PAST_DATE = """
    SELECT chat_id FROM chats
     WHERE chat_id = ANY(CAST(:chats AS text[])) AND next_change_at <= :now"""


async def audit(
    engine: AsyncEngine,
    config: DeriveConfig | None = None,
    chat_ids: Collection[ChatId] | None = None,
) -> list[Difference]:
    """What is wrong with these chats, or with all of them; empty where nothing is.

    Raises:
        StoreUnavailable: the database is away.
    """
    config = config or DeriveConfig()
    found: list[Difference] = []
    wanted = sorted(chat_ids) if chat_ids is not None else await _all_chats(engine)
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        suspects = await _look(engine, config, chunk, locked=False)
        if suspects:
            again = sorted({each.chat_id for each in suspects})
            found += await _look(engine, config, again, locked=True)
    return found


async def _all_chats(engine: AsyncEngine) -> list[ChatId]:
    """Chats that are there, and chats that the facts ask for."""
    async with transaction(engine) as connection:
        raw = await driver(connection)
        chats = {ChatId(row["chat_id"]) for row in await raw.fetch("SELECT chat_id FROM chats")}
        for row in await raw.fetch(_ENTITIES):
            chats.update(chats_about(row["what"], row["id"]))
    return sorted(chats)


async def _look(
    engine: AsyncEngine, config: DeriveConfig, chat_ids: Sequence[ChatId], *, locked: bool
) -> list[Difference]:
    async with transaction(engine) as connection:
        raw = await driver(connection)
        await resolve.plan_by_index(raw)
        if locked:
            await chat_rows.lock(raw, chat_ids)
        facts = await load.load(raw, chat_ids)
        found = [
            Difference(chat_id, Fault.MISSING_CHAT)
            for chat_id in chat_ids
            if _is_missing(facts, config, chat_id)
        ]
        for each in differences(facts, Derivation(facts, config.default_zone)):
            found += _faults(each)
        excused = await _excused(raw, facts, chat_ids) if locked and found else set()
    return [each for each in found if each.chat_id not in excused]


def _is_missing(facts: Facts, config: DeriveConfig, chat_id: ChatId) -> bool:
    if chat_id in facts.stored:
        return False
    wanted = chat_rows.wanted(facts.entities, chat_id, config.kinds_off)
    return wanted is not None and not is_withheld(
        wanted, facts.decisions.get(chat_id), facts.kinds_off
    )


def _faults(each: difference.Difference) -> Iterator[Difference]:
    chat_id = each.derived.chat.chat_id
    if each.row_changed:
        yield Difference(chat_id, Fault.CHAT)
    for fault, people in (
        (Fault.MISSING_MEMBER, each.joined),
        (Fault.CHANGED_MEMBER, each.changed),
        (Fault.SURPLUS_MEMBER, each.left),
    ):
        for person_id in people:
            yield Difference(chat_id, fault, person_id)


async def _excused(raw: Driver, facts: Facts, chat_ids: Sequence[ChatId]) -> set[ChatId]:
    """Chats that a mark will have derived anew, or a date that has just come, or the first load.

    Read after the facts and under the chats' locks, so a mark cannot have been cleared since.
    """
    if await first_load.is_on(raw):
        return set(chat_ids)
    rows = await raw.fetch(_PAST_DATE, chats=list(chat_ids), now=facts.now)
    marked = await resolve.resolve(raw, await claims.all_marks(raw))
    return {ChatId(row["chat_id"]) for row in rows} | marked.derive.keys()
