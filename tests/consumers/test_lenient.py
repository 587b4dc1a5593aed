"""Records that aiokafka's parser cannot read, alone and on real Kafka."""

import json

import pytest
from aiokafka import TopicPartition
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from consumers.damaged_batches import Damaged, LenientRecords, unreadable
from consumers.fetching import BoundedRecords
from tests.consumers.events import guardianship
from tests.consumers.harness import Harness, Row
from tests.consumers.raw import batch_of, name, produce_batch

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
BAD = Row(b"junk", headers=[("plain", b"1"), (name(b"na\xffme"), b"v")])


def _records(raw: bytes, reader: type = LenientRecords) -> list[tuple[object, ...]]:
    records = reader(raw)
    found: list[tuple[object, ...]] = []
    while records.has_next():
        batch = records.next_batch()
        assert batch.validate_crc()
        found += [(r.offset, r.key, r.value, tuple(r.headers)) for r in batch]
    return found


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS.keys())
def test_a_batch_with_an_unreadable_name_gives_all_its_records(codec: int) -> None:
    raw = batch_of(Row(b"a" * 99), BAD, Row(b"c" * 99), codec=codec)
    found = _records(raw)
    # The first comes again, as the fetcher expects of a batch that is read anew.
    assert found[0] == found[1] == (0, b"k", b"a" * 99, ())
    assert found[2] == (1, b"k", b"junk", (("plain", b"1"), ("na\udcffme", b"v")))
    assert found[3] == (2, b"k", b"c" * 99, ())


names = st.text(max_size=9)
contents = st.none() | st.binary(max_size=30)
rows = st.builds(Row, contents, contents, st.lists(st.tuples(names, contents), max_size=3))


@given(st.lists(rows, min_size=1, max_size=9), st.sampled_from(list(CODECS.values())))
def test_any_batch_that_aiokafka_reads_is_read_the_same(batch: list[Row], codec: int) -> None:
    raw = batch_of(*batch, codec=codec)
    assert _records(raw) == _records(raw, MemoryRecords)


@given(st.binary(min_size=1, max_size=40))
def test_what_is_no_record_at_all_ends_the_partition_and_raises_nothing(content: bytes) -> None:
    good = batch_of(Row(b"a"))
    damaged = good[:61] + content
    damaged = damaged[:8] + (len(damaged) - 12).to_bytes(4, "big") + damaged[12:]
    tp = TopicPartition("t", 0)
    found = list(BoundedRecords(tp, LenientRecords(good + damaged), [], 0, None, None, False, 1))
    assert found[0].value == b"a"
    last = found[-1]
    assert len(found) == 1 or isinstance(last, Damaged)


@given(st.binary(max_size=9))
def test_a_name_is_unreadable_exactly_if_it_is_not_utf8(raw: bytes) -> None:
    try:
        raw.decode()
    except UnicodeDecodeError:
        assert unreadable([(raw.decode(errors="surrogateescape"), None)])
    else:
        assert not unreadable([(raw.decode(), None)])


@pytest.mark.parametrize("codec", ["none", "zstd"])
@pytest.mark.timeout(90)
async def test_a_header_name_that_is_not_utf8_ends_in_quarantine_and_stops_nobody(
    harness: Harness, codec: str
) -> None:
    """It comes first in its partition, in the middle of a batch, and as a good event too."""
    bootstrap = harness.kafka.bootstrap
    good = [Row(guardianship(f"g{each}")) for each in range(4)]
    odd = Row(guardianship("odd"), headers=[(name(b"\xfe"), None)])
    await produce_batch(bootstrap, harness.topic, 0, odd, codec=CODECS[codec])
    await produce_batch(bootstrap, harness.topic, 0, good[0], BAD, good[1], codec=CODECS[codec])
    await produce_batch(bootstrap, harness.topic, 1, good[2], codec=CODECS[codec])
    await harness.produce(Row(good[3].value, partition=0))
    async with harness.ingesting():
        await harness.all_read()
    assert await harness.column("SELECT guardian_id FROM fact_guardianships ORDER BY 1") == [
        "g0", "g1", "g2", "g3",
    ]  # fmt: skip
    kept = await harness.fetch("SELECT off, key, value, headers, reason FROM quarantine ORDER BY 1")
    assert [row["off"] for row in kept] == [0, 2]
    assert {row["reason"] for row in kept} == {"headers: a name is not UTF-8"}
    assert kept[0]["value"] == odd.value
    assert json.loads(kept[0]["headers"]) == [["\\xfe", None]]
    assert json.loads(kept[1]["headers"]) == [["plain", "MQ=="], ["na\\xffme", "dg=="]]
    assert (kept[1]["key"], kept[1]["value"]) == (b"k", b"junk")
