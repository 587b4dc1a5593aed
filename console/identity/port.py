"""The port of identity providers: a browser is sent away, comes back, and is somebody.

Whatever implements ``IdentityProvider`` can stand behind the console's sign-in. The rest (the
cookie that carries the ``Departure``, sessions, what a person may do) is not its business.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from projections.staff.sessions import Identified


class Way(Enum):
    """How people sign in."""

    OPENID = "openid"
    DEVELOPMENT = "development"


@dataclass(frozen=True, slots=True)
class Departure:
    """What the browser keeps while its person is away; whoever comes back must bring it.

    ``state`` ties the answer to this browser, ``nonce`` the provider's word to this sign-in,
    and ``verifier`` (PKCE) the code to us. ``then`` is where the person wanted to go.
    """

    state: str
    nonce: str
    verifier: str
    then: str

    def as_text(self) -> str:
        """For the cookie."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_text(text: str) -> "Departure | None":
        """What the cookie holds; None where it is no departure of ours."""
        try:
            found = json.loads(text)
            departure = Departure(**found)
        except (ValueError, TypeError):
            return None
        whole = all(isinstance(value, str) for value in asdict(departure).values())
        return departure if whole and departure.state else None


class IdentityProvider(Protocol):
    """Says who somebody is. All methods raise ``IdentityError`` and nothing else."""

    async def depart(self, callback: str, then: str) -> tuple[str, Departure]:
        """The address to send the browser to, and what it must bring back to ``callback``."""

    async def arrive(
        self, callback: str, query: Mapping[str, str], departure: Departure, now: datetime
    ) -> Identified:
        """Who has come back; ``now`` is the database's time."""

    async def farewell(self, after: str) -> str | None:
        """Where to send a browser to be signed out there too, and then to ``after``."""
