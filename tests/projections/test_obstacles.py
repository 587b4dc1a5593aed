"""What keeps chats from being as they should be is named, with since when and what to do."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from console import obstacle_words as russian
from domain.gate import CatchUpCause
from domain.obstacles import Obstacle, ObstacleKind
from domain.work import FAILING_AFTER
from projections.database import create_engine, transaction
from projections.reports.obstacles import obstacles
from rollcall import obstacle_words as english
from tests.console.builders import Rows
from tests.console.running import running

RUNBOOK = (Path(__file__).parents[2] / "docs/runbook.md").read_text("utf-8")


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    connection = await asyncpg.connect(database_url)
    try:
        yield Rows(connection)
    finally:
        await connection.close()


async def found(url: str) -> dict[ObstacleKind, Obstacle]:
    engine = create_engine(url)
    try:
        async with transaction(engine) as connection:
            return {each.kind: each for each in await obstacles(connection)}
    finally:
        await engine.dispose()


async def test_an_installation_with_nothing_held_back_names_nothing(
    database_url: str, rows: Rows
) -> None:
    await rows.caught_up()
    await rows.chat("class:1", "s", "1а")
    assert await found(database_url) == {}


async def test_a_new_database_says_that_it_catches_up(database_url: str) -> None:
    assert (await found(database_url))[ObstacleKind.CATCHING_UP].detail == "a new database"


@pytest.mark.parametrize(
    ("waiting", "kind"),
    [
        ("held", ObstacleKind.HELD),
        ("parked", ObstacleKind.PARKED),
        ("gone", ObstacleKind.GONE),
        ("refused", ObstacleKind.REFUSED),
    ],
)
async def test_chats_that_wait_are_counted_and_named(
    database_url: str, rows: Rows, waiting: str, kind: ObstacleKind
) -> None:
    await rows.caught_up()
    for number in range(7):
        await rows.chat(f"class:{number}", "s", "1а", waiting=waiting)
    await rows.connection.execute(
        """UPDATE chat_sync SET waiting_since = clock_now() - interval '1 hour'
                                                * right(chat_id, 1)::int"""
    )
    said = await found(database_url)
    assert said.keys() == {kind}
    assert (said[kind].count, said[kind].about) == (
        7,
        ("class:6", "class:5", "class:4", "class:3", "class:2"),
    )
    assert said[kind].since is not None


async def test_a_chat_that_fails_again_and_again_is_named_with_why(
    database_url: str, rows: Rows
) -> None:
    await rows.caught_up()
    await rows.chat("class:1", "s", "1а")
    for attempts in range(FAILING_AFTER + 1):
        await rows.connection.execute(
            """UPDATE chat_sync SET attempts = $1, failing_since = clock_now(),
                                    failing_because = 'IncompleteRead'""",
            attempts,
        )
        said = await found(database_url)
        assert bool(said) is (attempts >= FAILING_AFTER)
    assert said[ObstacleKind.FAILING].detail == "IncompleteRead"


async def test_a_partition_with_missing_records_is_named(database_url: str, rows: Rows) -> None:
    await rows.caught_up()
    await rows.gap()
    said = await found(database_url)
    assert said[ObstacleKind.GAP].about == ("sgo.register/7",)
    assert ObstacleKind.UNREAD not in said


async def test_the_overview_does_not_say_well_of_what_is_held_back(
    database_url: str, rows: Rows
) -> None:
    await rows.caught_up()
    await rows.chat("class:1", "s", "1а", waiting="held")
    async with running(database_url) as console:
        page = (await console.get("/")).text
        metrics = await console.metrics()
    assert "не все" in page
    assert "rollcall plan" in page
    assert metrics['rollcall_obstacles{kind="held"}'] == 1
    assert metrics["rollcall_in_step"] == 0


async def test_ends_that_nobody_looks_at_are_named(database_url: str, rows: Rows) -> None:
    await rows.caught_up()
    await rows.connection.execute(
        "UPDATE catch_up SET watched_at = clock_now() - interval '1 minute'"
    )
    assert (await found(database_url)).keys() == {ObstacleKind.UNWATCHED}


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [("token", ObstacleKind.TOKEN_REFUSED), ("read", ObstacleKind.MESSENGER_FAILING)],
)
async def test_a_messenger_in_trouble_is_named_with_what_it_said(
    database_url: str, rows: Rows, trouble: str, kind: ObstacleKind
) -> None:
    await rows.caught_up()
    await rows.connection.execute(
        "INSERT INTO messenger_troubles VALUES ($1, clock_now(), clock_now(), '503')", trouble
    )
    said = await found(database_url)
    assert said.keys() == {kind}
    assert said[kind].detail == "503"


@pytest.mark.parametrize("cause", CatchUpCause)
def test_why_all_is_read_first_is_told_in_russian(cause: CatchUpCause) -> None:
    assert not russian.catch_up(cause.value).isascii()


@pytest.mark.parametrize("kind", ObstacleKind)
def test_every_kind_has_words_in_both_languages(kind: ObstacleKind) -> None:
    assert russian.WORDS[kind].what
    assert russian.WORDS[kind].advice
    said = english.line(Obstacle(kind, 3, None, ("a",), "why"))
    assert ": a, …" in said
    assert "(why)" in said


@pytest.mark.parametrize(
    ("change", "kind", "about"),
    [
        ("UPDATE ingest_partitions SET state = 'stopped', state_reason = 'r'",
         ObstacleKind.STOPPED, "sgo.orders/0"),
        ("INSERT INTO missing_topics VALUES ('sgo.lessons', clock_now(), clock_now())",
         ObstacleKind.MISSING, "sgo.lessons"),
        ("""INSERT INTO quarantine (topic, topic_id, part, off, cause, reason, first_seen)
            VALUES ('sgo.orders', 'x', 3, 7, 'ours', 'r', clock_now())""",
         ObstacleKind.SET_ASIDE, "sgo.orders/3/7"),
        ("""INSERT INTO outbox (event_id, topic, key, value, created_at)
            VALUES ('e', 'rollcall.chats', 'k', '{}', clock_now() - interval '2 minutes')""",
         ObstacleKind.UNPUBLISHED, "rollcall.chats"),
        ("""INSERT INTO outbox (event_id, topic, key, value, created_at, refused)
            VALUES ('e', 'rollcall.chats', 'k', '{}', clock_now(), 'why')""",
         ObstacleKind.UNPUBLISHED, "rollcall.chats"),
    ],
)  # fmt: skip
async def test_what_holds_input_or_output_back_is_named_with_since_when(
    database_url: str, rows: Rows, change: str, kind: ObstacleKind, about: str
) -> None:
    await rows.caught_up()
    await rows.connection.execute(change)
    said = await found(database_url)
    assert said.keys() == {kind}
    assert said[kind].about == (about,)
    assert said[kind].since is not None


async def test_what_upstream_sent_wrong_and_what_was_only_just_written_hold_nothing_back(
    database_url: str, rows: Rows
) -> None:
    await rows.caught_up()
    await rows.quarantine(3)
    await rows.connection.execute(
        """INSERT INTO outbox (event_id, topic, key, value, created_at)
           VALUES ('e', 'rollcall.chats', 'k', '{}', clock_now())"""
    )
    assert await found(database_url) == {}


@pytest.mark.parametrize("kind", ObstacleKind)
def test_every_obstacle_is_in_the_runbook(kind: ObstacleKind) -> None:
    said = kind.value
    assert f"`{said}`" in RUNBOOK or f"`{said.replace('_', ' ')}`" in RUNBOOK
