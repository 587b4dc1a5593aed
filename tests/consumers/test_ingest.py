"""What ingest does with records, on real Kafka and PostgreSQL."""

import json

import pytest

from tests.consumers.events import event, guardianship, person, profile
from tests.consumers.harness import Harness, Row


async def test_a_poison_record_costs_no_good_one_beside_it(harness: Harness) -> None:
    await harness.produce(
        Row(guardianship("g1"), partition=0),
        Row(b"{", partition=0),
        Row(guardianship("g2"), partition=0),
    )
    async with harness.ingesting():
        await harness.all_read()
    assert await harness.column("SELECT guardian_id FROM fact_guardianships ORDER BY 1") == [
        "g1",
        "g2",
    ]
    [bad] = await harness.fetch("SELECT * FROM quarantine")
    assert (bad["topic"], bad["part"], bad["off"]) == (harness.topic, 0, 1)
    assert (bad["key"], bad["value"]) == (b"k", b"{")
    assert bad["reason"] == "value: is cut short"


DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
WHOLE = json.loads(person("p1"))


def _with(**data: object) -> bytes:
    return json.dumps(WHOLE | {"data": WHOLE["data"] | data}).encode()


CORPUS = {
    "not JSON": b"\x00\xff",
    "no object": b"[]",
    "empty": b"",
    "a null value": None,
    "a duplicate key": b'{"id":"a","id":"b"}',
    "NaN": _with(version=float("nan")),
    "1e400": person("p1").replace(b'"version": 1', b'"version": 1e400'),
    "too deep": DEEP,
    "a byte order mark": b"\xef\xbb\xbf" + person("p1"),
    "truncated": person("p1")[:-5],
    "a wrong type": _with(version="1"),
    "an unknown enum value": _with(status="gone"),
    "a null for what must be": _with(surname=None),
    "NUL in a name": _with(surname="a\0b"),
    "a lone surrogate": person("p1").replace("Берёзкин".encode(), b"\\ud800"),
    "an empty id": _with(person_id=""),
    "an id of 65": _with(person_id="p" * 65),
    "an unknown type": event("person.born", "p1", {"person_id": "p1"}),
    "no zone in a time": person("p1").replace(b"08:00:00Z", b"08:00:00"),
    "a day that is not": _with(birth_date="2026-02-30"),
    "not UTF-8": person("p1").replace("Лев".encode(), b"\xff\xfe"),
    "more than 2^53": _with(version=2**53),
}


@pytest.mark.timeout(120)
async def test_whatever_is_no_event_ends_in_quarantine_and_its_neighbours_arrive(
    harness: Harness,
) -> None:
    rows: list[Row] = []
    for number, bad in enumerate(CORPUS.values()):
        rows += [
            Row(guardianship(f"before{number}"), partition=0),
            Row(bad, partition=0),
            Row(guardianship(f"after{number}"), partition=0),
        ]
    await harness.produce(*rows)
    async with harness.ingesting():
        await harness.all_read()
    offsets = await harness.column("SELECT off FROM quarantine ORDER BY off")
    named = [list(CORPUS)[int(str(off)) // 3] for off in offsets]
    assert named == list(CORPUS)
    assert await harness.column("SELECT count(*) FROM fact_guardianships") == [2 * len(CORPUS)]
    assert await harness.column("SELECT count(*) FROM fact_people") == [0]


NAMES = [
    "Ёлкина", "Е\u0308лкина", "10A", "\u202eабв", "a\u200bb", "🙂", "я", "я" * 10_000, "O'Нил",
    "Null", "<img onerror=alert(1)>", '=HYPERLINK("x")', "{{7*7}}", "a\r\nb", "\x1b[31m",
]  # fmt: skip


async def test_a_strange_name_is_kept_as_it_is(harness: Harness) -> None:
    await harness.produce(*(person(f"p{place}", name) for place, name in enumerate(NAMES)))
    async with harness.ingesting():
        await harness.all_read()
    assert await harness.column("SELECT reason FROM quarantine") == []
    rows = await harness.fetch("SELECT person_id, surname FROM fact_people")
    kept = {row["person_id"]: row["surname"] for row in rows}
    assert kept == {f"p{place}": name for place, name in enumerate(NAMES)}


async def test_headers_that_are_not_utf8_and_a_missing_key_harm_nothing(harness: Harness) -> None:
    await harness.produce(
        Row(guardianship("g1"), key=None, headers=[("trace", b"\xff\xfe")], partition=0),
        Row(b"junk", key=None, headers=[("trace", b"\xff"), ("x\0y", b"")], partition=0),
        Row(guardianship("g2"), partition=0),
    )
    async with harness.ingesting():
        await harness.all_read()
    assert await harness.column("SELECT count(*) FROM fact_guardianships") == [2]
    [bad] = await harness.fetch("SELECT headers, key FROM quarantine")
    assert json.loads(bad["headers"]) == [["trace", "/w=="], ["x\\0y", ""]]
    assert bad["key"] is None


async def test_a_record_of_a_mebibyte_is_kept_whole_in_quarantine(harness: Harness) -> None:
    value = b"x" * (1024 * 1024 - 1000)
    await harness.produce(Row(value, partition=0), Row(guardianship("g1"), partition=0))
    async with harness.ingesting():
        await harness.all_read()
    assert await harness.column("SELECT length(value) FROM quarantine") == [len(value)]
    assert await harness.column("SELECT count(*) FROM fact_guardianships") == [1]


async def test_the_same_record_twice_is_one_fact_and_one_quarantined(harness: Harness) -> None:
    await harness.produce(guardianship("g1"), Row(b"junk", partition=1), guardianship("g1"))
    async with harness.ingesting():
        await harness.all_read()
    before = await _everything(harness)
    async with harness.ingesting():
        await harness.fetch("UPDATE ingest_partitions SET next_off = 0")
        await harness.all_read()
    assert await _everything(harness) == before
    assert await harness.column("SELECT count(*) FROM fact_history") == [0]


async def _everything(harness: Harness) -> list[object]:
    queries = (
        "SELECT t::text FROM fact_guardianships t",
        "SELECT t::text FROM quarantine t",
        "SELECT (kind, id, generation)::text FROM stale_entities ORDER BY 1",
    )
    return [await harness.column(query) for query in queries]


async def test_what_postgresql_refuses_goes_to_quarantine_alone(harness: Harness) -> None:
    """A check that only this test has stands for whatever PostgreSQL may refuse one day."""
    await harness.fetch("ALTER TABLE fact_profiles ADD CONSTRAINT odd CHECK (max_user_id <> 666)")
    good = [Row(profile(f"p{each}", 1000 + each), partition=each % 3) for each in range(100)]
    good.insert(50, Row(profile("bad", 666), partition=1))
    await harness.produce(*good)
    async with harness.ingesting():
        await harness.all_read()
    assert await harness.column("SELECT count(*) FROM fact_profiles") == [100]
    [reason] = await harness.column("SELECT reason FROM quarantine")
    assert reason == "PostgreSQL refuses it: CheckViolationError 23514"


async def test_an_event_counts_by_its_ids_whatever_subject_and_key_say(harness: Harness) -> None:
    value = guardianship("g1").replace(b'"subject": "g1:p1"', b'"subject": "g9:p9"')
    await harness.produce(Row(value, key=b"other"))
    async with harness.ingesting() as ingest:
        await harness.all_read()
        assert (ingest.counters.subject_differs, ingest.counters.key_differs) == (1, 1)
    assert await harness.column("SELECT guardian_id FROM fact_guardianships") == ["g1"]
