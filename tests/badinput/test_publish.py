"""The corpus through ``publish``: each bad line is named, each good one published."""

import json
import subprocess
import sys
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from tests.badinput.corpus import ODD_NAMES, REFUSED, SECRET, as_json, event, person

LINES = [each for each in REFUSED if each.line is not None]


async def published(kafka: str, topic: str) -> list[bytes]:
    """All values of a topic."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 2**20,
    )
    await consumer.start()
    try:
        parts = consumer.assignment()
        ends = await consumer.end_offsets(parts)
        values: list[bytes] = []
        while any([await consumer.position(part) < end for part, end in ends.items()]):
            fetched = await consumer.getmany(timeout_ms=500)
            values += [record.value for records in fetched.values() for record in records]
        return values
    finally:
        await consumer.stop()


def rollcall(
    *words: str, kafka: str, topic: str, stdin: bytes = b""
) -> "subprocess.CompletedProcess[bytes]":
    """The command as a process."""
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", "from rollcall.cli import main; main()", *words],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
        env={"ROLLCALL_KAFKA__BOOTSTRAP": kafka, "ROLLCALL_KAFKA__TOPICS": topic, "PATH": ""},
    )


async def test_a_bad_line_is_named_and_costs_no_good_one(
    kafka_server: str, topic_prefix: str, tmp_path: Path
) -> None:
    lines: list[bytes] = []
    named: dict[int, str] = {}
    good: list[str] = []
    for number, each in enumerate(LINES):
        lines += [as_json(event("person.changed", person(f"n-{number}"), f"e-{number}"))]
        good.append(f"n-{number}")
        lines += [each.line or b""]
        named[len(lines)] = each.reason
        lines += [b"", b"  "]
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(lines))
    topic = f"{topic_prefix}register"
    done = rollcall("publish", str(file), kafka=kafka_server, topic=topic)
    told = done.stderr.decode().splitlines()
    assert done.returncode == 1
    assert done.stdout.decode() == f"{len(good)} published, {len(named)} refused\n"
    assert len(told) == len(named)
    for line, (number, reason) in zip(told, named.items(), strict=True):
        assert line.startswith(f"{file}:{number}: {reason}")
        assert SECRET not in line
    values = await published(kafka_server, topic)
    assert sorted(json.loads(value)["data"]["person_id"] for value in values) == sorted(good)


async def test_an_odd_name_is_published_as_it_is(kafka_server: str, topic_prefix: str) -> None:
    names = list(ODD_NAMES.values())
    lines = [
        as_json(event("person.changed", person(f"p-{n}", surname=name), f"e-{n}"))
        for n, name in enumerate(names)
    ]
    topic = f"{topic_prefix}register"
    done = rollcall(
        "publish", "--json", "-", kafka=kafka_server, topic=topic, stdin=b"\n".join(lines)
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == {"published": len(names), "refused": 0}
    values = [json.loads(value) for value in await published(kafka_server, topic)]
    kept = {value["id"]: value["data"]["surname"] for value in values}
    assert kept == {f"e-{n}": name for n, name in enumerate(names)}


async def test_what_is_too_large_for_kafka_costs_nothing_else(
    kafka_server: str, topic_prefix: str
) -> None:
    """Good by the contract and yet larger than a broker takes by default."""
    pupils = [f"{n:064}" for n in range(15_645)]
    group = {
        "group_id": "g-1", "school_id": "s-1", "class_id": "c-1", "version": 1, "subject": "Химия",
        "teacher_ids": [], "pupils": pupils, "status": "active",
    }  # fmt: skip
    large = as_json(event("subject-group.changed", group, "large")).replace(b", ", b",")
    small = [as_json(event("person.changed", person(f"p-{n}"), f"e-{n}")) for n in range(400)]
    topic = f"{topic_prefix}register"
    stdin = b"\n".join([*small[:200], large, *small[200:]])
    done = rollcall("publish", "-", kafka=kafka_server, topic=topic, stdin=stdin)
    assert done.stderr.decode() == "stdin:201: value: is larger than Kafka takes\n"
    assert (done.returncode, done.stdout) == (1, b"400 published, 1 refused\n")
    assert len(await published(kafka_server, topic)) == 400
