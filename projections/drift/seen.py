"""What a complete read shows that people did in the messenger, kept as rows of ``drift``.

Guarantees: nobody is classified but between two complete knowledges of a chat; what a call of
ours explains is nobody's drift; one open row for an account and a kind.
"""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.chats import ChatKind
from domain.drift import (
    DEPARTURES,
    UNDONE_WHEN_FROZEN,
    Drift,
    DriftKind,
    DriftRules,
    Policy,
    classify,
    contradicting,
)
from domain.ids import ChatId
from domain.plan import Seen
from projections.drift import ends, rows

OUR_HAND_SECONDS = 300
"""For how long a call of ours explains what the first read after it shows."""

LAG_SECONDS = 15
"""For how long that read may still show the chat as it was before the call."""

READ_AGAIN_SECONDS = 2
"""How soon a chat is read again that people changed while it was being read."""

_BEFORE = text("""
    SELECT c.kind, c.frozen, c.title, s.observed_title,
           (SELECT json_agg(json_build_array(o.max_user_id, o.is_admin))
              FROM observed_members o WHERE o.chat_id = c.chat_id) AS members,
           (SELECT json_agg(json_build_array(p.max_user_id, m.role))
              FROM expected_members m JOIN fact_profiles p USING (person_id)
             WHERE m.chat_id = c.chat_id AND p.max_user_id IS NOT NULL) AS expected,
           (SELECT json_agg(json_build_array(h.kind, h.max_user_id, h.by_user_id)
                            ORDER BY h.at, h.hint)
              FROM webhook_hints h
             WHERE h.chat_id = c.chat_id AND h.read_at IS NULL) AS hints,
           (SELECT json_agg(json_build_array(i.action, i.body, coalesce(
                       i.settled_at > clock_now() - make_interval(secs => :lag)
                       OR i.outcome LIKE 'unknown%', true)))
              FROM intents i
             WHERE i.chat_id = c.chat_id AND coalesce(i.outcome, '') NOT LIKE 'no effect%'
               AND ((i.committed_at > clock_now() - make_interval(secs => :seconds)
                     AND coalesce(s.read_at <= i.settled_at, true))
                    OR (i.committed_at >= s.known_at AND i.settled_at IS NULL)
                    OR (i.committed_at >= s.known_at AND i.outcome LIKE 'unknown%'))) AS calls
      FROM chats c JOIN chat_sync s USING (chat_id)
     WHERE c.chat_id = :chat AND s.known_at IS NOT NULL AND NOT c.deleted""")

_NOTE = text("""
    INSERT INTO drift (chat_id, max_user_id, kind, by_user_id, seen_at, due_at)
    SELECT :chat, d.account, d.kind, d.by_account, clock_now(),
           CASE WHEN d.kind = 'added_by_administrator'
                THEN clock_now() + make_interval(secs => :proposal) END
      FROM unnest(CAST(:accounts AS bigint[]), CAST(:kinds AS text[]),
                  CAST(:by AS bigint[])) AS d (account, kind, by_account)
    ON CONFLICT DO NOTHING""")

# Put back at once where a chat administrator took somebody out, but not for ever; else once
# after a while for the same reasons.
_NOTE_DEPARTURES = text("""
    INSERT INTO drift (chat_id, max_user_id, kind, by_user_id, seen_at, reasons, insists, due_at)
    SELECT :chat, n.account, n.kind, n.by_account, clock_now(), n.reasons, n.insists,
           CASE WHEN NOT n.insists AND NOT EXISTS (
                    SELECT FROM drift e
                     WHERE e.chat_id = :chat AND e.max_user_id = n.account
                       AND e.kind IN ('left', 'removed_by_administrator')
                       AND e.resolution = 'put_back' AND NOT e.insists
                       AND e.reasons @> n.reasons)
                THEN clock_now() + make_interval(secs => :put_back) END
      FROM (SELECT d.*, reasons_of(:chat, d.account) AS reasons,
                   d.kind = 'removed_by_administrator' AND :insist > (
                       SELECT count(*) FROM drift e
                        WHERE e.chat_id = :chat AND e.max_user_id = d.account
                          AND e.kind = d.kind
                          AND e.seen_at > clock_now() - interval '1 day') AS insists
              FROM unnest(CAST(:accounts AS bigint[]), CAST(:kinds AS text[]),
                          CAST(:by AS bigint[])) AS d (account, kind, by_account)) n
    ON CONFLICT DO NOTHING""")


async def on_read(
    connection: AsyncConnection,
    chat_id: ChatId,
    after: Seen,
    rules: DriftRules,
    *,
    whole: bool = True,
) -> None:
    """Compare a read with what was known, before it takes that place.

    One that is not whole shows who came and what changed, and nobody who went.
    """
    await ends.resolve(connection, chat_id, Policy.EXCLUSIVE)
    asked = {"chat": chat_id, "seconds": OUR_HAND_SECONDS, "lag": LAG_SECONDS}
    found = await connection.execute(_BEFORE, asked)
    row = found.one_or_none()
    if row is None:
        return
    before = Seen(rows.roles(row.members), row.observed_title or "")
    wanted = rows.wanted(row.expected)
    drifted = contradicting(
        classify(before, after, rows.hints(row.hints), rows.our_hand(row.calls)), wanted, row.title
    )
    if not whole:
        drifted = tuple(each for each in drifted if each.kind not in DEPARTURES)
    if after.title == row.title:
        drifted = tuple(each for each in drifted if each.kind is not DriftKind.TITLE_CHANGED)
    if rules.policy(ChatKind(row.kind)) is Policy.OBSERVE:
        await _record_only(connection, chat_id, drifted)
        return
    if row.frozen:
        stands = [each for each in drifted if each.kind not in UNDONE_WHEN_FROZEN]
        await _record_only(connection, chat_id, stands)
        drifted = tuple(each for each in drifted if each.kind in UNDONE_WHEN_FROZEN)
    await _note(connection, chat_id, drifted, rules)


async def after_read(connection: AsyncConnection, chat_id: ChatId, *, whole: bool = True) -> None:
    """What the read answers is closed, and hints from before it are spent.

    A hint that came while the chat was being read has it read again; so does one that a clock
    which was ahead has dated later than now, but once, for it is spent then.
    """
    await ends.resolve(connection, chat_id, Policy.EXCLUSIVE)
    spent = await connection.execute(
        text("""UPDATE webhook_hints h SET read_at = clock_now() FROM chat_sync s
                 WHERE h.chat_id = :chat AND s.chat_id = :chat AND h.read_at IS NULL
                   AND (h.received_at <= coalesce(s.read_from, clock_now())
                        OR h.received_at > clock_now())
                RETURNING h.received_at > clock_now() AS is_ahead"""),
        {"chat": chat_id},
    )
    ahead = any(row.is_ahead for row in spent)
    await connection.execute(
        text("""UPDATE chat_sync s SET sweep_wanted = false,
                       known_at = CASE WHEN CAST(:whole AS boolean) THEN s.observed_at
                                       ELSE s.known_at END,
                       read_at = CASE WHEN CAST(:whole AS boolean) THEN clock_now()
                                      ELSE s.read_at END,
                       reread_at = CASE WHEN CAST(:ahead AS boolean) OR EXISTS (
                                   SELECT FROM webhook_hints h
                                    WHERE h.chat_id = s.chat_id AND h.read_at IS NULL
                                     )
                           THEN least(s.reread_at, clock_now() + make_interval(secs => :again))
                           ELSE s.reread_at END
                 WHERE s.chat_id = :chat"""),
        {"chat": chat_id, "again": READ_AGAIN_SECONDS, "whole": whole, "ahead": ahead},
    )


async def begin_read(connection: AsyncConnection, chat_id: ChatId) -> None:
    """The chat is about to be read: what is hinted from now on, the read may not show."""
    await connection.execute(
        text("UPDATE chat_sync SET read_from = clock_now() WHERE chat_id = :chat"),
        {"chat": chat_id},
    )


async def _note(
    connection: AsyncConnection, chat_id: ChatId, drifted: Iterable[Drift], rules: DriftRules
) -> None:
    drifted = tuple(drifted)
    departures = [each for each in drifted if each.kind in DEPARTURES]
    others = [each for each in drifted if each.kind not in DEPARTURES]
    if others:
        await connection.execute(
            _NOTE,
            {**_columns(chat_id, others), "proposal": rules.proposal_hours * 3600.0},
        )
    if departures:
        await connection.execute(
            _NOTE_DEPARTURES,
            {
                **_columns(chat_id, departures),
                "put_back": rules.put_back_hours * 3600.0,
                "insist": rules.insist,
            },
        )


async def _record_only(
    connection: AsyncConnection, chat_id: ChatId, drifted: Iterable[Drift]
) -> None:
    drifted = tuple(drifted)
    if drifted:
        await connection.execute(
            text("""INSERT INTO drift (chat_id, max_user_id, kind, by_user_id, seen_at,
                                       resolution, resolved_at)
                    SELECT :chat, d.account, d.kind, d.by_account, clock_now(), 'recorded',
                           clock_now()
                      FROM unnest(CAST(:accounts AS bigint[]), CAST(:kinds AS text[]),
                                  CAST(:by AS bigint[])) AS d (account, kind, by_account)"""),
            _columns(chat_id, drifted),
        )


def _columns(chat_id: ChatId, drifted: Iterable[Drift]) -> dict[str, object]:
    drifted = tuple(drifted)
    return {
        "chat": chat_id,
        "accounts": [each.user_id for each in drifted],
        "kinds": [each.kind.value for each in drifted],
        "by": [each.by for each in drifted],
    }
