"""A process that starts both servers and waits, for tests that end it in rude ways.

Prints one JSON line once both run: the process ids of PostgreSQL and Kafka.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path

from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres


async def main(directory: Path) -> None:
    async with (
        EmbeddedPostgres(directory / "postgres", durable=False) as postgres,
        EmbeddedKafka(directory / "kafka") as kafka,
    ):
        print(json.dumps([postgres.pid, kafka.pid]), flush=True)  # noqa: T201 - the test reads it
        await asyncio.Event().wait()


if __name__ == "__main__":
    # A shell that starts tests in the background has SIGINT ignored, and children inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asyncio.run(main(Path(sys.argv[1])))
