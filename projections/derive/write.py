"""Writing what a derivation changed: members, history, chats, and which chats are due.

Guarantees: bulk statements only, all in the deriving transaction; a chat without a
difference is not made due, and gets no row of history.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from domain.derivation import membership_log as history
from domain.derivation.compute import Derivation
from domain.derivation.difference import Difference, difference
from domain.derivation.facts import Facts
from domain.derivation.membership_log import Change, End
from domain.ids import ChatId
from projections.database import Driver
from projections.queue.marks import Cause

_MEMBER = ("chat_id", "person_id", "role", "by_hand", "reasons", "valid_from", "known_since")

# A membership goes to the log as it was when it changes or ends, and its end goes there after it.
_CHANGE = """
    WITH change AS MATERIALIZED (
        SELECT chat_id, person_id, role, by_hand, reasons::jsonb AS reasons, valid_from
          FROM unnest(CAST(:chat_id AS text[]), CAST(:person_id AS text[]), CAST(:role AS text[]),
                      CAST(:by_hand AS boolean[]), CAST(:reasons AS text[]),
                      CAST(:valid_from AS timestamptz[]))
               AS c (chat_id, person_id, role, by_hand, reasons, valid_from)),
    former AS (
        INSERT INTO past_memberships
               (entry, chat_id, person_id, role, reasons, valid_from, known_from)
        SELECT e.entry, e.chat_id, e.person_id, e.role, e.reasons, e.valid_from, e.known_since
          FROM expected_members e JOIN change USING (chat_id, person_id))
    UPDATE expected_members e
       SET role = c.role, by_hand = c.by_hand, reasons = c.reasons, valid_from = c.valid_from,
           known_since = :now, entry = nextval('membership_entries')
      FROM change c WHERE (e.chat_id, e.person_id) = (c.chat_id, c.person_id)"""

_LEAVE = """
    WITH change AS MATERIALIZED (
        SELECT chat_id, person_id, valid_from
          FROM unnest(CAST(:chat_id AS text[]), CAST(:person_id AS text[]),
                      CAST(:valid_from AS timestamptz[]))
               AS c (chat_id, person_id, valid_from)),
    former AS (
        DELETE FROM expected_members e
         USING change c WHERE (e.chat_id, e.person_id) = (c.chat_id, c.person_id)
        RETURNING e.*)
    INSERT INTO past_memberships (entry, chat_id, person_id, role, reasons, valid_from, known_from)
    SELECT entry, chat_id, person_id, role, reasons, valid_from, known_since FROM former
     UNION ALL
    SELECT nextval('membership_entries'), chat_id, person_id, NULL, reasons, c.valid_from, :now
      FROM change c JOIN former USING (chat_id, person_id)"""

_CHATS = """
    UPDATE chats c
       SET school_id = n.school_id, class_id = n.class_id, group_id = n.group_id,
           title = n.title, closes_on = n.closes_on, frozen = n.frozen, deleted = n.deleted,
           next_change_at = n.next_change_at, derived_at = :now
      FROM unnest(CAST(:chats AS text[]), CAST(:schools AS text[]), CAST(:classes AS text[]),
                  CAST(:groups AS text[]), CAST(:titles AS text[]), CAST(:closing AS date[]),
                  CAST(:frozen AS boolean[]), CAST(:deleted AS boolean[]),
                  CAST(:changing AS timestamptz[]))
           AS n (chat_id, school_id, class_id, group_id, title, closes_on, frozen, deleted,
                 next_change_at)
     WHERE c.chat_id = n.chat_id"""


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
    left: list[End] = []
    for each in found:
        chat_id = each.derived.chat.chat_id
        at = causes[chat_id].at
        joined.extend(history.joined(each, at))
        changed.extend(history.changed(each, dict(facts.members.get(chat_id, {})), at))
        left.extend(history.left(each, derivation, at))
    await _write_members(driver, joined, changed, left, facts.now)
    await _write_chats(driver, facts, found)
    return {
        each.derived.chat.chat_id: causes[each.derived.chat.chat_id] for each in found if each.seen
    }


async def _write_members(
    driver: Driver,
    joined: Sequence[Change],
    changed: Sequence[Change],
    left: Sequence[End],
    now: datetime,
) -> None:
    if joined:
        rows = ((*change, now) for change in joined)
        await driver.copy_records_to_table("expected_members", records=rows, columns=_MEMBER)
    if changed:
        await driver.execute(_CHANGE, **_columns(Change, changed), now=now)
    if left:
        await driver.execute(_LEAVE, **_columns(End, left), now=now)


def _columns(
    kind: type[Change] | type[End], rows: Sequence[tuple[object, ...]]
) -> dict[str, list[object]]:
    return dict(zip(kind._fields, map(list, zip(*rows, strict=True)), strict=True))


async def _write_chats(driver: Driver, facts: Facts, found: Iterable[Difference]) -> None:
    rows = [each.derived for each in found]
    await driver.execute(
        _CHATS,
        chats=[row.chat.chat_id for row in rows],
        schools=[row.chat.school_id for row in rows],
        classes=[row.chat.class_id for row in rows],
        groups=[row.chat.group_id for row in rows],
        titles=[row.title for row in rows],
        closing=[row.chat.closes_on for row in rows],
        frozen=[row.frozen for row in rows],
        deleted=[row.deleted for row in rows],
        changing=[row.next_change_at for row in rows],
        now=facts.now,
    )
