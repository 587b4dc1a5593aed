"""Seventeen bugs that have been made elsewhere, planted in the production code one at a time.

Five of distance lessons stand beside them (``lesson_bugs``). Each is a small wrong variant of a
production function. The simulation must find every one of them, or its silence about the real code
would mean nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

import domain.derivation.compute
import domain.plan
import domain.rules
import domain.takings
import gateway.calls
import gateway.reconcile
import projections.facts.offsets
import projections.guard.admission
import projections.guard.judging
import projections.queue.due
import projections.reconcile.intents
import projections.reconcile.late_calls
import projections.reconcile.load
import projections.reconcile.store
from domain.actions import Action, Add, Create
from domain.chats import ChatKind
from domain.expected import ExpectedMember, Role
from domain.guard import Pass
from domain.ids import MaxUserId
from domain.plan import Frozen, NotCreated, Seen, Wanted
from domain.rules import ChatFacts
from domain.work import EffectUnknown, Lease, LeaseLost, NoEffect, Work
from gateway.ports import ChatSnapshot
from projections.database import driver, transaction
from projections.facts import offsets, quarantine
from projections.facts import store as facts_store
from projections.facts.ingest_store import Batch, Committed, IngestStore
from projections.queue import marks
from tests.simulation.lesson_bugs import LESSON_BUGS

Plant = Callable[[ExitStack], None]


def _set(stack: ExitStack, where: object, name: str, wrong: object) -> None:
    stack.enter_context(patch.object(where, name, wrong))


def offset_before_state(stack: ExitStack) -> None:
    """The offsets are committed, and the facts a moment later."""

    async def commit(self: IngestStore, batch: Batch) -> Committed:
        async with transaction(self._engine) as connection:
            now = await offsets.advance(await driver(connection), batch.steps)
        async with transaction(self._engine) as connection:
            store = await driver(connection)
            await quarantine.put(store, batch.bad, now)
            written = await facts_store.write(store, batch.arrivals, now)
            await marks.set_marks(store, written.touched, batch.lane, now)
        return Committed(written.applied, len(written.touched))

    _set(stack, IngestStore, "commit", commit)


def offset_without_compare_and_set(stack: ExitStack) -> None:
    """Offsets are set to where a batch ends, wherever they were."""
    right = projections.facts.offsets._ADVANCE  # noqa: SLF001 - what is broken here
    wrong = right.replace(", p.next_off)\n", ")\n").replace(", u.start_off) AND", ") AND")
    assert wrong != right
    _set(stack, projections.facts.offsets, "_ADVANCE", wrong)


def timeout_is_failure(stack: ExitStack) -> None:
    """A call without an answer is taken for one that did nothing."""
    right = projections.reconcile.intents.settle

    async def settle(
        connection: Any, lease: Any, work: Any, intent: Any, action: Any, effect: Any
    ) -> None:
        if isinstance(effect, EffectUnknown):
            effect = NoEffect(effect.reason)
        await right(connection, lease, work, intent, action, effect)

    _set(stack, projections.reconcile.intents, "settle", settle)


def failed_ids_ignored(stack: ExitStack) -> None:
    """HTTP 200 is taken to mean that everybody was added."""
    _set(stack, gateway.calls, "_reasons", lambda _: {})


def partial_taken_for_whole(stack: ExitStack) -> None:
    """A read that lists fewer people than the chat counts is believed."""
    _set(stack, ChatSnapshot, "is_short", property(lambda _: False))


def no_fence(stack: ExitStack) -> None:
    """Nobody looks whether the lease is still held."""

    async def extend(connection: AsyncConnection, lease: Lease, seconds: float) -> int | None:
        extended = await connection.execute(
            text("""UPDATE chat_sync SET lease_until = clock_now() + make_interval(secs => :seconds)
                     WHERE chat_id = :chat RETURNING due_generation"""),
            {"chat": lease.chat_id, "seconds": seconds},
        )
        return extended.scalar_one_or_none()

    async def holds(_: object, __: object) -> bool:
        return True

    _set(stack, projections.queue.due, "extend", extend)
    _set(stack, projections.queue.due, "holds", holds)


def guard_bypassed(stack: ExitStack) -> None:
    """One way to removals does not ask the guard."""
    _set(stack, projections.guard.judging, "judge", lambda *_, **__: Pass())


_APPROVED = text("""
    SELECT max(held_id) FROM held_plans
     WHERE chat_id = :chat AND state IN ('approved', 'done', 'expired', 'superseded')
       AND expires_at > clock_now()""")


def approval_for_any_plan(stack: ExitStack) -> None:
    """What was approved once lets any later plan of the chat pass."""
    right = projections.guard.admission.assess

    async def assess(
        connection: Any, chat_id: Any, school_id: Any, actions: Any, policy: Any
    ) -> Any:
        found = await right(connection, chat_id, school_id, actions, policy)
        rows = await connection.execute(_APPROVED, {"chat": chat_id})
        approval = rows.scalar_one_or_none()
        if approval is None:
            return found
        waits = [taking for lot in found.waiting.values() for taking in lot.takings]
        approved = {**found.approved, **{taking.account: approval for taking in waits}}
        return replace(found, waiting={}, approved=approved, going=(*found.going, *waits))

    _set(stack, projections.guard.admission, "assess", assess)


def rejection_forgotten(stack: ExitStack) -> None:
    """What a person rejected waits for nobody any more, so nothing keeps it from being done."""
    right = domain.takings.sort_out

    def sort_out(takings: Any, before: Any, admitted: Any) -> Any:
        return replace(right(takings, before, admitted), rejected={})

    _set(stack, projections.guard.admission, "sort_out", sort_out)


def closed_chats_go_on(stack: ExitStack) -> None:
    """A chat that has closed is kept in step like any other."""
    right = projections.reconcile.load.load

    async def load(connection: AsyncConnection, lease: Lease, *rest: Any) -> Work | LeaseLost:
        work = await right(connection, lease, *rest)
        if isinstance(work, LeaseLost) or not isinstance(work.target, Frozen):
            return work
        return replace(work, target=Wanted(work.target.members, work.title))

    _set(stack, projections.reconcile.store, "load", load)


def reasons_not_united(stack: ExitStack) -> None:
    """A guardian of whom one guardianship ended leaves, whatever other children there are."""
    right = domain.rules.expected_members

    def expected_members(facts: ChatFacts) -> tuple[ExpectedMember, ...]:
        found = right(facts)
        if facts.chat.kind is not ChatKind.PARENTS:
            return found
        ended = {
            bond.guardian_id
            for pupil in facts.roster
            for bond in facts.guardianships.get(pupil, ())
            if bond.ended
        }
        return tuple(member for member in found if member.person_id not in ended)

    _set(stack, domain.derivation.compute, "expected_members", expected_members)


_SHARED = text("""
    SELECT DISTINCT p.max_user_id
      FROM membership_history h JOIN fact_profiles p USING (person_id)
     WHERE h.chat_id = :chat AND h.role IS NOT NULL AND NOT EXISTS (
           SELECT FROM expected_members e
            WHERE e.chat_id = h.chat_id AND e.person_id = h.person_id)""")


def shared_account_leaves_with_the_first(stack: ExitStack) -> None:
    """An account leaves a chat with the first of the people who share it."""
    right = projections.reconcile.load.load

    async def load(connection: AsyncConnection, lease: Lease, *rest: Any) -> Work | LeaseLost:
        work = await right(connection, lease, *rest)
        if isinstance(work, LeaseLost) or not isinstance(work.target, Wanted):
            return work
        gone = set((await connection.execute(_SHARED, {"chat": lease.chat_id})).scalars())
        members = {user: role for user, role in work.target.members.items() if user not in gone}
        return replace(work, target=Wanted(members, work.target.title))

    _set(stack, projections.reconcile.store, "load", load)


def retry_without_read_back(stack: ExitStack) -> None:
    """After a call without an answer the plan goes on from what was known before."""
    right = projections.reconcile.load.load

    async def load(connection: AsyncConnection, lease: Lease, *rest: Any) -> Work | LeaseLost:
        work = await right(connection, lease, *rest)
        if isinstance(work, LeaseLost) or isinstance(work.observed, Seen | NotCreated):
            return work
        rows = await connection.execute(
            text("""SELECT max_user_id, is_admin, observed_title
                      FROM observed_members JOIN chat_sync USING (chat_id)
                     WHERE chat_id = :chat"""),
            {"chat": lease.chat_id},
        )
        found = rows.all()
        if not found:
            return work
        roles = {row[0]: Role.ADMINISTRATOR if row[1] else Role.MEMBER for row in found}
        return replace(work, observed=Seen(roles, found[0][2] or ""))

    _set(stack, projections.reconcile.store, "load", load)


def no_rechecks(stack: ExitStack) -> None:
    """Once a call without an answer was read back twice, its chat is left to the sweep."""
    right = projections.reconcile.late_calls._AFTER_READ.text  # noqa: SLF001 - what is broken here
    wrong = right.replace("later.at > clock_now()", "false")
    assert wrong != right
    _set(stack, projections.reconcile.late_calls, "_AFTER_READ", text(wrong))


def midnight_in_the_wrong_zone(stack: ExitStack) -> None:
    """The date is the server's, not the school's."""
    _set(stack, domain.derivation.compute, "zone_of", lambda *_: ZoneInfo("UTC"))


def administrators_after_pupils(stack: ExitStack) -> None:
    """People come in by their ids, administrators when their turn comes."""
    right = domain.plan.plan

    def plan(target: Any, observed: Any, limits: Any, bot: Any) -> tuple[Action, ...]:
        chiefs: Mapping[MaxUserId, Role] = target.members if isinstance(target, Wanted) else {}
        return tuple(_late(right(target, observed, limits, bot), chiefs))

    _set(stack, gateway.reconcile, "plan", plan)


def _late(actions: Sequence[Action], roles: Mapping[MaxUserId, Role]) -> Iterator[Action]:
    for action in actions:
        match action:
            case Create(title, members, administrators):
                pupils = tuple(user for user in members if user not in administrators)
                yield Create(title, pupils or members, () if pupils else administrators)
                if pupils and administrators:
                    yield Add(administrators)
            case Add(users):
                chiefs = tuple(user for user in users if roles.get(user) is Role.ADMINISTRATOR)
                others = tuple(user for user in users if user not in chiefs)
                yield from (Add(some) for some in (others, chiefs) if some)
            case _:
                yield action


BUGS: Mapping[str, Plant] = {
    plant.__name__: plant
    for plant in (
        offset_before_state,
        offset_without_compare_and_set,
        timeout_is_failure,
        failed_ids_ignored,
        partial_taken_for_whole,
        no_fence,
        guard_bypassed,
        approval_for_any_plan,
        rejection_forgotten,
        closed_chats_go_on,
        reasons_not_united,
        shared_account_leaves_with_the_first,
        retry_without_read_back,
        no_rechecks,
        midnight_in_the_wrong_zone,
        administrators_after_pupils,
        *LESSON_BUGS,
    )
}
"""The seventeenth, a mark that is resolved before the commit it needs, is in ``interleavings``."""

FOUND_BY: Mapping[str, int] = {
    "offset_before_state": 1,
    "offset_without_compare_and_set": 4,
    "timeout_is_failure": 1,
    "failed_ids_ignored": 2,
    "partial_taken_for_whole": 10,
    "no_fence": 71,
    "guard_bypassed": 7,
    "approval_for_any_plan": 83,
    "reasons_not_united": 1,
    "no_rechecks": 1,
    "closed_chats_go_on": 6,
    "rejection_forgotten": 78,
    "shared_account_leaves_with_the_first": 4,
    "retry_without_read_back": 1,
    "midnight_in_the_wrong_zone": 34,
    "administrators_after_pupils": 2,
    "opened_a_minute_early": 10,
    "opened_by_another_zone": 10,
    "link_for_former_members": 200,
    "call_deleted_while_it_runs": 290,
    "a_key_for_each_attempt": 10,
}
"""A seed that found each of them when it was last looked for: it is tried first."""


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The production code with this bug, while the block runs."""
    with ExitStack() as stack:
        BUGS[name](stack)
        yield
