"""The promises that hold at every step, each a function in the words of the domain.

Each looks when something has just happened that could break it: a commit, a call that is sent,
a call that arrives. A broken promise is noted in ``Knowledge`` and ends the run.
"""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from domain.actions import Action, Remove
from domain.guard import GuardLimits
from domain.work import Lease
from tests.oracle.naive import ADMINISTRATOR, instant
from tests.simulation.knowledge import Knowledge
from tests.simulation.messenger import CALL_SECONDS, Call, Max

GATE_SECONDS = 8.0
"""How old the knowledge behind a removal may be: ``domain.gate``'s two limits, and a moment."""


# --- ingest --------------------------------------------------------------------------------


async def offsets_and_facts_agree(known: Knowledge) -> None:
    """Facts are exactly the fold of the log up to the offsets: neither is ahead of the other."""
    rows = await known.database.ask(
        "SELECT topic, part, next_off, reached_off FROM ingest_partitions"
    )
    known.read = reached = {(row[0], row[1]): row[3] for row in rows}
    known.look_at_closed()
    facts = {(row[0], row[1]): row[2] for row in await known.database.ask(_FACTS)}
    best: dict[tuple[str, str], tuple[Any, ...]] = {}
    for key, log in known.kafka.logs.items():
        for record in log[: reached.get(key, 0)]:
            entity, rank = _identity(record.value)
            if entity is not None and rank > best.get(entity, ()):
                best[entity] = rank
    should = {entity: rank[-1] for entity, rank in best.items()}
    if facts != should:
        odd = sorted(set(facts.items()) ^ set(should.items()))
        known.broken("offsets and facts agree", str(odd[:4]))
    for topic, part, next_off, _ in rows:
        before = known.offsets.get((topic, part), 0)
        if next_off < before and next_off != 0:
            known.broken("offsets never go back", f"{topic}/{part}: {before} to {next_off}")
        known.offsets[topic, part] = next_off


_TABLES = {
    "schools": "school_id", "classes": "class_id", "orders": "order_id",
    "cancellations": "order_id || ':' || school_id", "people": "person_id",
    "employments": "person_id || ':' || school_id",
    "guardianships": "guardian_id || ':' || pupil_id", "subject_groups": "group_id",
    "profiles": "person_id", "lessons": "lesson_id",
}  # fmt: skip
_FACTS = " UNION ALL ".join(
    f"SELECT '{table}', {key}, event_id FROM fact_{table}" for table, key in _TABLES.items()
)
_KINDS = {
    "school.changed": ("schools", ("school_id",)),
    "class.created": ("classes", ("class_id",)),
    "class.changed": ("classes", ("class_id",)),
    "enrolment.ordered": ("orders", ("order_id",)),
    "withdrawal.ordered": ("orders", ("order_id",)),
    "order.cancelled": ("cancellations", ("order_id", "school_id")),
    "person.changed": ("people", ("person_id",)),
    "employment.changed": ("employments", ("person_id", "school_id")),
    "guardianship.changed": ("guardianships", ("guardian_id", "pupil_id")),
    "subject-group.changed": ("subject_groups", ("group_id",)),
    "profile.changed": ("profiles", ("person_id",)),
    "lesson.changed": ("lessons", ("lesson_id",)),
}


def _identity(value: bytes | None) -> tuple[tuple[str, str] | None, tuple[Any, ...]]:
    """The entity that a record is about, and the rank of what it says."""
    try:
        event = json.loads(value or b"")
    except ValueError:
        return None, ()
    table, keys = _KINDS[event["type"].removeprefix("sgo.").removesuffix(".v1")]
    data = event["data"]
    rank = (data.get("version", 0), instant(event["time"]), event["source"], event["id"])
    return (table, ":".join(data[key] for key in keys)), rank


# --- leases and intents --------------------------------------------------------------------


async def only_the_holder_intends(known: Knowledge, lease: Lease) -> None:
    """An intent is committed by the holder of the chat alone."""
    rows = await known.database.ask(
        "SELECT lease_token FROM chat_sync WHERE chat_id = $1", lease.chat_id
    )
    if rows[0][0] != lease.token:
        known.broken("only the holder intends", f"{lease.chat_id}: {lease.token} of {rows[0][0]}")


async def only_the_holder_calls(known: Knowledge, call: Call) -> None:
    """A call is sent while the lease of its intent lasts, but by a process that stood still."""
    if call.asked is None or is_zombie(call):
        return
    lease = call.asked.lease
    rows = await known.database.ask(
        "SELECT lease_token, lease_until > clock_now() FROM chat_sync WHERE chat_id = $1",
        lease.chat_id,
    )
    if list(rows[0]) != [lease.token, True]:
        known.broken("only the holder calls", f"{lease.chat_id}: {lease.token} of {rows[0]}")


async def no_call_without_a_committed_intent(known: Knowledge, call: Call) -> None:
    """What is called was committed before, in the same words, and has no outcome yet."""
    if call.asked is None:
        known.broken("no call without a committed intent", f"{call.kind}: none")
        return
    rows = await known.database.ask(
        "SELECT action, body::text, settled_at IS NULL, lease_token FROM intents"
        " WHERE intent_id = $1",
        call.asked.intent,
    )
    if not rows or rows[0][0] != call.kind or not (rows[0][2] or is_zombie(call)):
        known.broken("no call without a committed intent", f"{call.kind}: {rows}")
        return
    named = set(_numbers(json.loads(rows[0][1])))
    if not set(call.user_ids) <= named:
        known.broken("a call does what was intended", f"{call.kind} {call.user_ids} not in {named}")


def _numbers(body: object) -> Iterable[int]:
    if isinstance(body, int):
        yield body
    elif isinstance(body, dict):
        for value in body.values():
            yield from _numbers(value)
    elif isinstance(body, list):
        for value in body:
            yield from _numbers(value)


def is_zombie(call: Call) -> bool:
    """Whether its process stood still since the call passed its deadline.

    It is the same when the database's clock goes ahead between the intent and the answer.
    """
    thawed, stepped = call.process.thawed_at, call.process.stepped_at
    if stepped is not None and call.asked is not None and call.asked.at <= stepped:
        return True
    return call.process.frozen_until is not None or (thawed is not None and thawed >= call.sent_at)


def one_call_in_flight(known: Knowledge, max_: Max, call: Call) -> None:
    """No two changing calls on one chat, but for those of a process that stood still."""
    chat = _chat(call)
    for other in max_.under_way:
        young = max_.scheduler.now - other.sent_at <= CALL_SECONDS
        if other is not call and _chat(other) == chat and young and not is_zombie(other):
            known.broken("one call in flight", f"{chat}: {other.kind} and {call.kind}")


def read_before_the_next_change(known: Knowledge, call: Call) -> None:
    """After a call whose outcome nobody knows the chat is read; a create may be repeated."""
    for doubt in known.doubts.get(_chat(call), ()):
        if not is_zombie(call) and not (call.kind == doubt.kind == "create"):
            known.broken("read before the next change", f"{_chat(call)}: {doubt.kind}, {call.kind}")


def _chat(call: Call) -> str:
    return call.asked.lease.chat_id if call.asked is not None else str(call.chat_id)


# --- people --------------------------------------------------------------------------------


def nobody_added_without_a_reason(known: Knowledge, call: Call) -> None:
    """Whoever is added was deliverable by the facts at some moment of this pass."""
    if call.kind not in {"add", "create"} or call.asked is None or is_zombie(call):
        return
    chat = _chat(call)
    loaded = known.loads[chat, call.asked.lease.token]
    states = known.expected_since(chat, loaded.step)
    for account in call.user_ids:
        if not any(account in state for state in states):
            known.broken("nobody is added without a reason", f"{chat}: {account}")


def nobody_removed_who_belongs(known: Knowledge, call: Call) -> None:
    """Whoever is removed was not deliverable at some moment of this pass.

    By what PostgreSQL held; and by the register itself, as late as the gate allows.
    """
    if call.kind != "remove" or call.asked is None or is_zombie(call):
        return
    chat, account = _chat(call), call.user_ids[0]
    loaded = known.loads[chat, call.asked.lease.token]
    if all(account in state for state in known.expected_since(chat, loaded.step)):
        known.broken("nobody is removed who is expected", f"{chat}: {account}")
    if known.deliverable_since(chat, account, loaded.at - GATE_SECONDS):
        known.broken("nobody is removed who belongs", f"{chat}: {account}")


async def nothing_removed_from_the_unknown(known: Knowledge, lease: Lease, action: Action) -> None:
    """A removal rests on a chat that is known to hold the account when the intent is committed."""
    if not isinstance(action, Remove):
        return
    chat = lease.chat_id
    rows = await known.database.ask(
        "SELECT s.observed_at IS NOT NULL, EXISTS (SELECT FROM observed_members o WHERE"
        " o.chat_id = s.chat_id AND o.max_user_id = $2) FROM chat_sync s WHERE chat_id = $1",
        chat,
        action.user_id,
    )
    if not all(rows[0]):
        known.broken("nothing is removed from the unknown", f"{chat}: {action.user_id}")


async def nobody_removed_past_the_guard(known: Knowledge, call: Call) -> None:
    """In 24 hours a chat loses no more than the guard allows, or what a person has approved.

    Whoever was approved to leave was shown, and leaves once.
    """
    if call.kind not in {"remove", "demote"} or call.asked is None:
        return
    chat, account = _chat(call), call.user_ids[0]
    rows = await known.database.ask(
        "SELECT r.counts, r.approval IS NOT NULL, EXISTS (SELECT FROM held_takings t"
        " WHERE t.held_id = r.approval AND t.max_user_id = r.max_user_id AND t.kind = r.kind)"
        " FROM intents i JOIN removal_reservations r USING (reservation_id)"
        " WHERE i.intent_id = $1",
        call.asked.intent,
    )
    if not rows:
        known.broken("nobody is removed without a reservation", f"{chat}: {account}")
        return
    counts, approved, shown = rows[0]
    if approved and not shown:
        known.broken("an approval is for the plan that was shown", f"{chat}: {account}")
    if approved or not counts:
        return
    known.counting.add(call)
    now = known.database.now()
    recent = sum(now - at < timedelta(hours=24) for at in known.removed.get(chat, ()))
    limits = GuardLimits()
    allowed = max(limits.chat_floor, int(limits.chat_share * known.largest.get(chat, 0)))
    if recent + 1 > allowed:
        known.broken("nobody is removed past the guard", f"{chat}: {recent + 1} of {allowed}")


async def a_no_stays_a_no(known: Knowledge, call: Call) -> None:
    """What a person rejected is not done while the register says nothing new about it."""
    if call.kind not in {"remove", "demote"} or call.asked is None:
        return
    said = known.rejected.get((_chat(call), call.user_ids[0], call.kind))
    if said is not None and said == await known.said_of(_chat(call), call.user_ids[0]):
        known.broken("a no stays a no", f"{_chat(call)}: {call.kind} {call.user_ids[0]}")


def nothing_given_in_a_closed_chat(known: Knowledge, call: Call) -> None:
    """Nobody enters, is promoted or renamed in a chat that was closed for the whole pass."""
    if call.kind not in {"add", "create", "promote", "rename"} or call.asked is None:
        return
    loaded = known.loads[_chat(call), call.asked.lease.token]
    if call.user_ids and not is_zombie(call) and known.closed_since(_chat(call), loaded.at):
        known.broken("nothing is given in a closed chat", f"{_chat(call)}: {call.kind}")


def administrators_first(known: Knowledge, max_: Max, call: Call) -> None:
    """Nobody else enters a chat while an administrator who could be in it is not.

    But for who was named in a call without an answer: it may be about them, so they come last.
    """
    if call.kind not in {"add", "create"} or call.asked is None or is_zombie(call):
        return
    chat = _chat(call)
    loaded = known.loads[chat, call.asked.lease.token]
    states = known.expected_since(chat, loaded.step)
    chiefs = {
        account
        for account in states[-1]
        if all(state.get(account) == ADMINISTRATOR for state in states)
    }
    inside = set() if call.chat_id is None else set(max_.world.chats.get(call.chat_id))
    missing = {
        account
        for account in chiefs - inside - set(call.user_ids)
        if max_.world.accounts.refusal(account) is None
        and (chat, account) not in known.refused | known.struck
        and not known.left[chat, account]
    }
    if missing and set(call.user_ids) - chiefs:
        known.broken("administrators first", f"{chat}: {sorted(missing)} not in before others")


# --- chats ---------------------------------------------------------------------------------


def no_second_chat(known: Knowledge, max_: Max) -> None:
    """No chat of ours is there twice."""
    names = [chat.external_id.rsplit("#", 1)[0] for chat in max_.world.chats]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        known.broken("no second chat", ", ".join(twice))


_KNOWN = (
    "s.observed_at IS NOT NULL AND s.glimpsed_since IS NULL AND NOT EXISTS (SELECT FROM intents i"
    " WHERE i.chat_id = s.chat_id AND i.settled_at IS NULL)"
)


async def is_known(known: Knowledge, chat_id: str) -> bool:
    """Whether we hold the chat for known."""
    rows = await known.database.ask(
        f"SELECT {_KNOWN} FROM chat_sync s WHERE chat_id = $1",
        chat_id,
    )
    return bool(rows[0][0])


async def known_is_true(known: Knowledge, max_: Max, chat_id: str) -> None:
    """What we hold for known is what the messenger has, but for what others did meanwhile."""
    rows = await known.database.ask(
        f"SELECT s.max_chat_id, {_KNOWN}, array(SELECT o.max_user_id::text"
        " || o.is_admin::text FROM observed_members o WHERE o.chat_id = s.chat_id ORDER BY 1)"
        " FROM chat_sync s WHERE chat_id = $1",
        chat_id,
    )
    max_chat_id, is_known, held = rows[0]
    if max_chat_id is None or not is_known or chat_id in known.disturbed:
        return
    if any(_chat(call) == chat_id for call in max_.under_way):
        return
    chat = max_.world.chats.get(max_chat_id)
    true = sorted(
        f"{user}{str(user in chat.admins).lower()}" for user in chat if user != chat.owner_id
    )
    if held != true:
        known.broken("what is known is true", f"{chat_id}: {held} for {true}")
