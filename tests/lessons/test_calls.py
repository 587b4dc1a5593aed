"""A lesson's call in the messenger follows people's decisions and the register."""

import asyncio
import sys
import time
from dataclasses import replace
from datetime import datetime

import pytest

from domain.lesson_outcomes import Rest
from domain.lesson_work import Attempt, LessonLease
from domain.work import GateShut, LeaseLost
from operations.lesson_acts import Decided, Refusal, Refused
from projections.lessons.store import LessonCallStore
from tests.lessons.timetable import MINUTE, NINE, L, Timetable, lesson
from tests.mutants.planting import ROOT
from tests.staff.town import ALPHA

KEY = f"lesson:{L}"


async def planned(school: Timetable) -> None:
    """A lesson at nine with a call; it is half past eight."""
    await school.register(lesson())
    assert await school.plan() == Decided()
    await school.settle()
    assert await school.state() == "converged"
    await school.forget_calls()


async def only(school: Timetable) -> tuple[str, datetime, datetime]:
    """The only call of the messenger."""
    (call,) = (await school.calls()).values()
    start, end = (datetime.fromisoformat(call[each]) for each in ("starts_at", "ends_at"))
    return call["title"], start, end


async def test_a_decision_makes_one_call_and_its_reverse_deletes_it(school: Timetable) -> None:
    await planned(school)
    assert await only(school) == ("Урок", NINE, NINE + 40 * MINUTE)
    assert await school.plan("Урок о материках") == Decided()
    await school.settle()
    assert await only(school) == ("Урок о материках", NINE, NINE + 40 * MINUTE)
    assert await school.delete() == Decided()
    await school.settle()
    assert await school.calls() == {}
    assert await school.made() == {"PATCH": 1, "DELETE": 1}
    assert await school.plan() == Decided()
    await school.settle()
    assert await only(school) == ("Урок", NINE, NINE + 40 * MINUTE)


async def test_what_is_as_it_should_be_costs_no_call(school: Timetable) -> None:
    await planned(school)
    assert await school.plan() == Decided()
    await school.register(lesson(teacher="physicist"))
    await school.settle()
    assert await school.made() == {}


async def test_the_call_follows_the_register(school: Timetable) -> None:
    await planned(school)
    later = NINE + 120 * MINUTE
    await school.register(lesson(later, 45))
    await school.settle()
    assert await only(school) == ("Урок", later, later + 45 * MINUTE)
    await school.register(lesson(later, 45, cancelled=True))
    await school.settle()
    assert await school.calls() == {}
    await school.register(lesson(later, 45))
    await school.settle()
    assert len(await school.calls()) == 1
    assert await school.made() == {"PATCH": 1, "DELETE": 1, "POST": 1}


async def test_a_lesson_of_another_group_has_its_call_in_that_groups_chat(
    school: Timetable,
) -> None:
    await planned(school)
    before = (await school.calls())[KEY]["chat_id"]
    await school.register(lesson(group="phys"))
    await school.settle()
    assert (await school.calls())[KEY]["chat_id"] != before
    assert await school.made() == {"DELETE": 1, "POST": 1}


async def test_a_call_in_another_groups_chat_goes_before_the_lesson_has_a_chat_of_its_own(
    school: Timetable,
) -> None:
    await planned(school)
    of_group = {"of": ALPHA.chat("subject", "phys")}
    ((its_chat,),) = await school.rows(
        "SELECT max_chat_id FROM chat_sync WHERE chat_id = :of", **of_group
    )
    change = "UPDATE chat_sync SET max_chat_id = :chat WHERE chat_id = :of"
    await school.sql(change, chat=None, **of_group)
    await school.register(lesson(group="phys"))
    await school.settle()
    assert (await school.calls(), await school.state()) == ({}, "no_chat")
    await school.sql(change, chat=its_chat, **of_group)
    await school.settle()
    assert (await school.calls())[KEY]["chat_id"] == its_chat
    assert await school.made() == {"DELETE": 1, "POST": 1}


async def test_a_crash_between_the_call_and_its_note_makes_no_second_one(
    school: Timetable,
) -> None:
    await school.register(lesson())
    await school.plan()
    lease = await school.store.claim()
    assert lease is not None
    attempt = await school.store.step(lease)
    assert isinstance(attempt, Attempt)
    now = asyncio.get_running_loop().time()
    await school.loop._call(lease, attempt, now)  # noqa: SLF001 - and then the process is killed
    assert await school.rows("SELECT standing, call_id FROM lesson_calls") == [("asked", None)]
    (made,) = (await school.calls()).values()
    await school.register(lesson(NINE + 60 * MINUTE))
    await school.at(NINE - 25 * MINUTE)  # the lease is over
    await school.settle()
    (still,) = (await school.calls()).values()
    assert still["call_id"] == made["call_id"]
    assert (await only(school))[1] == NINE + 60 * MINUTE
    assert await school.rows("SELECT count(*) FROM lesson_intents WHERE settled_at IS NULL") == [
        (0,)
    ]


@pytest.mark.takes(10)
async def test_a_process_killed_between_the_call_and_its_note_leaves_one_call(
    school: Timetable, town_url: str
) -> None:
    await school.register(lesson())
    await school.plan()
    path = {"method": "POST", "path": "/partner/v1/calls"}
    await school.fault(**path, kind="slow_after_effect", seconds=60, count=1)
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.lessons.victim", town_url, str(school.http.base_url),
        cwd=ROOT, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not await school.calls():
            assert victim.returncode is None
            await asyncio.sleep(0.05)
    finally:
        victim.kill()
        await victim.wait()
    ((standing, call),) = await school.rows("SELECT standing, call_id FROM lesson_calls")
    assert (standing, call) == ("asked", None)
    await school.at(NINE - 25 * MINUTE)  # its lease is over
    before = await school.calls()
    await school.settle()
    assert await school.calls() == before
    assert await school.state() == "converged"


@pytest.mark.parametrize("kind", ["drop_after_effect", "status_after_effect"])
async def test_a_lost_answer_makes_no_second_call_also_where_it_is_not_wanted_any_more(
    school: Timetable, kind: str
) -> None:
    await school.register(lesson())
    await school.plan()
    path = {"method": "POST", "path": "/partner/v1/calls"}
    await school.fault(**path, kind=kind, status=502, count=1)
    await school.loop.once()
    assert await school.delete() == Decided()
    await school.settle()
    assert await school.calls() == {}
    assert await school.made() == {"POST": 2, "DELETE": 1}


async def test_an_answer_lost_for_good_is_pending_no_longer_than_the_lesson(
    school: Timetable,
) -> None:
    await school.register(lesson())
    await school.plan()
    path = {"method": "POST", "path": "/partner/v1/calls"}
    await school.fault(**path, kind="drop", count=1)
    await school.loop.once()
    assert await school.state() == "pending"
    await school.at(NINE + 40 * MINUTE)  # nobody could ask again before it was over
    await school.settle()
    assert await school.rows("SELECT standing FROM lesson_calls") == [("asked",)]
    assert await school.calls() == {}
    assert await school.state() == "over"
    await school.register(lesson(NINE + 24 * 60 * MINUTE, cancelled=True))
    await school.settle()
    assert await school.state() == "none"


async def test_a_call_that_runs_is_left_alone_until_a_person_says_so(school: Timetable) -> None:
    await planned(school)
    await school.at(NINE + 5 * MINUTE)
    await school.register(lesson(NINE + 24 * 60 * MINUTE))
    await school.settle()
    assert (await only(school))[1] == NINE
    assert await school.state() == "running"
    assert await school.delete() == Refused(Refusal.RUNNING)
    await school.at(NINE + 40 * MINUTE)
    await school.settle()
    assert (await only(school))[1] == NINE + 24 * 60 * MINUTE
    await school.at(NINE + 24 * 60 * MINUTE + MINUTE)
    assert await school.delete(insists=True) == Decided()
    await school.settle()
    assert await school.calls() == {}


async def test_a_deletion_that_waited_for_its_turn_until_the_call_began_is_not_sent(
    school: Timetable,
) -> None:
    await planned(school)
    assert await school.delete() == Decided()
    lease = await school.store.claim()
    assert lease is not None
    attempt = await school.store.step(lease)
    assert isinstance(attempt, Attempt)
    assert attempt.lasts <= 60 * 60
    await school.at(NINE - MINUTE / 120)
    await school.sql("UPDATE lesson_calls SET lease_until = NULL, due_at = clock_now()")
    again = await school.store.claim()
    assert again is not None
    soon = await school.store.step(again)
    assert isinstance(soon, Attempt)
    assert soon.lasts == pytest.approx(0.5)
    await school.at(NINE)
    await school.sql("UPDATE lesson_calls SET lease_until = NULL, due_at = clock_now()")
    await school.settle()
    assert len(await school.calls()) == 1
    assert await school.state() == "running"


class StandingStill(LessonCallStore):
    """As if the machine had stopped between the look and the call, until that may have begun."""

    async def step(self, lease: LessonLease) -> Attempt | Rest | LeaseLost | GateShut:
        found = await super().step(lease)
        if isinstance(found, Attempt):
            time.sleep(found.lasts)  # noqa: ASYNC251 - nothing in the process goes on
        return found


async def test_a_process_that_stood_still_until_the_call_began_does_not_delete_it(
    school: Timetable,
) -> None:
    await planned(school)
    assert await school.delete() == Decided()
    await school.at(NINE - MINUTE / 120)
    loop = replace(school.loop, store=StandingStill(school.engine))
    assert await loop.once() == 1
    assert await school.made() == {}
    assert await school.rows("SELECT attempts FROM lesson_calls") == [(1,)]


async def test_nothing_is_called_while_the_gate_is_shut(school: Timetable) -> None:
    await planned(school)
    await school.register(lesson(NINE + 60 * MINUTE))
    await school.sql("UPDATE catch_up SET armed_at = clock_now(), reason = 'a replay'")
    await school.store.sweep(everything=False)
    assert await school.loop.once() == 0
    lease = await school.store.claim()
    assert lease is not None
    await school.store.step(lease)
    assert await school.made() == {}
    await school.sql("UPDATE catch_up SET armed_at = NULL, reason = NULL")
    await school.at(NINE - 29 * MINUTE)
    await school.settle()
    assert await school.made() == {"PATCH": 1}


async def test_while_ingest_is_behind_a_deletion_waits_and_nobody_spins(
    school: Timetable,
) -> None:
    await planned(school)
    await school.delete()
    await school.sql(
        """UPDATE catch_up SET watched_at = clock_now() - interval '5 minutes',
                  lagging_since = clock_now() - interval '5 minutes'"""
    )
    assert await school.loop.once() == 1
    assert await school.loop.once() == 0
    assert await school.made() == {}
    assert await school.rows("SELECT attempts FROM lesson_calls") == [(0,)]
    await school.sql("UPDATE catch_up SET watched_at = 'infinity', lagging_since = NULL")
    await school.at(NINE - 29 * MINUTE)
    await school.settle()
    assert await school.made() == {"DELETE": 1}


async def test_a_lesson_over_which_we_fail_stops_no_other(school: Timetable) -> None:
    await school.register(lesson(lesson_id="alpha-first"))
    await school.plan(lesson_id=type(L)("alpha-first"))
    await planned(school)
    await school.sql(
        """UPDATE lesson_calls SET plans = '[{}]', due_at = clock_now() - interval '1 minute'
            WHERE lesson_id = 'alpha-first'"""
    )
    await school.plan("Другое название")
    await school.loop.once()
    titles = {call["title"] for call in (await school.calls()).values()}
    assert "Другое название" in titles


async def test_a_lesson_whose_chat_is_not_there_waits_for_it_and_says_so(
    school: Timetable,
) -> None:
    await school.sql("CREATE TABLE kept AS SELECT chat_id, max_chat_id FROM chat_sync")
    await school.sql("UPDATE chat_sync SET max_chat_id = NULL")
    await school.register(lesson())
    await school.plan()
    await school.settle()
    assert await school.state() == "no_chat"
    await school.sql(
        """UPDATE chat_sync s SET max_chat_id = k.max_chat_id FROM kept k
            WHERE k.chat_id = s.chat_id"""
    )
    await school.settle()
    assert await school.state() == "converged"


async def test_a_refusal_is_named_and_a_new_decision_tries_again(school: Timetable) -> None:
    await school.register(lesson())
    await school.plan()
    await school.fault(method="POST", path="/partner/v1/calls", kind="status", status=400, count=1)
    await school.loop.once()
    assert await school.state() == "refused"
    assert await school.plan("Другое название") == Decided()
    await school.settle()
    assert await school.state() == "converged"


async def test_a_call_that_somebody_deleted_in_max_is_made_anew_when_it_is_changed(
    school: Timetable,
) -> None:
    await planned(school)
    (call,) = (await school.calls()).values()
    token = {"Authorization": "token-of-the-lessons"}
    await school.http.delete(f"/partner/v1/calls/{call['call_id']}", headers=token)
    await school.plan("Другое название")
    await school.settle()
    assert (await only(school))[0] == "Другое название"
    assert await school.state() == "converged"


async def test_a_lesson_that_the_register_has_not_told_of_is_left_as_it_is(
    school: Timetable,
) -> None:
    await planned(school)
    await school.sql("DELETE FROM fact_lessons")
    await school.settle()
    assert len(await school.calls()) == 1
    assert await school.state() == "unknown"
    assert await school.made() == {}


async def test_two_loops_side_by_side_make_one_call(school: Timetable) -> None:
    for number in range(12):
        await school.register(lesson(lesson_id=f"alpha-geography-{number}"))
        await school.plan(lesson_id=type(L)(f"alpha-geography-{number}"))
    await asyncio.gather(*(school.loop.once() for _ in range(4)))
    await school.settle()
    assert len(await school.calls()) == 12
    assert await school.made() == {"POST": 12}


async def test_only_who_gives_the_lesson_decides(school: Timetable) -> None:
    await school.register(lesson(teacher="physicist"))
    assert await school.plan(who=ALPHA.id("physicist")) == Decided()
    assert await school.delete(who=ALPHA.id("chemist")) == Decided()
    for who in ("administrator", "leader", "staff", "pupil-1", "parent-1"):
        with pytest.raises(Exception, match=r"not permitted|no such lesson"):
            await school.plan(who=ALPHA.id(who))


async def test_after_its_end_nothing_is_made(school: Timetable) -> None:
    await school.register(lesson())
    await school.at(NINE + 40 * MINUTE)
    assert await school.plan() == Refused(Refusal.OVER)
    await school.at(NINE + 39 * MINUTE)
    assert await school.plan() == Decided()
    await school.at(NINE + 40 * MINUTE)
    await school.settle()
    assert await school.calls() == {}
    assert await school.state() == "over"
