"""Rollcall's own result: read from PostgreSQL, where it is."""

import asyncio
import json
import time
from typing import Final

import asyncpg

from benchmarks.engines.follow import Rest
from benchmarks.engines.results import Memberships, key_of, of_ours

_LOOK: Final = 0.05
_POLL: Final = 0.002

_OFFSETS: Final = "SELECT coalesce((SELECT sum(next_off) FROM ingest_partitions), 0)::bigint"
# A first load is read without marks: what is to be derived is marked at its end.
_LOADING: Final = "SELECT EXISTS (SELECT FROM catch_up WHERE loading_since IS NOT NULL)"
_AT_REST: Final = "SELECT NOT EXISTS (SELECT FROM stale_entities)"
_FIRST: Final = "SELECT extract(epoch FROM min(known_since))::float8 FROM expected_members"
_SUM: Final = """
    SELECT count(*)::bigint AS memberships,
           coalesce(sum(hashtextextended(concat_ws('|', chat_id, person_id, role, reasons), 0)), 0)
               ::text AS checksum
      FROM expected_members"""
_MEMBERS: Final = "SELECT chat_id, person_id, role, reasons FROM expected_members"
_THERE: Final = """
    SELECT EXISTS (SELECT FROM expected_members WHERE chat_id = $1 AND person_id = $2)"""


class Database:
    """One connection, and no more than a look now and then while there is work."""

    def __init__(self, connection: "asyncpg.Connection") -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Connect."""
        return cls(await asyncpg.connect(url))

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()

    async def offsets(self) -> int:
        """How many events are read."""
        return int(await self._connection.fetchval(_OFFSETS))

    async def read(self, events: int, patience: float) -> float:
        """When so many events were read, in seconds since 1970.

        Raises:
            TimeoutError: not in time.
        """
        async with asyncio.timeout(patience):
            while await self.offsets() < events:  # noqa: ASYNC110 - a database
                await asyncio.sleep(_LOOK)
            read = time.time()
            while await self._connection.fetchval(_LOADING):  # noqa: ASYNC110 - as above
                await asyncio.sleep(_LOOK)
        return read

    async def rest(self, events: int, patience: float) -> Rest:
        """When everything was read and derived.

        Raises:
            TimeoutError: not in time.
        """
        async with asyncio.timeout(patience):
            await self.read(events, patience)
            while not await self._connection.fetchval(_AT_REST):  # noqa: ASYNC110 - as above
                await asyncio.sleep(_LOOK)
        last = time.time()
        first = await self._connection.fetchval(_FIRST)
        return Rest(first or last, last, events)

    async def checksum(self) -> tuple[int, str]:
        """How many memberships there are, and a sum over their people, roles and reasons."""
        row = await self._connection.fetchrow(_SUM)
        return row["memberships"], row["checksum"]

    async def memberships(self) -> Memberships:
        """All of them, by digest.

        Raises:
            LookupError: there are none; then nothing was measured.
        """
        found: Memberships = {}
        async with self._connection.transaction():
            async for row in self._connection.cursor(_MEMBERS, prefetch=10_000):
                reasons = json.loads(row["reasons"])
                found[key_of(row["chat_id"], row["person_id"])] = of_ours(row["role"], reasons)
        if not found:
            raise LookupError("no membership was derived")
        return found

    async def _is_there(self, chat_id: str, person_id: str) -> bool:
        return bool(await self._connection.fetchval(_THERE, chat_id, person_id))

    async def until(self, chat_id: str, person_id: str, *, present: bool, patience: float) -> float:
        """The moment at which the membership is there, or is gone.

        Raises:
            TimeoutError: not in time.
        """
        async with asyncio.timeout(patience):
            while await self._is_there(chat_id, person_id) is not present:  # noqa: ASYNC110 - as above
                await asyncio.sleep(_POLL)
        return time.perf_counter()
