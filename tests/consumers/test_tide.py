"""A database that was put back to an older copy is recognised though no event has come since."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.kafka_view import KafkaView
from projections.facts.tide import height_in, metadata
from tests.consumers.events import guardianship
from tests.consumers.harness import Harness, Row, eventually

RESTORED = "the database was restored"


@given(st.integers(0, 2**62))
def test_what_kafka_is_told_is_what_it_tells(height: int) -> None:
    assert height_in(metadata(height)) == height


@pytest.mark.parametrize("words", [None, "", "7", "rollcall tide ", "rollcall tide x", "other 9"])
def test_what_others_have_committed_tells_nothing(words: str | None) -> None:
    assert height_in(words) == 0


async def _height(harness: Harness) -> int:
    [height] = await harness.column("SELECT height FROM tide")
    return int(str(height))


async def _rises_past(harness: Harness, height: int) -> None:
    """Until Kafka remembers a higher one."""

    async def higher() -> bool:
        async with KafkaView(harness.kafka) as view:
            return (await view.committed(harness.config.group)).tide > height

    await eventually(higher)


async def _chat(harness: Harness) -> None:
    await harness.fetch("""INSERT INTO chats (chat_id, kind, school_id, title)
                           VALUES ('c', 'staff_room', 's', 't')""")
    await harness.fetch("""INSERT INTO chat_sync (chat_id, max_chat_id, observed_at)
                           VALUES ('c', 7, clock_now())""")


async def _is_unknown(harness: Harness) -> bool:
    [row] = await harness.fetch("SELECT observed_at, restored_at FROM chat_sync")
    return row["observed_at"] is None and row["restored_at"] is not None


async def _reason(harness: Harness) -> object:
    [reason] = await harness.column("SELECT reason FROM catch_up")
    return reason


async def test_a_copy_from_before_the_last_mark_is_recognised_at_the_start(
    harness: Harness,
) -> None:
    config = replace(harness.config, tide_seconds=0)
    await harness.produce(*(Row(guardianship(f"g{part}"), partition=part) for part in range(3)))
    async with harness.ingesting(config):
        await harness.all_read()
        await _rises_past(harness, 0)
        copy = await _height(harness)
        await _rises_past(harness, copy)
    await _chat(harness)
    await harness.fetch("UPDATE tide SET height = $1", copy)
    async with harness.ingesting(replace(config, tide_seconds=3600)):
        await eventually(lambda: _is_unknown(harness))
    assert await _reason(harness) == RESTORED
    assert await _height(harness) > copy


async def test_a_copy_that_is_put_back_under_a_running_process_is_recognised(
    harness: Harness,
) -> None:
    await harness.produce(Row(guardianship("g"), partition=0))
    await _chat(harness)
    async with harness.ingesting(replace(harness.config, tide_seconds=0)):
        await harness.all_read()
        await _rises_past(harness, 3)
        assert not await _is_unknown(harness)
        await harness.fetch("UPDATE tide SET height = 1")
        await eventually(lambda: _is_unknown(harness))
    assert await _reason(harness) == RESTORED


async def test_a_restart_with_nothing_lost_is_no_restore(harness: Harness) -> None:
    config = replace(harness.config, tide_seconds=0)
    await harness.produce(*(Row(guardianship(f"g{part}"), partition=part) for part in range(3)))
    await _chat(harness)
    for _ in range(3):
        async with harness.ingesting(config), harness.ingesting(config):
            await harness.all_read()
            await _rises_past(harness, await _height(harness))
    assert not await _is_unknown(harness)
    assert await _reason(harness) != RESTORED
