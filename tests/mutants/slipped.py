"""Bugs of the kinds that once went through every test: one small edit for each kind."""

from typing import Final

from tests.mutants.planting import Mutant

_PEOPLE = "tests/reconcile/test_guard_people.py"
_ACCOUNT = "tests/reconcile/test_one_account.py"

SLIPPED: Final[tuple[Mutant, ...]] = (
    Mutant(
        "another school cancels our order",
        "projections/derive/load.py",
        "fact_cancellations c ON (c.order_id, c.school_id) = (o.order_id, o.school_id)",
        "fact_cancellations c ON c.order_id = o.order_id",
        ("tests/projections/test_cancellations.py",),
    ),
    Mutant(
        "nobody added by hand leaves on a date",
        "domain/derivation/compute.py",
        "        for pupils in concerned.values():",
        "        for pupils in ():",
        ("tests/projections/derive/test_dates.py",),
    ),
    Mutant(
        "who leaves a closed chat makes it not due",
        "domain/derivation/difference.py",
        "seen=bool(joined or left or role_changed) or",
        "seen=(bool(joined or left or role_changed) and not derived.frozen) or",
        ("tests/projections/derive/test_dates.py",),
    ),
    Mutant(
        "who was admitted once is never judged again",
        "projections/guard/reservations.py",
        "AND counts AND (spent_at IS NULL OR in_doubt)",
        "AND counts",
        (f"{_PEOPLE}::test_who_was_removed_and_added_again_counts_beside_others",),
    ),
    Mutant(
        "what the limit of all holds counts for no school",
        "projections/guard/windows.py",
        "AND scope IN ('school', 'total')",
        "AND scope = 'school'",
        (f"{_PEOPLE}::test_a_hold_of_the_installation_counts_for_a_small_plan_of_the_same_school",),
    ),
    Mutant(
        "an acknowledged gap arms nothing",
        "projections/facts/offsets.py",
        "    if found:\n        await catch_up.arm(connection, CatchUpCause.GAP_ACKNOWLEDGED)\n",
        "",
        ("tests/projections/test_offsets.py",),
    ),
    Mutant(
        "a lost holder's late outcome is nobody's business",
        "projections/reconcile/intents.py",
        "            if not holds:\n"
        "                await due.mark_due(connection, [lease.chat_id], Lane.LIVE)\n",
        "",
        ("tests/drift/test_own_calls.py",),
    ),
    Mutant(
        "a demotion takes nothing from anybody",
        "domain/actions.py",
        "return isinstance(action, Remove | Demote | Delete)",
        "return isinstance(action, Remove | Delete)",
        ("tests/reconcile/test_loop.py",),
    ),
    Mutant(
        "a log may begin before the batch's end",
        "consumers/verify.py",
        "starts[hole.key] > hole.standing.next_off",
        "starts[hole.key] > hole.end",
        ("tests/consumers/test_while_held.py",),
    ),
    Mutant(
        "a send that Kafka rejects counts as sent",
        "consumers/outbox.py",
        "await asyncio.gather(*sent)",
        "await asyncio.gather(*sent, return_exceptions=True)",
        ("tests/consumers/test_outbox.py",),
    ),
    Mutant(
        "a refused call is followed by no read",
        "gateway/attempts.py",
        "        await self.store.forget(self.lease)\n",
        "",
        (f"{_ACCOUNT}::test_a_bare_404_to_a_removal_is_followed_by_a_read_and_ends",),
    ),
    Mutant(
        "a no without a code is never believed",
        "projections/reconcile/setbacks.py",
        "return strikes is not None and strikes >= ALONE + VAGUE_NOES",
        "return False",
        (f"{_ACCOUNT}::test_a_refusal_that_is_no_verdict_ends_as_a_state_and_others_go_on",),
    ),
    Mutant(
        "records in hand are stepped over",
        "consumers/ingest.py",
        "if not pieces or not idle():",
        "if not pieces:",
        ("tests/consumers/test_while_held.py",),
    ),
    Mutant(
        "a loop that fails ends nobody who missed the cancellation",
        "loops/together.py",
        "            over.set()\n            raise",
        "            raise",
        ("tests/loops/test_together.py",),
    ),
    Mutant(
        "what a client of Kafka's gave up ends the loop that asked",
        "consumers/closing.py",
        "with suppress(ConsumersError), translated():",
        "with suppress(ConsumersError):",
        ("tests/consumers/test_closing.py",),
    ),
    Mutant(
        "who is to lead no more is still to be promoted",
        "projections/reconcile/setbacks.py",
        "WHEN 'promote' THEN role IS DISTINCT FROM 'administrator'",
        "WHEN 'promote' THEN role IS NULL",
        ("tests/reconcile/test_dates.py",),
    ),
    Mutant(
        "a reading that could not be made is due again at once",
        "projections/reconcile/dates.py",
        "     WHERE date > :since",
        "     WHERE date > :since OR date <= clock_now()",
        ("tests/reconcile/test_dates.py",),
    ),
)
"""In the order of docs/testing.md."""
