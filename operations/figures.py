"""How far a stack has come, in figures: for whoever watches the demo."""

from dataclasses import dataclass

from operations.store import Engine
from projections.database import transaction
from projections.reports.status import positions
from projections.reports.survey import Totals, sizes, survey


@dataclass(frozen=True, slots=True)
class Progress:
    """Records that were read, and of the chats that are to be made how many are in step."""

    read: int
    in_step: int
    chats: int


async def progress(engine: Engine) -> Progress:
    """How far ingest and the chats are."""
    async with transaction(engine) as connection:
        read = sum(position.next_offset for position in await positions(connection))
        states = (await survey(connection)).states
    unmade = states.get("frozen", 0) + states.get("not_created", 0)
    return Progress(read, states.get("converged", 0), sum(states.values()) - unmade)


@dataclass(frozen=True, slots=True)
class Made:
    """What there is at the end; ``sizes``: the accounts that can be in each chat in step."""

    totals: Totals
    sizes: list[int]


async def made(engine: Engine) -> Made:
    """What has come of it."""
    async with transaction(engine) as connection:
        return Made((await survey(connection)).totals, await sizes(connection))
