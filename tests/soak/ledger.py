"""What the engine's own database says of grants and of answers that were lost, kept outside it.

Triggers of the soak write it down as it happens. A restored database forgets what was written
after the copy, so the ledger is taken out before every restore and joined here.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

_TRIGGERS = """
    CREATE SCHEMA soak;
    CREATE TABLE soak.grants (slot int, at timestamptz);
    CREATE TABLE soak.lost (intent bigint, action text, at timestamptz);
    CREATE FUNCTION soak.granted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO soak.grants VALUES (NEW.slot, NEW.granted_at); RETURN NULL; END $$;
    CREATE TRIGGER soak AFTER UPDATE ON call_slots FOR EACH ROW
        WHEN (NEW.granted_at IS DISTINCT FROM OLD.granted_at) EXECUTE FUNCTION soak.granted();
    CREATE FUNCTION soak.lost_answer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO soak.lost VALUES (NEW.intent_id, NEW.action, clock_timestamp());
          RETURN NULL; END $$;
    CREATE TRIGGER soak AFTER UPDATE OF outcome ON intents FOR EACH ROW
        WHEN (OLD.outcome IS NULL AND NEW.lease_token > 0
              AND (NEW.outcome IN ('read back', 'repeated') OR NEW.outcome LIKE 'unknown%'))
        EXECUTE FUNCTION soak.lost_answer();
"""


@dataclass(slots=True)
class Ledger:
    """Grants by slot and time, and the intents whose answer never came."""

    grants: set[tuple[int, datetime]] = field(default_factory=set)
    lost: set[tuple[int, str, datetime]] = field(default_factory=set)

    async def open(self, url: str) -> None:
        """Have the database write it down from now on."""
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(_TRIGGERS)
        finally:
            await connection.close()

    async def take_out(self, url: str) -> None:
        """Join what is written by now."""
        connection = await asyncpg.connect(url)
        try:
            grants = await connection.fetch("SELECT slot, at FROM soak.grants")
            lost = await connection.fetch("SELECT intent, action, at FROM soak.lost")
        finally:
            await connection.close()
        self.grants |= {(row["slot"], row["at"]) for row in grants}
        self.lost |= {(row["intent"], row["action"], row["at"]) for row in lost}

    def peak(self) -> int:
        """The most grants in any second of database time, its first instant left out."""
        times = sorted(at for _, at in self.grants)
        second = timedelta(seconds=1)
        return max(
            (place + 1 - bisect_right(times, at - second) for place, at in enumerate(times)),
            default=0,
        )

    def lost_of(self, action: str) -> int:
        """Calls of one kind whose answer was lost."""
        return sum(kind == action for _, kind, _ in self.lost)
