"""The yardstick's statement, run and compared with what the derive loop has stored.

Guarantees: it reads fact tables only and writes one table of its own, so its result owes
nothing to the rules in ``domain``. Differences name the chat and the person, and in what way
they differ; memberships about which staff has decided by hand are left out.
"""

import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from domain.days import DEFAULT_ZONE
from domain.ids import ChatId, PersonId
from projections.database import Driver

TABLE: Final = "yardstick_members"

_SETTINGS: Final = """
    SELECT set_config('work_mem', '256MB', false),
           set_config('maintenance_work_mem', '512MB', false),
           set_config('jit', 'off', false)"""

_COMPARE: Final = f"""
    WITH decided AS (
        SELECT DISTINCT chat_id, person_id, true AS by_hand
          FROM decisions WHERE person_id IS NOT NULL)
    SELECT chat_id, person_id,
           CASE WHEN y.role IS NULL THEN 'surplus' WHEN s.role IS NULL THEN 'missing'
                WHEN y.role <> s.role THEN 'role' ELSE 'reasons' END AS kind
      FROM {TABLE} y
      FULL JOIN expected_members s USING (chat_id, person_id)
      LEFT JOIN decided d USING (chat_id, person_id)
     WHERE (y.role, y.reasons) IS DISTINCT FROM (s.role, s.reasons) AND d.by_hand IS NULL
     ORDER BY chat_id, person_id"""  # noqa: S608 - made of constants


class Kind(Enum):
    """In what way a stored membership is not the yardstick's."""

    MISSING = "missing"
    SURPLUS = "surplus"
    ROLE = "role"
    REASONS = "reasons"


@dataclass(frozen=True, slots=True)
class Difference:
    """A membership that the two do not have alike."""

    chat_id: ChatId
    person_id: PersonId
    kind: Kind


def statement(default_zone: str = DEFAULT_ZONE) -> str:
    """The statement for an installation with this zone; the zone is the operator's word."""
    text = Path(__file__).with_name("expected_members.sql").read_text(encoding="utf-8")
    for of in "cgef":
        text = text.replace(f"{{instant_of_{of}}}", _instant(f"{of}.at"))
    zone = "'" + default_zone.replace("'", "''") + "'"
    return text.replace("{target}", TABLE).replace("{default_zone}", zone)


async def compute(driver: Driver, default_zone: str = DEFAULT_ZONE) -> float:
    """Make the table with its primary key; the seconds that took."""
    await driver.execute(f"DROP TABLE IF EXISTS {TABLE}")
    await driver.execute(_SETTINGS)
    text = statement(default_zone)
    began = time.perf_counter()
    await driver.execute(text)
    await driver.execute(f"ALTER TABLE {TABLE} ADD PRIMARY KEY (chat_id, person_id)")
    return time.perf_counter() - began


async def differences(driver: Driver) -> list[Difference]:
    """Every membership in which the stored ones differ from those of ``compute``."""
    rows = await driver.fetch(_COMPARE)
    return [
        Difference(ChatId(row["chat_id"]), PersonId(row["person_id"]), Kind(row["kind"]))
        for row in rows
    ]


def _instant(column: str) -> str:
    """An instant as text in UTC, with a fraction only where there is one."""
    utc = f"{column} AT TIME ZONE 'UTC'"
    return (
        f"to_char({utc}, 'YYYY-MM-DD\"T\"HH24:MI:SS')"
        f" || CASE WHEN date_trunc('second', {column}) = {column} THEN ''"
        f" ELSE to_char({utc}, '.US') END || '+00:00'"
    )
