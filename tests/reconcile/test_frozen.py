"""A closing class is frozen, not emptied: who leaves it, and who stays though not expected."""

import pytest

from domain.ids import ChatId
from tests.reconcile.bench import Bench

CLASS = {1: "administrator", 10: "member", 11: "member"}

_ORIGIN = "1, clock_now(), 'test', '1', 't', 0, 0, clock_now()"


async def _frozen_parents(school: Bench) -> ChatId:
    """A parents chat that was made, closed since, and expects nobody any more."""
    chat = await school.chat("parents:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.sql("UPDATE chats SET frozen = true, kind = 'parents', class_id = 'c-1'")
    await school.sql("DELETE FROM expected_members")
    await school.sql(f"""INSERT INTO fact_orders VALUES
        ('o-1', 'enrolment', '1', clock_now(), 's-1', 'ann', 'c-1', '2026-01-01', {_ORIGIN})""")
    return chat


async def test_who_is_no_longer_expected_stays(school: Bench) -> None:
    chat = await _frozen_parents(school)
    await school.due(chat)
    await school.settle()
    assert await school.members() == CLASS


@pytest.mark.parametrize(
    "since",
    [
        "UPDATE fact_profiles SET max_user_id = NULL WHERE max_user_id = 10",
        f"""INSERT INTO fact_people VALUES
            ('p-000010', 'А', 'Б', NULL, NULL, 'male', true, {_ORIGIN})""",
        """INSERT INTO decisions VALUES
           ('d-1', 'parents:c-1', 'p-000010', 'membership', 'excluded', 'a', clock_now())""",
        f"INSERT INTO fact_guardianships VALUES ('p-000010', 'ann', true, {_ORIGIN})",
    ],
    ids=["unlinked", "removed", "excluded", "former guardian"],
)
async def test_who_must_not_stay_leaves(school: Bench, since: str) -> None:
    chat = await _frozen_parents(school)
    await school.sql(since)
    await school.due(chat)
    await school.settle()
    assert await school.members() == {1: "administrator", 11: "member"}


async def test_an_exclusion_that_was_taken_back_counts_no_more(school: Bench) -> None:
    chat = await _frozen_parents(school)
    await school.sql("""INSERT INTO decisions VALUES
        ('d-1', 'parents:c-1', 'p-000010', 'membership', 'excluded', 'a', clock_now()),
        ('d-2', 'parents:c-1', 'p-000010', 'membership', 'none', 'a',
         clock_now() + interval '1 s')""")
    await school.due(chat)
    await school.settle()
    assert await school.members() == CLASS
