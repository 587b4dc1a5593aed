import pytest
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import text

from console.metrics import Name, metrics_app
from console.words import CHAT_STATES
from domain.obstacles import ObstacleKind
from projections.database import create_engine
from projections.errors import StoreError
from projections.reports.overview import Overview
from tests.console.builders import Rows, populate
from tests.console.running import Running, running

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


async def test_a_console_whose_database_answers_is_ready(console: Running) -> None:
    assert (await console.get("/healthz")).json() == {"status": "alive"}
    assert (await console.get("/readyz")).json() == {"status": "ready"}


async def test_without_its_database_the_console_lives_and_says_what_is_wrong() -> None:
    async with running(NOWHERE) as console:
        assert (await console.get("/healthz")).status_code == 200
        for path in ("/readyz", "/api/status"):
            answer = await console.get(path)
            assert (answer.status_code, answer.json()["status"]) == (503, 503)
            assert answer.headers["retry-after"] == "5"
        page = await console.get("/")
        assert page.status_code == 503
        assert "База данных не отвечает" in page.text
        assert "nobody" not in page.text
        assert await console.metrics() == {"rollcall_store_up": 0.0}


async def test_a_process_that_does_not_live_says_why() -> None:
    async with running(NOWHERE, lambda: "3 records to read and none read for 31 s") as console:
        answer = await console.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not alive",
        "reason": "3 records to read and none read for 31 s",
    }


async def test_the_status_counts_what_the_store_holds(console: Running, database_url: str) -> None:
    await populate(database_url)
    told = (await console.get("/api/status")).json()
    held_back = {each["kind"]: each["count"] for each in told.pop("obstacles")}
    assert held_back == {"held": 1, "parked": 1, "blocked": 1, "left": 2}
    assert told == {
        "settled": False,
        "in_step": False,
        "lag": 12,
        "stale": 0,
        "due": 2,
        "minutes_left": None,
        "leased": 0,
        "in_flight": 0,
        "held": 1,
        "rejected": 0,
        "parked": 1,
        "gone": 0,
        "refused": 0,
        "lessons_due": 0,
        "blocked": 1,
        "drift": 10,
        "proposals": 1,
        "left": 2,
        "invited": 0,
        "adding_off": None,
        "answered_only": 0,
        "call_limits": {},
        "quarantined": 60,
        "unpublished": 0,
        "gaps": 0,
        "catching_up": None,
        "converged": 36,
        "chats": {"converged": 36, "frozen": 1, "held": 1, "parked": 1, "pending": 1},
    }


async def test_lag_that_nobody_measured_is_unknown_and_not_settled(console: Running) -> None:
    status = (await console.get("/api/status")).json()
    assert (status["lag"], status["settled"]) == (None, False)
    assert "rollcall_lag_records" not in await console.metrics()


async def test_all_read_and_nothing_due_is_settled(console: Running, rows: Rows) -> None:
    await rows.caught_up()
    await rows.chat("class:9a", "school-12", "9а - Ученики")
    assert (await console.get("/api/status")).json()["settled"] is True


async def test_a_long_backlog_says_how_long_it_takes_at_the_pace_of_late(
    console: Running, rows: Rows
) -> None:
    await rows.connection.execute(
        "INSERT INTO chats (chat_id, kind, school_id, title)"
        " SELECT 'class:' || n, 'class', 's', 't' FROM generate_series(1, 1000) AS n"
    )
    await rows.connection.execute("""
        INSERT INTO chat_sync (chat_id, due_at, last_converged_at)
        SELECT chat_id, CASE WHEN n > 60 THEN clock_now() END,
               clock_now() - make_interval(mins => CASE WHEN n <= 50 THEN 1 ELSE 6 END)
          FROM (SELECT chat_id, row_number() OVER () AS n FROM chats) AS numbered""")
    assert (await console.get("/api/status")).json()["minutes_left"] == 94
    assert "чатов к сверке, примерно на 1 ч 34 мин" in (await console.get("/state")).text


async def test_an_old_measurement_of_lag_settles_nothing(console: Running, rows: Rows) -> None:
    await rows.caught_up()
    await rows.connection.execute(
        "UPDATE catch_up SET watched_at = clock_now() - interval '1 hour'"
    )
    assert (await console.get("/api/status")).json()["settled"] is False
    assert (await console.metrics())["rollcall_lag_age_seconds"] >= 3600


async def test_metrics_say_what_the_status_says(console: Running, database_url: str) -> None:
    await populate(database_url)
    found = await console.metrics()
    expected = {
        "rollcall_store_up": 1,
        "rollcall_lag_records": 12,
        "rollcall_due_chats": 2,
        "rollcall_held_chats": 1,
        "rollcall_parked_chats": 1,
        "rollcall_blocked_accounts": 1,
        "rollcall_open_drift": 10,
        "rollcall_proposals": 1,
        "rollcall_left_members": 2,
        "rollcall_invited_members": 0,
        "rollcall_adding_off": 0,
        "rollcall_quarantined_records": 60,
        "rollcall_catch_up_armed": 0,
        'rollcall_chats{state="converged"}': 36,
        'rollcall_chats{state="deleted"}': 0,
    }
    assert {name: found[name] for name in expected} == expected
    assert sum(value for name, value in found.items() if name.startswith("rollcall_gate{")) == 1


async def test_at_rest_with_something_held_back_is_not_in_step(
    console: Running, rows: Rows
) -> None:
    await rows.caught_up()
    assert (await console.metrics())["rollcall_in_step"] == 1
    await rows.chat("class:9a", "school-12", "9а - Ученики", waiting="parked")
    assert (await console.get("/api/status")).json()["settled"] is True
    found = await console.metrics()
    assert found["rollcall_in_step"] == 0
    assert found['rollcall_obstacles{kind="parked"}'] == 1


async def test_drift_that_is_over_is_not_counted(console: Running, rows: Rows) -> None:
    await rows.chat("class:9a", "school-12", "9а - Ученики")
    await rows.drift("class:9a", "added_by_administrator", 7, hours=72)
    await rows.drift("class:9a", "left", 8)
    assert (await console.get("/api/status")).json()["drift"] == 2
    await rows.connection.execute("UPDATE drift SET resolution = 'kept', resolved_at = clock_now()")
    told = (await console.get("/api/status")).json()
    assert (told["drift"], told["proposals"], told["left"]) == (0, 0, 0)


@pytest.mark.parametrize("reason", ["setting", "refused"])
async def test_where_nobody_can_be_added_all_who_are_outside_are_invited(
    console: Running, rows: Rows, reason: str
) -> None:
    await rows.chat("class:9a", "school-12", "9а - Ученики")
    for account, person in enumerate(("inside", "outside-1", "outside-2"), start=1):
        await rows.person(person, account)
        await rows.expect("class:9a", person, "member", "order o")
    await rows.observe("class:9a", 1)
    await rows.block("class:9a", 2, "adding.refused")
    await rows.nobody_can_be_added(reason)
    told = (await console.get("/api/status")).json()
    assert (told["invited"], told["adding_off"]) == (2, reason)
    metrics = await console.metrics()
    assert metrics["rollcall_invited_members"] == 2
    assert metrics["rollcall_adding_off"] == 1


async def test_where_people_can_be_added_who_was_refused_is_invited(
    console: Running, rows: Rows
) -> None:
    await rows.chat("class:9a", "school-12", "9а - Ученики")
    await rows.block("class:9a", 2, "adding.refused")
    await rows.block("class:9a", 3, "add.participant.privacy")
    assert (await console.get("/api/status")).json()["invited"] == 1


async def test_every_metric_is_served_and_no_label_is_open(
    console: Running, database_url: str
) -> None:
    await populate(database_url)
    samples = await console.metrics()
    assert {sample.split("{")[0] for sample in samples} == {name.value[0] for name in Name}
    labels = {sample.partition("{")[2] for sample in samples} - {""}
    gates = ("closed", "open", "removals_wait")
    assert labels == {f'state="{state}"}}' for state in CHAT_STATES} | {
        f'gate="{gate}"}}' for gate in gates
    } | {f'kind="{kind.value}"}}' for kind in ObstacleKind} | {'calls="all"}'}


async def test_before_the_chats_are_counted_all_else_is_told(console: Running, rows: Rows) -> None:
    await rows.chat("class:9a", "school-12", "9а - Ученики", waiting="held")
    async with rows.connection.transaction():
        await rows.connection.execute("LOCK TABLE observed_members")
        told = (await console.get("/api/status")).json()
        assert (told["held"], told["chats"], told["converged"], told["invited"]) == (
            1, None, None, None,
        )  # fmt: skip
        found = await console.metrics()
        assert found["rollcall_held_chats"] == 1
        assert not [name for name in found if name.startswith(("rollcall_chats", "rollcall_inv"))]
        page = await console.get("/state")
        assert (page.status_code, "Считаем чаты" in page.text) == (200, True)


async def test_two_processes_worth_of_metrics_share_nothing() -> None:
    engine = create_engine(NOWHERE)
    first, second = CollectorRegistry(), CollectorRegistry()
    for registry in (first, second):
        metrics_app(Overview(engine), registry)
        Counter("rollcall_example", "an example", registry=registry).inc()
    assert first.get_sample_value("rollcall_example_total") == 1
    await engine.dispose()


async def test_the_questions_of_the_console_can_write_nothing(database_url: str) -> None:
    engine = create_engine(database_url)
    with pytest.raises(StoreError, match="25006"):  # read_only_sql_transaction
        async with Overview(engine)._reading() as connection:  # noqa: SLF001 - the guarantee itself
            await connection.execute(text("DELETE FROM quarantine"))
    await engine.dispose()
