"""What ingest says of itself beside its counts."""

from structlog.testing import capture_logs

from consumers.counters import Counters
from domain.lanes import Lane
from projections.facts.ingest_store import Batch, Committed

NOTHING = Batch((), (), (), Lane.LIVE), Committed(0, 0)


def test_differing_subjects_and_keys_are_told_by_number_and_once_a_minute() -> None:
    counters = Counters(subject_differs=2, key_differs=3)
    with capture_logs() as lines:
        counters.note(*NOTHING)
        counters.key_differs += 1
        counters.note(*NOTHING)
    assert [(line["event"], line["records"]) for line in lines] == [("ingest.identity_differs", 5)]


def test_where_all_agree_nothing_is_said() -> None:
    with capture_logs() as lines:
        Counters().note(*NOTHING)
    assert lines == []
