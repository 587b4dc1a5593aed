"""The views for dashboards about what came in."""

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import text

from domain import facts
from domain.facts import OrderKind, Rank
from domain.ids import ClassId, OrderId, PersonId, SchoolId
from domain.lanes import Lane
from projections.database import transaction
from projections.facts.ingest_store import Batch, IngestStore
from projections.facts.offsets import Standing, Step
from projections.facts.quarantine import BadRecord
from projections.facts.store import Arrival
from tests.projections.builders import engine_of

AT = datetime(2026, 9, 1, 8, tzinfo=UTC)


def _order(event: str, **changes: object) -> Arrival:
    order = facts.Order(
        Rank(0, AT, "urn:test", event),
        OrderId("o1"),
        OrderKind.ENROLMENT,
        "1-к",
        AT,
        SchoolId("s"),
        PersonId("p"),
        ClassId("c"),
        date(2026, 9, 1),
    )
    return Arrival(replace(order, **changes), "sgo.orders", 0, len(event))  # type: ignore[arg-type]  # fields by name


async def _report(url: str, view: str, *batches: list[Arrival | BadRecord]) -> dict[str, object]:
    """The only row of a view, after these batches."""
    async with engine_of(url) as engine:
        store = IngestStore(engine)
        await store.place([(("t", 0), None, Standing("id", 0, 0))], restored=False, backward=None)
        for place, items in enumerate(batches):
            arrivals = [item for item in items if isinstance(item, Arrival)]
            bad = [item for item in items if isinstance(item, BadRecord)]
            steps = [Step("t", 0, "id", place, place + 1)]
            await store.commit(Batch(arrivals, bad, steps, Lane.LIVE))
        async with transaction(engine) as connection:
            rows = await connection.execute(text(f"SELECT * FROM dashboard.{view}"))
            return dict(rows.mappings().one())


async def test_an_order_with_two_bodies_is_reported_and_a_repeated_one_is_not(
    database_url: str,
) -> None:
    batch: list[Arrival | BadRecord] = [
        _order("b", order_id=OrderId("o2")),
        _order("a", order_id=OrderId("o2")),
        _order("b"),
        _order("a", class_id=ClassId("d"), effective_on=date(2026, 9, 2)),
    ]
    row = await _report(database_url, "order_conflicts", batch)
    assert (row["order_id"], row["differs"]) == ("o1", ["class_id", "effective_on"])
    assert (row["class_id"], row["event_id"]) == ("c", "b")
    assert (row["other_class_id"], row["other_event_id"]) == ("d", "a")
    assert row["other_effective_on"] == date(2026, 9, 2)


async def test_an_order_whose_other_body_came_in_another_batch_is_reported(
    database_url: str,
) -> None:
    first, second = _order("a", kind=OrderKind.WITHDRAWAL), _order("b")
    row = await _report(database_url, "order_conflicts", [first], [second])
    assert (row["differs"], row["kind"], row["other_kind"]) == (["kind"], "enrolment", "withdrawal")


async def test_the_view_of_the_quarantine_has_no_content(database_url: str) -> None:
    bad = BadRecord("t", 1, 7, b"key", b"value", (), "value: is not JSON", "id")
    row = await _report(database_url, "quarantine", [bad])
    assert row.pop("first_seen") is not None
    assert row == {
        "topic": "t",
        "partition": 1,
        "offset": 7,
        "reason": "value: is not JSON",
        "cause": "contract",
        "topic_id": "id",
    }
