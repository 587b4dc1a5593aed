"""A cancellation counts only with the order's own school, also through PostgreSQL."""

import itertools

import pytest

from tests.domain.builders import cancellation, enrolment, school, school_class, withdrawal
from tests.projections.builders import derive_all, engine_of, ingest, memberships

OURS = (school(), school_class(), enrolment("p1"))
FOREIGN = cancellation("+p1", school_id="s2")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_another_schools_cancellation_of_our_order_changes_nothing(
    database_url: str, order: tuple[int, ...]
) -> None:
    batches = (OURS, (FOREIGN,), (withdrawal("p1", order_id="-p2", school_id="s2"),))
    async with engine_of(database_url) as engine:
        for number in order:
            await ingest(engine, *batches[number])
            await derive_all(engine)
        assert await memberships(engine) == {"class:9g": {"p1": "member"}}


@pytest.mark.parametrize("first", ["ours", "foreign"])
async def test_both_schools_may_name_one_order_and_ours_alone_cancels_it(
    database_url: str, first: str
) -> None:
    ours = cancellation("+p1")
    both = (ours, FOREIGN) if first == "ours" else (FOREIGN, ours)
    async with engine_of(database_url) as engine:
        await ingest(engine, *OURS)
        await ingest(engine, both[0])
        await derive_all(engine)
        inside = {} if first == "ours" else {"class:9g": {"p1": "member"}}
        assert await memberships(engine) == inside
        await ingest(engine, both[1])
        await derive_all(engine)
        assert await memberships(engine) == {}
