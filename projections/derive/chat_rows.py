"""The rows of chats: creating those that should exist, and locking them in one order.

Guarantees: all workers insert and lock in the order of chat ids and create before they lock,
so they cannot deadlock. The lock is ``FOR NO KEY UPDATE``: it excludes other workers, and
not the foreign keys of the reconcile loop's writing.
"""

from collections.abc import Collection, Sequence

from domain import backlog
from domain.chats import Chat
from domain.derivation.facts import Entities, is_withheld
from domain.ids import ChatId
from projections.by_hand.decisions import load_decisions
from projections.by_hand.kinds import switched_off
from projections.database import Driver
from projections.derive.config import ChatKindsOff
from projections.derive.entities import load_entities

_MISSING = """
    SELECT id FROM unnest(CAST(:chats AS text[])) AS id
     WHERE NOT EXISTS (SELECT FROM chats c WHERE c.chat_id = id) ORDER BY id"""

_CREATE = """
    INSERT INTO chats (chat_id, kind, school_id, class_id, group_id, title, closes_on,
                       origin, made_by, filling)
    SELECT c.*, CASE WHEN f.chat_id IS NULL THEN 'rule' ELSE 'hand' END, f.author,
           coalesce(f.filling, 'rule')
      FROM unnest(CAST(:chats AS text[]), CAST(:kinds AS text[]), CAST(:schools AS text[]),
                  CAST(:classes AS text[]), CAST(:groups AS text[]), CAST(:titles AS text[]),
                  CAST(:closing AS date[]))
           AS c (chat_id, kind, school_id, class_id, group_id, title, closes_on)
      LEFT JOIN founded_chats f USING (chat_id)
     ORDER BY c.chat_id
    ON CONFLICT (chat_id) DO NOTHING RETURNING chat_id"""

_CREATE_SYNC = """
    INSERT INTO chat_sync (chat_id, place)
    SELECT * FROM unnest(CAST(:chats AS text[]), CAST(:places AS smallint[]))
    ON CONFLICT (chat_id) DO NOTHING"""

_LOCK = """
    SELECT chat_id FROM chats WHERE chat_id = ANY(CAST(:chats AS text[]))
     ORDER BY chat_id FOR NO KEY UPDATE"""


async def create_missing(driver: Driver, chat_ids: Collection[ChatId], off: ChatKindsOff) -> None:
    """Create those of these chats that should exist and do not."""
    rows = await driver.fetch(_MISSING, chats=sorted(chat_ids))
    missing = [ChatId(row["id"]) for row in rows]
    if not missing:
        return
    entities = await load_entities(driver, missing)
    chats = [chat for each in missing if (chat := wanted(entities, each, off)) is not None]
    by_hand = await switched_off(driver, {chat.school_id for chat in chats})
    decided = await load_decisions(driver, missing) if by_hand else {}
    await _create(
        driver,
        entities,
        [chat for chat in chats if not is_withheld(chat, decided.get(chat.chat_id), by_hand)],
    )


def wanted(entities: Entities, chat_id: ChatId, off: ChatKindsOff) -> Chat | None:
    """The chat, if it should exist: the facts ask for one that is not off, or somebody made it."""
    chat = entities.chat(chat_id)
    if chat is None or (chat_id not in entities.founded and off.covers(chat.kind, chat.school_id)):
        return None
    return chat


async def _create(driver: Driver, entities: Entities, chats: Sequence[Chat]) -> None:
    if not chats:
        return
    places = {chat.chat_id: _place(entities, chat) for chat in chats}
    rows = await driver.fetch(
        _CREATE,
        chats=[chat.chat_id for chat in chats],
        kinds=[chat.kind.value for chat in chats],
        schools=[chat.school_id for chat in chats],
        classes=[chat.class_id for chat in chats],
        groups=[chat.group_id for chat in chats],
        titles=[chat.title for chat in chats],
        closing=[chat.closes_on for chat in chats],
    )
    created = [ChatId(row["chat_id"]) for row in rows]
    await driver.execute(_CREATE_SYNC, chats=created, places=[places[each] for each in created])


def _place(entities: Entities, chat: Chat) -> int:
    known = None if chat.class_id is None else entities.classes.get(chat.class_id)
    return backlog.place(chat.kind, None if known is None else known.name)


async def lock(driver: Driver, chat_ids: Collection[ChatId]) -> list[ChatId]:
    """Lock the rows of those of these chats that exist; facts are read only after this."""
    return [ChatId(row["chat_id"]) for row in await driver.fetch(_LOCK, chats=sorted(chat_ids))]
