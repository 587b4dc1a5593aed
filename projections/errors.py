"""What can go wrong with the store, in the project's own words.

``StoreError``
├── ``StoreUnavailable``   PostgreSQL cannot be reached or is going down: try again later
├── ``StoreRefused``       PostgreSQL refuses the data itself: trying again will not help
├── ``SchemaMismatch``     the database is of another version of Rollcall
├── ``OffsetsMoved``       another process has moved this partition: seek again
└── ``LeaseLost``          another worker holds the chat now: stop without a word

No exception of SQLAlchemy or asyncpg leaves this room; ``projections.database`` translates.
"""

from domain.troubles import Outage


class StoreError(Exception):
    """Anything that the store could not do."""


class StoreUnavailable(StoreError, Outage):
    """PostgreSQL cannot be reached, or ended the connection: nothing is known to be wrong."""


class StoreRefused(StoreError):
    """PostgreSQL refuses this data; the same statement would fail again."""


class SchemaMismatch(StoreError):
    """The database's schema is not the one that this code is written for."""


class OffsetsMoved(StoreError):
    """A compare-and-set of offsets found another value: somebody else was here."""


class LeaseLost(StoreError):
    """The lease of a chat is not ours any more."""
