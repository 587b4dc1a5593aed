"""Writing what a derivation changed: members, history, chats, and which chats are due.

Guarantees: bulk statements only, all in the deriving transaction; a chat without a
difference is not made due, and gets no row of history.
"""

from collections.abc import Iterable, Mapping, Sequence

from domain.ids import ChatId
from projections.database import Driver, wake
from projections.derive import history
from projections.derive.compute import Derivation
from projections.derive.difference import Difference, difference
from projections.derive.history import Change
from projections.derive.load import Facts
from projections.queue.claims import Cause
from projections.queue.due import CHANNEL as DUE_CHANNEL

_NEW = """
    WITH change AS MATERIALIZED (
        SELECT chat_id, person_id, role, by_hand, reasons::jsonb AS reasons, valid_from
          FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[],
                      $6::timestamptz[])
               AS c (chat_id, person_id, role, by_hand, reasons, valid_from)),
    written AS ("""

_LOG = """)
    INSERT INTO membership_history (chat_id, person_id, role, reasons, valid_from, known_from)
    SELECT chat_id, person_id, role, reasons, valid_from, $7 FROM change"""

_JOIN = f"""{_NEW}
    INSERT INTO expected_members
           (chat_id, person_id, role, by_hand, reasons, valid_from, known_since)
    SELECT chat_id, person_id, role, by_hand, reasons, valid_from, $7 FROM change{_LOG}"""  # noqa: S608 - made of constants

_CHANGE = f"""{_NEW}
    UPDATE expected_members e
       SET role = c.role, by_hand = c.by_hand, reasons = c.reasons,
           valid_from = c.valid_from, known_since = $7
      FROM change c WHERE (e.chat_id, e.person_id) = (c.chat_id, c.person_id){_LOG}"""  # noqa: S608 - made of constants

_LEAVE = f"""{_NEW}
    DELETE FROM expected_members e
     USING change c WHERE (e.chat_id, e.person_id) = (c.chat_id, c.person_id){_LOG}"""  # noqa: S608 - made of constants

_CHATS = """
    UPDATE chats c
       SET school_id = n.school_id, class_id = n.class_id, group_id = n.group_id,
           title = n.title, closes_on = n.closes_on, frozen = n.frozen, deleted = n.deleted,
           next_change_at = n.next_change_at, derived_at = $10
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[],
                  $7::boolean[], $8::boolean[], $9::timestamptz[])
           AS n (chat_id, school_id, class_id, group_id, title, closes_on, frozen, deleted,
                 next_change_at)
     WHERE c.chat_id = n.chat_id"""

# Locked in the order of ids: a chat may be due for an account that another worker saw change.
_DUE = """
    WITH due AS MATERIALIZED (
        SELECT s.chat_id, m.lane
          FROM chat_sync s JOIN unnest($1::text[], $2::smallint[]) AS m (chat_id, lane)
               USING (chat_id)
         ORDER BY s.chat_id FOR NO KEY UPDATE OF s)
    UPDATE chat_sync s
       SET lane = CASE WHEN s.due_at IS NULL THEN due.lane ELSE least(s.lane, due.lane) END,
           due_at = least(s.due_at, clock_now()),
           due_generation = s.due_generation + 1
      FROM due WHERE s.chat_id = due.chat_id"""


def differences(facts: Facts, derivation: Derivation) -> list[Difference]:
    """What differs, for every chat that was loaded."""
    return [
        difference(
            facts.stored[derived.chat.chat_id],
            facts.members.get(derived.chat.chat_id, {}),
            derived,
        )
        for derived in derivation.all()
    ]


async def write(
    driver: Driver,
    facts: Facts,
    derivation: Derivation,
    causes: Mapping[ChatId, Cause],
) -> dict[ChatId, Cause]:
    """Store every difference; the chats that are due because of it."""
    found = differences(facts, derivation)
    joined: list[Change] = []
    changed: list[Change] = []
    left: list[Change] = []
    for each in found:
        chat_id = each.derived.chat.chat_id
        at = causes[chat_id].at
        joined.extend(history.joined(each, at))
        changed.extend(history.changed(each, dict(facts.members.get(chat_id, {})), at))
        left.extend(history.left(each, derivation, at))
    for statement, changes in ((_JOIN, joined), (_CHANGE, changed), (_LEAVE, left)):
        if changes:
            await driver.execute(statement, *_columns(changes), facts.now)
    await _write_chats(driver, facts, found)
    return {
        each.derived.chat.chat_id: causes[each.derived.chat.chat_id] for each in found if each.seen
    }


def _columns(changes: Sequence[Change]) -> tuple[list[object], ...]:
    return (
        [change.chat_id for change in changes],
        [change.person_id for change in changes],
        [change.role for change in changes],
        [change.by_hand for change in changes],
        [change.reasons for change in changes],
        [change.valid_from for change in changes],
    )


async def _write_chats(driver: Driver, facts: Facts, found: Iterable[Difference]) -> None:
    rows = [each.derived for each in found]
    await driver.execute(
        _CHATS,
        [row.chat.chat_id for row in rows],
        [row.chat.school_id for row in rows],
        [row.chat.class_id for row in rows],
        [row.chat.group_id for row in rows],
        [row.title for row in rows],
        [row.chat.closes_on for row in rows],
        [row.frozen for row in rows],
        [row.deleted for row in rows],
        [row.next_change_at for row in rows],
        facts.now,
    )


async def make_due(driver: Driver, chats: Mapping[ChatId, Cause]) -> None:
    """The messenger must be looked at for these chats, now."""
    if chats:
        await driver.execute(_DUE, list(chats), [int(cause.lane) for cause in chats.values()])
        wake(DUE_CHANNEL)
