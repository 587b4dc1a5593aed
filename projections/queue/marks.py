"""Marks: the entities whose chats must be derived anew, and why each was set.

Guarantees: marks are set in sorted order, so two transactions cannot deadlock over them; one
that a worker has claimed gets a new generation and is free again, so nothing that the worker may
not have seen is cleared with it; ``marked_at`` stays that of the first mark that is not derived.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from domain.ids import ChatId, SchoolId
from domain.lanes import Lane
from projections.database import Driver, wake
from projections.text_arrays import array_of, text_array

CHANNEL = "rollcall_stale"
"""The NOTIFY channel that says: some mark was set."""


MarkKey = tuple[str, str, str]
"""Kind, id, and scope: the school of an employment, else ''."""


class MarkKind(Enum):
    """What a mark is about; ingest marks entities, derive itself and decisions mark chats."""

    SCHOOL = "school"
    CLASS = "class"
    GROUP = "group"
    PUPIL = "pupil"
    ORDER = "order"
    PERSON = "person"
    EMPLOYMENT = "employment"
    PROFILE = "profile"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a chat is looked at: the best lane, the latest event, the oldest mark.

    ``marked_at`` is None where nothing was marked before: it is now.
    """

    lane: Lane
    at: datetime
    marked_at: datetime | None = None

    def joined(self, other: "Cause") -> "Cause":
        """Both causes as one."""
        times = [at for at in (self.marked_at, other.marked_at) if at is not None]
        return Cause(min(self.lane, other.lane), max(self.at, other.at), min(times, default=None))


@dataclass(frozen=True, slots=True)
class Mark:
    """A claimed mark as it was read; ``scope`` is the school of an employment, else ''."""

    kind: MarkKind
    id: str
    scope: str
    generation: int
    cause: Cause


# A mark that nobody has claimed keeps its place in the queue: whoever claims it begins after
# this transaction has committed, and sees what it brings. A chat's mark that stands for marks of
# entities is as old as they are, so that "nothing marked before this is left" stays true.
_SET: Final = f"""
    INSERT INTO stale_entities AS s (kind, id, scope, lane, cause_at, marked_at)
    SELECT m.kind, m.id, m.scope, {{lane}}, m.cause_at, coalesce({{marked_at}}, clock_now())
      FROM unnest({array_of("text", "kinds")}, {array_of("text", "ids")},
                  {array_of("text", "scopes")}, {array_of("timestamptz", "times")}{{more}})
           AS m (kind, id, scope, cause_at{{names}})
    ON CONFLICT (kind, id, scope) DO UPDATE
       SET generation = CASE WHEN s.claimed_until IS NULL THEN s.generation
                             ELSE excluded.generation END,
           claimed_until = NULL,
           lane = least(s.lane, excluded.lane),
           marked_at = least(s.marked_at, excluded.marked_at),
           cause_at = greatest(s.cause_at, excluded.cause_at)"""  # noqa: S608 - made of constants

_SET_ALIKE: Final = _SET.format(
    lane="CAST(:lane AS smallint)", marked_at="CAST(:since AS timestamptz)", more="", names=""
)
"""All in one lane and marked at one time, or now."""

_SET_EACH: Final = _SET.format(
    lane="m.lane",
    marked_at="m.marked_at",
    more=", CAST(:lanes AS smallint[]), CAST(:marked AS timestamptz[])",
    names=", lane, marked_at",
)

_DUE_BY_DATE = """
    WITH due AS MATERIALIZED (
        SELECT chat_id, next_change_at FROM chats
         WHERE next_change_at <= (SELECT clock_now())
         ORDER BY next_change_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE chats c SET next_change_at = NULL FROM due d WHERE c.chat_id = d.chat_id
    RETURNING c.chat_id, d.next_change_at"""


async def set_marks(
    driver: Driver, touched: Mapping[MarkKey, datetime], lane: Lane, since: datetime
) -> None:
    """Mark these entities, each with its latest event, and wake the derive loop at commit.

    ``since``: since when what touched them may have been there for us to read.
    """
    await _set_alike(driver, touched, lane, since)
    if touched:
        wake(CHANNEL)


async def mark_chats(driver: Driver, chats: Mapping[ChatId, Cause]) -> None:
    """Mark chats to be derived anew."""
    await _set(driver, {_of_chat(chat_id): cause for chat_id, cause in chats.items()})


async def mark_schools(driver: Driver, schools: Mapping[SchoolId, datetime], lane: Lane) -> None:
    """Mark all chats of these schools, each with the latest of what was decided there."""
    keys = {(MarkKind.SCHOOL.value, str(school), ""): at for school, at in schools.items()}
    await _set_alike(driver, keys, lane, None)


def _of_chat(chat_id: ChatId) -> MarkKey:
    return MarkKind.CHAT.value, chat_id, ""


async def _set_alike(
    driver: Driver, touched: Mapping[MarkKey, datetime], lane: Lane, since: datetime | None
) -> None:
    if not touched:
        return
    keys = sorted(touched)
    times = [touched[key] for key in keys]
    await driver.execute(_SET_ALIKE, **_parts(keys), times=times, lane=int(lane), since=since)


async def _set(driver: Driver, causes: Mapping[MarkKey, Cause]) -> None:
    if not causes:
        return
    keys = sorted(causes)
    await driver.execute(
        _SET_EACH,
        **_parts(keys),
        times=[causes[key].at for key in keys],
        lanes=[int(causes[key].lane) for key in keys],
        marked=[causes[key].marked_at for key in keys],
    )


def _parts(keys: Sequence[MarkKey]) -> dict[str, str]:
    """Kinds, ids and scopes, each as one parameter."""
    kinds, ids, scopes = zip(*keys, strict=True)
    return {"kinds": text_array(kinds), "ids": text_array(ids), "scopes": text_array(scopes)}


async def mark_due_by_date(driver: Driver, limit: int) -> int:
    """Mark the chats whose answer changes by itself by now; how many there were.

    From there on a date is a mark like any other, cleared only when the chat was derived.
    """
    rows = await driver.fetch(_DUE_BY_DATE, limit=limit)
    await mark_chats(
        driver, {ChatId(row["chat_id"]): Cause(Lane.LIVE, row["next_change_at"]) for row in rows}
    )
    return len(rows)


def by_chat(causes: Iterable[tuple[ChatId, Cause]]) -> dict[ChatId, Cause]:
    """The joined cause of each chat."""
    joined: dict[ChatId, Cause] = {}
    for chat_id, cause in causes:
        known = joined.get(chat_id)
        joined[chat_id] = cause if known is None else known.joined(cause)
    return joined
