"""The derivation as a Flink SQL job in one process, with RocksDB state and checkpoints.

Run in the environment of ``requirements/flink.txt``, with a Java of version 17 or 21. Only
``statements`` needs nothing of Flink.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_MICROSECONDS: Final = (
    "(UNIX_TIMESTAMP(REPLACE(SUBSTRING(UPPER({0}), 1, 19), 'T', ' ')) * 1000000"
    " + CASE WHEN SUBSTRING({0}, 20, 1) = '.'"
    " THEN CAST(SUBSTRING(RPAD(REGEXP_EXTRACT({0}, '[.]([0-9]+)', 1), 6, '0'), 1, 6) AS BIGINT)"
    " ELSE 0 END"
    " - CASE WHEN UPPER(RIGHT({0}, 1)) = 'Z' THEN 0"
    " ELSE CAST(SUBSTRING(RIGHT({0}, 6), 1, 1) || '1' AS BIGINT) * 1000000"
    " * (CAST(SUBSTRING(RIGHT({0}, 6), 2, 2) AS BIGINT) * 3600"
    " + CAST(RIGHT({0}, 2) AS BIGINT) * 60) END)"
)
_MIDNIGHT: Final = (
    "(UNIX_TIMESTAMP(CONVERT_TZ({0} || ' 00:00:00', {1}, 'UTC')) * CAST(1000000 AS BIGINT))"
)
_PLACE: Final = (
    "ROW_NUMBER() OVER (PARTITION BY {0}"
    " ORDER BY data.version DESC, noted DESC, source DESC, id DESC) AS place"
)
_UNVERSIONED: Final = (
    "ROW_NUMBER() OVER (PARTITION BY {0} ORDER BY noted DESC, source DESC, id DESC) AS place"
)


def statements(names: Mapping[str, str]) -> Iterator[str]:
    """The job's statements, with these names filled in."""
    text = Path(__file__).with_name("flink.sql").read_text(encoding="utf-8")
    text = re.sub(r"^--.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\{(\w+)(?::([^}]*))?\}", lambda found: _filled(found, names), text)
    for statement in text.split("\n;\n"):
        if statement.strip():
            yield statement.strip()


def _filled(found: "re.Match[str]", names: Mapping[str, str]) -> str:
    word, argument = found[1], found[2]
    match word:
        case "microseconds":
            return _MICROSECONDS.format(argument)
        case "midnight":
            day, zone = argument.split(", ")
            return _MIDNIGHT.format(day, zone)
        case "place":
            return _PLACE.format(argument)
        case "unversioned":
            return _UNVERSIONED.format(argument)
        case _:
            return names[word]


def settings(told: Mapping[str, str]) -> dict[str, str]:
    """Two slots for two cores; small batches between operators; state on disk."""
    return {
        "pipeline.jars": f"file://{told['connector']}",
        "pipeline.name": "memberships",
        "pipeline.object-reuse": "true",
        "parallelism.default": "2",
        "table.local-time-zone": "UTC",
        "table.exec.mini-batch.enabled": "true",
        "table.exec.mini-batch.allow-latency": "20 ms",
        "table.exec.mini-batch.size": "5000",
        "table.exec.source.idle-timeout": "1 s",
        "state.backend.type": "rocksdb",
        "execution.checkpointing.interval": "10 s",
        "execution.checkpointing.incremental": "true",
        "execution.checkpointing.dir": f"file://{told['folder']}/checkpoints",
        "execution.buffer-timeout.interval": "5 ms",
        "taskmanager.memory.managed.size": told["managed_memory"],
        "taskmanager.memory.network.min": "128mb",
        "taskmanager.memory.network.max": "128mb",
        "io.tmp.dirs": told["folder"],
    }


def main() -> None:
    """Run the job until the process is ended."""
    from pyflink.common import Configuration  # noqa: PLC0415 - this environment's own
    from pyflink.table import EnvironmentSettings, TableEnvironment  # noqa: PLC0415 - as above

    told: dict[str, str] = json.loads(sys.argv[1])
    configuration = Configuration()
    for name, value in settings(told).items():
        configuration.set_string(name, value)
    environment = TableEnvironment.create(
        EnvironmentSettings.new_instance()
        .in_streaming_mode()
        .with_configuration(configuration)
        .build()
    )
    running = None
    for statement in statements(told):
        running = environment.execute_sql(statement)
    if running is not None:
        running.wait()


if __name__ == "__main__":
    main()
