"""What can go wrong with the store, in the project's own words.

``StoreError``
├── ``StoreUnavailable``   PostgreSQL cannot be reached or is going down: try again later
├── ``StoreRefused``       PostgreSQL refuses the data itself: trying again will not help
├── ``StoreMisconfigured`` the installation is wrong: a person must mend it
│   └── ``StoreUnusable``  the server is too old, or behind a pooler that loses our statements
├── ``SchemaMismatch``     the database is of another version of Rollcall
├── ``TooManyFailures``    our own failures over records passed their budget: stop there
├── ``OffsetsMoved``       another process has moved this partition: seek again
└── ``LeaseLost``          another worker holds the chat now: stop without a word

No exception of SQLAlchemy or asyncpg leaves this room; ``projections.database`` translates,
by the table in ``projections.troubles``. A ``StoreError`` of no kind is a bug of ours.
"""

from domain.troubles import Outage


class StoreError(Exception):
    """Anything that the store could not do."""


class StoreUnavailable(StoreError, Outage):
    """PostgreSQL cannot be reached, or ended the connection: nothing is known to be wrong."""


class StoreRefused(StoreError):
    """PostgreSQL refuses this data; the same statement would fail again."""


class StoreMisconfigured(StoreError):
    """PostgreSQL, or the way to it, is not as it must be; trying again will not help."""


class StoreUnusable(StoreMisconfigured):
    """The server cannot be used at all; the message says why and what to do."""


class SchemaMismatch(StoreError):
    """The database's schema is not the one that this code is written for."""


class TooManyFailures(StoreError):
    """Records over which our own code fails are too many to be the records' fault."""


class OffsetsMoved(StoreError):
    """A compare-and-set of offsets found another value: somebody else was here."""


class LeaseLost(StoreError):
    """The lease of a chat is not ours any more."""
