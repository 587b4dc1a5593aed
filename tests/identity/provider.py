"""Identity providers of the tests' own."""

from collections.abc import Mapping
from datetime import datetime

from console.identity.errors import ProviderUnavailable
from console.identity.port import Departure
from projections.staff.sessions import Identified


class Silent:
    """A provider that never answers."""

    async def depart(self, callback: str, then: str) -> tuple[str, Departure]:
        raise ProviderUnavailable(f"silent at {callback} for {then}")

    async def arrive(
        self, callback: str, query: Mapping[str, str], departure: Departure, now: datetime
    ) -> Identified:
        raise ProviderUnavailable(f"silent at {callback}, {len(query)}, {departure.then}, {now}")

    async def farewell(self, after: str) -> str | None:
        raise ProviderUnavailable(f"silent after {after}")
