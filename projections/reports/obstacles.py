"""What keeps chats from being as they should be, asked of PostgreSQL in one place.

Guarantees: whatever closes the gate, holds removals, or keeps one chat or account waiting is
named, with since when. Each source is a statement that goes by an index of what is open, so
asking costs what is open and not what there is.
"""

from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.gate import Lag, lag
from domain.obstacles import OF_ONE, Obstacle, ObstacleKind
from domain.refusals import ALONE
from domain.work import FAILING_AFTER
from projections.gate import catch_up
from projections.reports.open_drift import LEFT

MOST_NAMED: Final = 5
"""Ids that are named of each kind."""

UNPUBLISHED_AFTER: Final = "1 minute"
"""How long an event of ours may wait before that is worth a word."""

STUCK_AFTER: Final = ALONE + FAILING_AFTER
"""Strikes after which an account counts as stuck of which nobody knows why its call fails."""

_LAGS: Final = {
    Lag.UNWATCHED: ObstacleKind.UNWATCHED,
    Lag.UNREAD: ObstacleKind.UNREAD,
    Lag.UNDERIVED: ObstacleKind.UNDERIVED,
}


_Source = tuple[ObstacleKind, str]


def _chats(kind: ObstacleKind, where: str, since: str, detail: str = "NULL") -> _Source:
    return _source(kind, f"chat_sync WHERE {where}", "chat_id", since, detail)


_WAIT: Final = """greatest(1, (SELECT count(*) FROM chat_sync
                                WHERE due_at <= clock_now() OR attempts > 0))"""
"""The chats that wait for the messenger; one at least, or nothing would be said."""


def _source(
    kind: ObstacleKind,
    rows: str,
    named: str,
    since: str,
    detail: str = "NULL",
    many: str = "count(*)",
) -> _Source:
    """Counts rows; names some of them, the oldest first."""
    statement = f"""
    SELECT '{kind.value}' AS kind, {many} AS many, min({since}) AS since,
           (array_agg({named} ORDER BY {since}))[1:{MOST_NAMED}] AS about, min({detail}) AS detail
      FROM {rows} HAVING count(*) > 0"""  # noqa: S608 - made of constants
    return kind, statement


def _lessons(kind: ObstacleKind, where: str, since: str, detail: str) -> _Source:
    """Of those that are not over."""
    rows = f"""(SELECT l.* FROM lesson_calls l JOIN lesson_wishes w USING (lesson_id)
                 WHERE l.live AND {where}
                   AND coalesce(w.ends_at > clock_now(), true)) waiting"""  # noqa: S608 - constants
    return _source(kind, rows, "lesson_id", since, detail)


def _held(kind: ObstacleKind, where: str, since: str = "held_at") -> _Source:
    """Chats that wait by what is open in them; a chat may wait for several reasons."""
    rows = f"""(SELECT h.chat_id, min({since}) AS since, min(h.scope) AS scope
                  FROM held_plans h JOIN chat_sync s USING (chat_id)
                 WHERE h.{where} AND s.waiting IN ('held', 'rejected')
                 GROUP BY h.chat_id) waiting"""  # noqa: S608 - made of constants
    return _source(kind, rows, "chat_id", "since", "scope")


# Chats where all that is undecided has a kind of its own.
_ONLY_OTHERS: Final = """
    SELECT coalesce(bool_and(h.lot IN ('unlinked', 'flapping')), false) FROM held_plans h
     WHERE h.chat_id = chat_sync.chat_id AND h.state = 'held'"""

_SOURCES: Final = (
    _source(
        ObstacleKind.GAP,
        "partitions_read WHERE state = 'gap'",
        "topic || '/' || part",
        "updated_at",
        "state_reason",
    ),
    _source(
        ObstacleKind.STOPPED,
        "partitions_read WHERE state = 'stopped'",
        "topic || '/' || part",
        "updated_at",
        "state_reason",
    ),
    # Nobody can write down since when: the last look at the topics is the last that was written.
    _source(
        ObstacleKind.READ_ONLY,
        "catch_up WHERE pg_is_in_recovery()"
        " OR current_setting('default_transaction_read_only') = 'on'",
        "CAST('postgresql' AS text)",
        "watched_at",
    ),
    _source(ObstacleKind.MISSING, "missing_topics", "topic", "since"),
    _source(
        ObstacleKind.SET_ASIDE,
        "quarantine WHERE cause <> 'contract'",
        "topic || '/' || part || '/' || off",
        "first_seen",
        "reason",
    ),
    _source(
        ObstacleKind.UNPUBLISHED,
        "outbox WHERE published_at IS NULL"
        f" AND (refused IS NOT NULL OR created_at < clock_now() - interval '{UNPUBLISHED_AFTER}')",
        "topic",
        "created_at",
        "refused",
    ),
    _source(
        ObstacleKind.CATCHING_UP,
        "catch_up WHERE armed_at IS NOT NULL",
        "reason",
        "armed_at",
        "reason",
    ),
    _source(
        ObstacleKind.TOKEN_REFUSED,
        "messenger_troubles WHERE kind = 'token'",
        "kind",
        "since",
        "said",
        _WAIT,
    ),
    _source(
        ObstacleKind.MESSENGER_FAILING,
        "messenger_troubles WHERE kind <> 'token'",
        "kind",
        "since",
        "said",
        _WAIT,
    ),
    _source(
        ObstacleKind.ANSWERS_REFUTED,
        "answers, unnest(chats) AS chat WHERE since IS NOT NULL",
        "chat",
        "since",
    ),
    _source(
        ObstacleKind.WEBHOOK_LOST,
        "subscription WHERE lost_since IS NOT NULL",
        "url",
        "lost_since",
    ),
    _source(
        ObstacleKind.ADDING_OFF,
        "adding WHERE off_since IS NOT NULL",
        "reason",
        "off_since",
        "reason",
    ),
    _chats(ObstacleKind.HELD, f"waiting = 'held' AND NOT ({_ONLY_OTHERS})", "waiting_since"),
    _held(ObstacleKind.UNLINKING, "state = 'held' AND lot = 'unlinked'"),
    _held(ObstacleKind.FLAPPING, "state = 'held' AND lot = 'flapping'"),
    _held(ObstacleKind.REJECTED, "state = 'rejected' AND expires_at > clock_now()", "decided_at"),
    _chats(ObstacleKind.PARKED, "waiting = 'parked'", "waiting_since"),
    _chats(ObstacleKind.GONE, "waiting = 'gone'", "waiting_since"),
    _chats(ObstacleKind.REFUSED, "waiting = 'refused'", "waiting_since", "failing_because"),
    _chats(
        ObstacleKind.FAILING, f"attempts >= {FAILING_AFTER}", "failing_since", "failing_because"
    ),
    _chats(ObstacleKind.SHORT_READ, "waiting = 'short_read'", "glimpsed_since"),
    _source(
        ObstacleKind.STUCK,
        f"setbacks WHERE kind = 'dated' OR (kind = 'paused' AND strikes >= {STUCK_AFTER})",
        "chat_id",
        "since",
        "wish || ': ' || said",
    ),
    _source(ObstacleKind.UNDONE, "setbacks WHERE kind = 'undone'", "chat_id", "since", "wish"),
    _source(
        ObstacleKind.OWN_ACCOUNT,
        "fact_profiles JOIN own_account USING (max_user_id)",
        "person_id",
        "known_since",
    ),
    _source(
        ObstacleKind.UNHEARD,
        "profile_links WHERE try_at IS NOT NULL AND step = 'leaving' AND trouble IS NOT NULL",
        "person_id",
        "at",
        "trouble",
    ),
    _lessons(
        ObstacleKind.LESSON_WAITS,
        "waiting IN ('unknown', 'no_chat', 'running')",
        "waiting_since",
        "waiting",
    ),
    _lessons(
        ObstacleKind.LESSON_FAILS,
        f"(waiting = 'refused' OR attempts >= {FAILING_AFTER})",
        "coalesce(waiting_since, failing_since)",
        "failing_because",
    ),
    _source(ObstacleKind.BLOCKED, "blocked_accounts", "chat_id", "since", "coalesce(said, reason)"),
    _source(
        ObstacleKind.LEFT,
        f"drift d WHERE resolution IS NULL AND {LEFT}",
        "chat_id",
        "seen_at",
    ),
)

_ALL: Final = text("\n UNION ALL ".join(statement for _, statement in _SOURCES))
_OF_ALL: Final = text(
    "\n UNION ALL ".join(statement for kind, statement in _SOURCES if kind not in OF_ONE)
)


async def obstacles(connection: AsyncConnection) -> tuple[Obstacle, ...]:
    """All that holds anything back now, what stops everything first."""
    return await _found(connection, _ALL)


async def obstacles_of_all(connection: AsyncConnection) -> tuple[Obstacle, ...]:
    """Those that are about more than one chat or person; asking does not cost a region's."""
    return await _found(connection, _OF_ALL)


async def _found(connection: AsyncConnection, statement: TextClause) -> tuple[Obstacle, ...]:
    found = [
        Obstacle(ObstacleKind(row.kind), row.many, row.since, tuple(row.about), row.detail)
        for row in await connection.execute(statement)
    ]
    progress = await catch_up.progress(connection)
    behind = lag(progress) if progress.closed_because is None else None
    # Which topics are missing is told by their own source.
    if behind is not None and behind is not Lag.MISSING:
        found.append(Obstacle(_LAGS[behind], 1, progress.lagging_since, (), behind.value))
    order = list(ObstacleKind)
    return tuple(sorted(found, key=lambda each: order.index(each.kind)))
