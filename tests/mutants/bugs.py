"""The bugs: small wrong edits, each of a kind that somebody could make without noticing."""

from typing import Final

from tests.mutants.hand_made import HAND_MADE
from tests.mutants.initialising import INITIALISING
from tests.mutants.lessons import LESSONS
from tests.mutants.linking import LINKING
from tests.mutants.lists import LISTS
from tests.mutants.loading import LOADING
from tests.mutants.planting import Mutant
from tests.mutants.programs import PROGRAMS
from tests.mutants.schools import SCHOOLS
from tests.mutants.screens import SCREENS
from tests.mutants.slipped import SLIPPED
from tests.mutants.theme import THEME

_OF_THE_RULES = (
    Mutant(
        "guardians belong by a removed pupil",
        "domain/rules.py",
        "bond.guardian_id == person_id and not bond.ended and bond.pupil_id in present",
        "bond.guardian_id == person_id and not bond.ended and bond.pupil_id in placed",
        ("tests/domain/test_decisions.py", "tests/projections/derive/test_decisions.py"),
    ),
    Mutant(
        "one more may leave than the limit",
        "domain/guard.py",
        "if planned and window.removed + planned > limit:",
        "if planned and window.removed + planned > limit + 1:",
        ("tests/domain/test_guard.py",),
    ),
    Mutant(
        "a rejection is forgotten once admitted",
        "domain/takings.py",
        "elif said is not None and said.rejected is not None:",
        "elif said is not None and said.rejected and taking.account not in admitted:",
        ("tests/domain/test_takings.py",),
    ),
    Mutant(
        "the last administrator leaves before the next",
        "domain/plan.py",
        "early = _must_promote_early(gap, limits) and making_room < len(leaving)",
        "early = _must_promote_early(gap, limits) and making_room + 1 < len(leaving)",
        ("tests/domain/test_plan_exhaustive.py",),
    ),
    Mutant(
        "who failed among many is not tried among fewer",
        "domain/refusals.py",
        "if WHOLE >> count <= max(1, named // 2)",
        "if WHOLE >> count <= named",
        ("tests/domain/test_refusals.py",),
    ),
    Mutant(
        "an update says less than a call of ours",
        "domain/drift.py",
        "if hint is not None or not ours.explains_departure(user_id):",
        "if not ours.explains_departure(user_id):",
        ("tests/domain/test_drift.py",),
    ),
    Mutant(
        "a refusal of a pace that was fine costs nothing",
        "domain/pace.py",
        "return replace(pace, calls=max(1, pace.calls - 1), fine=None)",
        "return replace(pace, fine=None)",
        ("tests/domain/test_pace.py",),
    ),
)

_OF_INPUT = (
    Mutant(
        "what was read once and is gone is a gap",
        "consumers/resume.py",
        "    if reached >= log.start:",
        "    if reached > log.start:",
        ("tests/consumers/test_resume.py",),
    ),
    Mutant(
        "a lost partition is held again by its last batch",
        "consumers/positions.py",
        "        if key in self._held:\n            self._held[key] = standing",
        "        self._held[key] = standing",
        ("tests/consumers/test_while_held.py",),
    ),
    Mutant(
        "half a batch claims the whole one's leader",
        "consumers/partition_batches.py",
        "leader_epoch=NOT_KNOWN\n"
        "                if piece.follows_another_leader()\n"
        "                else piece.standing.leader_epoch,",
        "leader_epoch=piece.leader_epoch,",
        ("tests/consumers/test_pieces.py",),
    ),
    Mutant(
        "an equal fact is a new one",
        "projections/facts/statements.py",
        'WHERE {_row("excluded", _RANK_NAMES)} > {_row("t", _RANK_NAMES)}',
        'WHERE {_row("excluded", _RANK_NAMES)} >= {_row("t", _RANK_NAMES)}',
        ("tests/projections/test_facts_store.py",),
    ),
    Mutant(
        "a NUL in one text moves all that follow",
        "projections/text_arrays.py",
        "if joined.count(_SEPARATOR) != len(items) - 1:",
        "if len(items) < 1:",
        ("tests/projections/test_text_arrays.py",),
    ),
    Mutant(
        "a backslash is sent as the beginning of something",
        "projections/text_arrays.py",
        r'text.replace("\\", "\\\\").replace',
        "text.replace",
        ("tests/projections/test_text_arrays.py",),
    ),
    Mutant(
        "what ingest touches is marked since never",
        "projections/queue/marks.py",
        'marked_at="CAST(:since AS timestamptz)"',
        'marked_at="nullif(CAST(:since AS timestamptz), :since)"',
        ("tests/projections/test_catch_up.py", "tests/projections/derive"),
    ),
    Mutant(
        "what PostgreSQL refused is never read again",
        "projections/facts/quarantine.py",
        "OR cause <> 'contract')",
        "OR cause = 'ours')",
        ("tests/consumers/test_our_failures.py", "tests/rollcall/test_arrivals.py"),
    ),
    Mutant(
        "ends from before the arming are enough",
        "projections/gate/catch_up.py",
        'if row["ends_seen_at"] is None and asked.armed_at == armed_at:',
        'if row["ends_seen_at"] is None:',
        ("tests/projections/test_catch_up.py",),
    ),
    Mutant(
        "a mark is cleared though it was set anew",
        "projections/queue/claims.py",
        "AS m (kind, id, scope, generation) USING (kind, id, scope, generation)",
        "AS m (kind, id, scope, generation) USING (kind, id, scope)",
        ("tests/projections/derive/test_once.py",),
    ),
    Mutant(
        "a NUL in a list is let through",
        "schemas/decode.py",
        "return any(map(_has_nul, value))",
        "return False",
        ("tests/schemas",),
    ),
)

_OF_OUTPUT = (
    Mutant(
        "a removal that may still come counts no more",
        "projections/guard/reservations.py",
        "AND (NOT d.still OR d.spent_at < clock_now() - make_interval(secs => :late))",
        "",
        ("tests/reconcile/test_guard.py",),
    ),
    Mutant(
        "removals of one account count once",
        "projections/guard/windows.py",
        '"SELECT count(*) FILTER (WHERE r.spent_at IS NOT NULL AND NOT r.in_doubt)"',
        '"SELECT count(DISTINCT (r.chat_id, r.max_user_id))"\n'
        '        " FILTER (WHERE r.spent_at IS NOT NULL AND NOT r.in_doubt)"',
        ("tests/reconcile/test_guard_people.py",),
    ),
    Mutant(
        "a decision never ends",
        "projections/guard/held_plans.py",
        "                WHEN h.expires_at <= clock_now() THEN 'lapsed'\n",
        "",
        ("tests/reconcile/test_guard_approval.py",),
    ),
    Mutant(
        "who left at once proves answers wrong",
        "projections/drift/answers.py",
        "                              AND at < clock_now() - make_interval(secs => :lag)\n",
        "",
        ("tests/drift/test_answered.py",),
    ),
    Mutant(
        "a late effect is looked for once",
        "projections/reconcile/late_calls.py",
        "LATER = (5, 30, 240)",
        "LATER = (5,)",
        ("tests/drift/test_own_calls.py",),
    ),
    Mutant(
        "a code of this moment only is a verdict",
        "gateway/verdicts.py",
        "if problem is None or kind is None or code in _PASSING:",
        "if problem is None or kind is None:",
        ("tests/gateway/client/test_trust.py", "tests/gateway/client/test_certainty.py"),
    ),
    Mutant(
        "a call is sent at the lease's end",
        "gateway/budget.py",
        "if self._monotonic() >= self._deadline:",
        "if self._monotonic() > self._deadline + 1.0:",
        ("tests/reconcile/test_budget.py",),
    ),
    Mutant(
        "rights to remove are enough to promote",
        "gateway/standing.py",
        'return "add_admins"',
        'return "add_remove_members"',
        ("tests/reconcile/test_one_account.py",),
    ),
    Mutant(
        "a pass is not held to its lease",
        "gateway/reconcile.py",
        "messenger = self._messenger.through(held)",
        "messenger = self._messenger",
        ("tests/reconcile/test_unknown_outcomes.py",),
    ),
    Mutant(
        "every bot counts as ours",
        "gateway/sight.py",
        "if not (member.user_id == bot if bot is not None else member.is_bot)",
        "if not (member.user_id == bot or member.is_bot)",
        ("tests/drift/test_bots_and_owners.py",),
    ),
    Mutant(
        "the sweep asks again and again for what cannot be read",
        "projections/watch/sweep.py",
        "AND coalesce(s.swept_at < {now} - make_interval(secs => :every), true)",
        "",
        ("tests/drift/test_sweep.py",),
    ),
    Mutant(
        "a clock that is put back is not noticed",
        "projections/watch/clock.py",
        "return clock < before + (now - then) - STEP_SECONDS",
        "return clock < before - (now - then) - STEP_SECONDS",
        ("tests/reconcile/test_clock.py",),
    ),
    Mutant(
        "a date that comes during a pass is passed over",
        "projections/reconcile/dates.py",
        "WHERE date > :since",
        "WHERE date > clock_now() AND date > :since",
        ("tests/reconcile/test_dates.py",),
    ),
    Mutant(
        "what came due during a pass counts as tried",
        "projections/reconcile/setbacks.py",
        "s.retry_at <= :tried",
        "s.retry_at <= greatest(clock_now(), :tried)",
        ("tests/reconcile/test_dates.py",),
    ),
    Mutant(
        "somebody who is inside is still to be added",
        "domain/refusals.py",
        "            return role is not None\n",
        "            return role is Role.MEMBER\n",
        ("tests/reconcile/test_one_account.py", "tests/domain/test_refusals.py"),
    ),
    Mutant(
        "in step though something is held back",
        "operations/report.py",
        "return self.settled and not self.standing.obstacles",
        "return self.settled",
        ("tests/console/test_status_and_metrics.py",),
    ),
)

MUTANTS: Final[tuple[Mutant, ...]] = (
    *SLIPPED,
    *_OF_THE_RULES,
    *_OF_INPUT,
    *_OF_OUTPUT,
    *LINKING,
    *LESSONS,
    *SCREENS,
    *HAND_MADE,
    *SCHOOLS,
    *PROGRAMS,
    *THEME,
    *INITIALISING,
    *LISTS,
    *LOADING,
)
