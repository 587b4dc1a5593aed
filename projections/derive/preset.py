"""The chats that a school has by the rules (the guide, 3.2), whether they are there or not.

Guarantees: which they are follows from facts alone, so chats made by hand are not among them, and
neither are those whose class, group or school has closed.
"""

from collections.abc import Collection

from domain.chats import Chat, ChatKind, is_frozen
from domain.days import local_date, zone_of
from domain.ids import SchoolId
from projections.database import Driver
from projections.derive.entities import load_entities
from projections.derive.resolve import chats_about

_ENTITIES = """
    SELECT 'school' AS what, school_id AS id FROM fact_schools WHERE school_id = :school
    UNION ALL SELECT 'class', class_id FROM fact_classes WHERE school_id = :school
    UNION ALL SELECT 'group', group_id FROM fact_subject_groups WHERE school_id = :school"""


async def preset_chats(
    driver: Driver, school_id: SchoolId, kinds: Collection[ChatKind]
) -> list[Chat] | None:
    """Those of these kinds, by their ids; None where nothing at all is known of the school."""
    rows = await driver.fetch(_ENTITIES, school=school_id)
    if not rows:
        return None
    ids = sorted(chat_id for row in rows for chat_id in chats_about(row["what"], row["id"]))
    entities = await load_entities(driver, ids)
    school = entities.schools.get(school_id)
    zone = zone_of(None if school is None else school.timezone)
    today = local_date(zone, await driver.fetchval("SELECT clock_now()"))
    found = (entities.chat(chat_id) for chat_id in ids)
    return [
        chat
        for chat in found
        if chat is not None
        and chat.kind in kinds
        and chat.school_id == school_id
        and not is_frozen(chat, today)
    ]
