"""How one simulator behaves: its identity, its limits, and what the contract leaves open.

Where the published API does not say what happens, both behaviours can be chosen here, and a
client has to be right with either.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

WEBHOOK_RETRIES = tuple(60.0 * 2.5**attempt for attempt in range(10))
"""MAX's own schedule: ten retries, the first after a minute, each wait 2.5 times the last."""


class Era(Enum):
    """Which MAX it is: the API has changed, and a client meets both."""

    SUMMER_2026 = "2026-07"
    """Schema 0.0.32: every member of an object is there, ``Retry-After`` with a 429."""
    NOW = "2026-11"
    """``bot_added`` without ``user``, updates about the bot's rights, ``code`` beside
    ``success: false``, no ``User.name``, no ``marker`` on the last page, and a 429 that names
    its number in the message alone."""


class AddingPresent(Enum):
    """What adding somebody who is already a member does."""

    ACCEPTED = "accepted"
    """Nothing happens and nobody is told."""
    LISTED_AS_FAILED = "listed"
    """The account is among ``failed_user_ids``, under a code that is not documented."""


class NoRoom(Enum):
    """What adding more people than a chat has room for does."""

    LISTED = "listed"
    """As many as fit come in; the others are among ``failed_user_ids``, under ``chat.full``."""
    REFUSED = "refused"
    """400 with the code ``chat.full``, and nobody of the call comes in."""


class ActingOnAbsent(Enum):
    """What removing a stranger, or demoting somebody who is no administrator, does."""

    ACCEPTED = "accepted"
    """200 with ``success: true``."""
    UNSUCCESSFUL = "unsuccessful"
    """200 with ``success: false`` and a message."""
    NOT_FOUND = "not_found"
    """404."""


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """Settings of one simulator; the defaults are MAX as documented.

    ``journal`` names the file in which the state outlives the process; without it the state
    lives in memory. ``monotonic`` (seconds) drives the rate limit, ``wall`` (seconds since
    1970) the timestamps in answers; tests put their own clocks there.
    """

    token: str = "simulator-token"  # noqa: S105 # not a secret: the simulator's default
    bot_id: int = 9_000_000_000_001
    bot_name: str = "Rollcall"
    bot_username: str = "rollcall_bot"
    era: Era = Era.NOW
    requests_per_second: int = 30
    kind_limits: Mapping[str, int] = field(default_factory=dict)
    """Requests a second of one kind of call (its name in ``/sim/stats``), beside that."""
    max_admins: int = 50
    max_members: int = 20_000
    """How many people a chat holds; the bot takes no room."""
    no_room: NoRoom = NoRoom.LISTED
    bot_may_add: bool = True
    """Whether ``POST /chats/{chatId}/members`` still exists for bots."""
    removed_bot_sees_status: bool = False
    """Whether a bot outside a chat still gets ``GET /chats/{chatId}``, with status "removed"
    (the ``Chat`` schema has such a status), instead of 403."""
    adding_present: AddingPresent = AddingPresent.ACCEPTED
    acting_on_absent: ActingOnAbsent = ActingOnAbsent.ACCEPTED
    webhook_retries: tuple[float, ...] = WEBHOOK_RETRIES
    webhook_timeout: float = 30.0
    webhook_patience: float = 8 * 3600.0
    """Seconds without a 200 after which a subscription is dropped."""
    trims_titles: bool = False
    """Whether spaces at the ends of a title go, and several in it become one."""
    respells_webhooks: bool = False
    """Whether a webhook's address is kept with a slash at its end."""
    https_webhooks_only: bool = False
    """MAX refuses plain-HTTP webhooks; on one machine they are what one has."""
    report_own_changes: bool = True
    """Whether the bot gets updates about what it did itself (MAX names it as the inviter)."""
    report_own_additions: bool = True
    """Of those, whether it gets one for each account that it added: a chat of a hundred people
    is a hundred updates."""
    link_lifetime: float = 900.0
    first_chat_id: int = -70_000_000_000_001
    """Group chats have negative ids; the next chat gets the next lower one."""
    fault_seed: int = 1
    journal: Path | None = None
    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
