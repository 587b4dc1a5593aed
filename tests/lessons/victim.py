"""The loop of lessons' calls in a process of its own, to be killed in the middle of a call."""

import asyncio
import sys

from projections.database import create_engine
from tests.lessons.timetable import calling


async def main(url: str, base_url: str) -> None:
    """Until it is killed."""
    engine = create_engine(url)
    _, loop = calling(engine, base_url, seconds=60)
    await loop.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
