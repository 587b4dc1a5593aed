"""One's own link record, and the profile that is known of one; asked behind the fence."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import MaxUserId, PersonId
from domain.profile_links import KnownProfile, LinkRecord, LinkState, LinkTrouble, Step, state_of

_KNOWN = text("""
    SELECT now.at AS now, l.step, l.at, l.url, l.expires_at, l.trouble, l.version,
           f.version AS known_version, f.max_user_id
      FROM (SELECT clock_now() AS at) now
      LEFT JOIN profile_links l ON l.person_id = :person
      LEFT JOIN fact_profiles f ON f.person_id = :person""")


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What a person's standing follows from, at ``now`` by the database's clock."""

    record: LinkRecord | None
    known: KnownProfile | None
    now: datetime

    @property
    def state(self) -> LinkState:
        """What the person is shown."""
        return state_of(self.record, self.known, self.now)


async def facts_of(connection: AsyncConnection, person_id: PersonId) -> LinkFacts:
    """Of this person; the fence shows a record to its own person alone."""
    row = (await connection.execute(_KNOWN, {"person": person_id})).one()
    record = known = None
    if row.step is not None:
        trouble = None if row.trouble is None else LinkTrouble(row.trouble)
        record = LinkRecord(Step(row.step), row.at, row.url, row.expires_at, trouble, row.version)
    if row.known_version is not None:
        account = None if row.max_user_id is None else MaxUserId(row.max_user_id)
        known = KnownProfile(row.known_version, account)
    return LinkFacts(record, known, row.now)
