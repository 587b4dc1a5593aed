"""How far a person is with linking their study profile to their account in MAX (the guide, 2.1).

Linking takes three who do not wait for each other: the person asks, the messenger gives a link
that works once, the person confirms it in MAX. What each of them did last is a ``LinkRecord``;
what the person is shown follows from it, from the register's fact and from the time, by one pure
function. An answer that does not come within ``ANSWER_SECONDS`` is none: nobody waits for ever,
also where nobody works who could ask the messenger.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, assert_never

from domain.ids import MaxUserId, PersonId

ANSWER_SECONDS: Final = 20.0
"""How long a person waits for a link before it is said that the messenger does not answer."""

_PREFIX: Final = "person:"


class Step(Enum):
    """What was done last about one person's link."""

    ASKED = "asked"  # the person wants a link
    OFFERED = "offered"  # the messenger gave one
    REFUSED = "refused"  # it said no, or did not answer in time
    CONFIRMED = "confirmed"  # the person said yes in MAX, and it is published
    LEAVING = "leaving"  # the person unlinked, it is published, and the messenger is yet to hear
    LEFT = "left"  # the messenger has heard


class LinkTrouble(Enum):
    """Why there is no link."""

    AWAY = "away"  # no answer in time: ask again later
    REFUSED = "refused"  # the messenger said no: a person of the installation must look
    EXPIRED = "expired"  # it was not confirmed in time


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """The last step, and what belongs to it; the link is a secret of the person's."""

    step: Step
    at: datetime
    url: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    trouble: LinkTrouble | None = None
    version: int | None = None
    """Of the profile's event that this step published."""


@dataclass(frozen=True, slots=True)
class KnownProfile:
    """The fact that is known of the person's profile."""

    version: int
    account: MaxUserId | None


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Nothing is linked, and a link can be asked for; ``trouble`` is how the last try ended."""

    trouble: LinkTrouble | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A link is asked for."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A link to confirm."""

    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Settling:
    """Confirmed in MAX, and about to be a fact."""


@dataclass(frozen=True, slots=True)
class Linked:
    """The profile is linked."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Unlinked; ``trouble``: the messenger could not be told yet, and is told again."""

    trouble: LinkTrouble | None = None


LinkState = Unlinked | Waiting | Offered | Settling | Linked | Leaving


def state_of(record: LinkRecord | None, known: KnownProfile | None, now: datetime) -> LinkState:
    """What the person is shown."""
    by_fact = Linked() if known is not None and known.account is not None else Unlinked()
    if record is None:
        return by_fact
    match record.step:
        case Step.ASKED | Step.OFFERED | Step.REFUSED:
            return by_fact if isinstance(by_fact, Linked) else _on_the_way(record, now)
        case Step.CONFIRMED:
            return by_fact if _arrived(record, known) else Settling()
        case Step.LEAVING:
            return Leaving(record.trouble)
        case Step.LEFT:
            return by_fact if _arrived(record, known) else Leaving()
        case _:
            assert_never(record.step)


def _on_the_way(record: LinkRecord, now: datetime) -> LinkState:
    if record.step is Step.ASKED:
        answered_by = record.at + timedelta(seconds=ANSWER_SECONDS)
        return Waiting() if now < answered_by else Unlinked(LinkTrouble.AWAY)
    if record.step is Step.OFFERED and record.url is not None and record.expires_at is not None:
        if now < record.expires_at:
            return Offered(record.url, record.expires_at)
        return Unlinked(LinkTrouble.EXPIRED)
    return Unlinked(record.trouble)


def _arrived(record: LinkRecord, known: KnownProfile | None) -> bool:
    """Whether what we published has come back as a fact, or something newer has."""
    return known is not None and (record.version is None or known.version >= record.version)


def external_id_of(person_id: PersonId) -> str:
    """What the messenger is told for the person.

    The prefix keeps an id of dots from being a step up in the path of an address.
    """
    return _PREFIX + person_id


def person_of(external_id: str) -> PersonId | None:
    """Whom the messenger means; None where it is nobody of ours."""
    if not external_id.startswith(_PREFIX) or len(external_id) == len(_PREFIX):
        return None
    return PersonId(external_id.removeprefix(_PREFIX))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person said yes in MAX, as the messenger tells it; ``at`` is by its clock, if told."""

    external_id: str
    account: MaxUserId
    at: datetime | None


class Errand(Enum):
    """What the messenger is to be asked for."""

    ISSUE = "issue"
    END = "end"


@dataclass(frozen=True, slots=True)
class LinkTask:
    """One call to make for one person; ``tries`` counts this one."""

    person_id: PersonId
    errand: Errand
    claim: int
    tries: int
