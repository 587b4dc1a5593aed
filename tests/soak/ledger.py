"""What the engine's own database says of its calls, of those unanswered too, kept outside it.

Triggers of the soak write it down as it happens. A restored database forgets what was written
after the copy, so the ledger is taken out before every restore and joined here.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

_TRIGGERS = """
    CREATE SCHEMA soak;
    CREATE TABLE soak.grants (slot int, at timestamptz);
    CREATE TABLE soak.used (slot int, at timestamptz);
    CREATE TABLE soak.lost (intent bigint, action text, at timestamptz);
    CREATE TABLE soak.approved (chat text, account bigint, hash text);
    CREATE FUNCTION soak.granted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO soak.grants VALUES (NEW.slot, NEW.granted_at); RETURN NULL; END $$;
    CREATE TRIGGER soak AFTER UPDATE ON call_slots FOR EACH ROW
        WHEN (NEW.ring = 'all' AND NEW.granted_at IS DISTINCT FROM OLD.granted_at)
        EXECUTE FUNCTION soak.granted();
    CREATE FUNCTION soak.used() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO soak.used VALUES (NEW.slot, NEW.used_at); RETURN NULL; END $$;
    CREATE TRIGGER soak_used AFTER UPDATE ON call_slots FOR EACH ROW
        WHEN (NEW.ring = 'all' AND NEW.used_at IS DISTINCT FROM OLD.used_at)
        EXECUTE FUNCTION soak.used();
    CREATE FUNCTION soak.lost_answer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO soak.lost VALUES (NEW.intent_id, NEW.action, clock_timestamp());
          RETURN NULL; END $$;
    CREATE TRIGGER soak AFTER UPDATE OF outcome ON intents FOR EACH ROW
        WHEN (OLD.outcome IS NULL AND NEW.lease_token > 0
              AND (NEW.outcome IN ('read back', 'repeated') OR NEW.outcome LIKE 'unknown%'))
        EXECUTE FUNCTION soak.lost_answer();
    CREATE FUNCTION soak.approved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO soak.approved
          SELECT r.chat_id, r.max_user_id, p.hash
            FROM removal_reservations r JOIN held_plans p ON p.held_id = r.approval
           WHERE r.reservation_id = NEW.reservation_id AND r.cause = 'not_expected';
          RETURN NULL; END $$;
    CREATE TRIGGER soak_approved AFTER INSERT ON intents FOR EACH ROW
        WHEN (NEW.action = 'remove') EXECUTE FUNCTION soak.approved();
"""


@dataclass(slots=True)
class Ledger:
    """Grants and their uses by slot and time, and two kinds of intents.

    Those whose answer never came, and removals that rest on an approved plan (by its hash).
    """

    grants: set[tuple[int, datetime]] = field(default_factory=set)
    uses: set[tuple[int, datetime]] = field(default_factory=set)
    lost: set[tuple[int, str, datetime]] = field(default_factory=set)
    approved: set[tuple[str, int, str]] = field(default_factory=set)

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
            uses = await connection.fetch("SELECT slot, at FROM soak.used")
            lost = await connection.fetch("SELECT intent, action, at FROM soak.lost")
            approved = await connection.fetch("SELECT chat, account, hash FROM soak.approved")
        finally:
            await connection.close()
        self.approved |= {(row["chat"], row["account"], row["hash"]) for row in approved}
        self.grants |= {(row["slot"], row["at"]) for row in grants}
        self.uses |= {(row["slot"], row["at"]) for row in uses}
        self.lost |= {(row["intent"], row["action"], row["at"]) for row in lost}

    def lost_of(self, action: str) -> int:
        """Calls of one kind whose answer was lost."""
        return sum(kind == action for _, kind, _ in self.lost)


def peak(times: Iterable[tuple[int, datetime]]) -> int:
    """The most in any second of database time, its first instant left out."""
    ordered = sorted(at for _, at in times)
    second = timedelta(seconds=1)
    return max(
        (place + 1 - bisect_right(ordered, at - second) for place, at in enumerate(ordered)),
        default=0,
    )
