"""Two facts that need each other, and workers side by side, in every order of their steps."""

from collections.abc import Awaitable, Callable, Collection, Sequence

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.chats import class_chat_id
from domain.facts import Fact
from domain.ids import ClassId
from projections.derive.audit import Fault, audit
from tests.domain.builders import (
    cancellation,
    enrolment,
    guardianship,
    school,
    school_class,
    withdrawal,
)
from tests.interleavings.actors import (
    HastyWorker,
    Worker,
    deriving,
    deriving_in_five,
    deriving_in_four,
    ingesting,
    ingesting_in_one,
)
from tests.interleavings.sessions import Session, connections, interleavings, run_in_order
from tests.projections.builders import Memberships, derive_all, engine_of, ingest, memberships

Scene = Callable[[Sequence[asyncpg.Connection], str], list[Session]]
"""The sessions of one run, about the class and the pupil of this name."""


async def play(
    url: str,
    engine: AsyncEngine,
    scene: Scene,
    before: Callable[[str], Sequence[Fact]],
    enough: Callable[[str], Awaitable[bool]] | None = None,
) -> int:
    """Run a scene in every order, each about a class of its own; how many orders there were.

    ``enough`` looks at the class after each order and may end the play.
    """
    async with connections(url, 4) as (monitor, *others):
        lengths = [len(session.steps) for session in scene(others, "")]
        orders = list(interleavings(lengths))
        names = [f"c{number}" for number in range(len(orders))]
        await ingest(engine, school(), *(fact for name in names for fact in before(name)))
        await derive_all(engine)
        for name, order in zip(names, orders, strict=True):
            await run_in_order(monitor, scene(others, name), order)
            await derive_all(engine)
            if enough is not None and await enough(name):
                break
    return len(orders)


def with_class(name: str) -> list[Fact]:
    return [school_class(name)]


def with_pupil(name: str) -> list[Fact]:
    return [school_class(name), enrolment(f"p{name}", name), guardianship(f"g{name}", f"p{name}")]


def everywhere(count: int, guardians: Collection[str] = ("g",)) -> Memberships:
    """Every class with its pupil and the pupil's guardians."""
    found: Memberships = {}
    for number in range(count):
        found[f"class:c{number}"] = {f"pc{number}": "member"}
        found[f"parents:c{number}"] = {f"{each}c{number}": "member" for each in guardians}
    return found


def enrolment_beside_guardianship(worker: type[Worker], kinds: Collection[str] | None) -> Scene:
    def scene(to: Sequence[asyncpg.Connection], name: str) -> list[Session]:
        return [
            ingesting(to[0], guardianship(f"g{name}", f"p{name}")),
            ingesting(to[1], enrolment(f"p{name}", name), kinds=kinds),
            deriving_in_five(to[2], worker(to[2])),
        ]

    return scene


@pytest.mark.parametrize("kinds", [None, ("pupil",), ("class",)], ids=["all", "pupil", "class"])
async def test_a_guardianship_and_an_enrolment_committed_side_by_side_are_both_seen(
    database_url: str, kinds: Collection[str] | None
) -> None:
    async with engine_of(database_url) as engine:
        scene = enrolment_beside_guardianship(Worker, kinds)
        count = await play(database_url, engine, scene, with_class)

        assert await memberships(engine) == everywhere(count)
        assert await audit(engine) == []


async def test_resolving_in_the_snapshot_of_the_claim_is_caught(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        scene = enrolment_beside_guardianship(HastyWorker, ("pupil",))
        faults: set[Fault] = set()

        async def caught(name: str) -> bool:
            found = await audit(engine, chat_ids=[class_chat_id(ClassId(name))])
            faults.update(each.fault for each in found)
            return bool(faults)

        await play(database_url, engine, scene, with_class, caught)
        assert faults == {Fault.MISSING_MEMBER}


async def test_a_cancellation_beside_its_order_always_counts(database_url: str) -> None:
    def scene(to: Sequence[asyncpg.Connection], name: str) -> list[Session]:
        return [
            ingesting(to[0], enrolment(f"p{name}", name)),
            ingesting(to[1], cancellation(f"+p{name}")),
            deriving_in_five(to[2], Worker(to[2])),
        ]

    async with engine_of(database_url) as engine:
        await play(database_url, engine, scene, with_class)

        assert await memberships(engine) == {}
        assert await audit(engine) == []


def two_workers_beside(late: Callable[[str], Sequence[Fact]]) -> Scene:
    """Facts that come in one step, and workers who may take each other's marks."""

    def scene(to: Sequence[asyncpg.Connection], name: str) -> list[Session]:
        return [
            ingesting_in_one(to[0], *late(name)),
            deriving_in_four(to[1], Worker(to[1], lease_seconds=0.0)),
            deriving_in_four(to[2], Worker(to[2], lease_seconds=0.0)),
        ]

    return scene


async def test_two_workers_on_one_chat_and_a_new_fact_end_in_the_right_members(
    database_url: str,
) -> None:
    def second_guardian(name: str) -> list[Fact]:
        return [guardianship(f"h{name}", f"p{name}")]

    async with engine_of(database_url) as engine:
        scene = two_workers_beside(second_guardian)
        count = await play(database_url, engine, scene, with_pupil)

        assert await memberships(engine) == everywhere(count, ("g", "h"))
        assert await audit(engine) == []


async def test_two_workers_who_create_the_same_chats_end_in_the_right_members(
    database_url: str,
) -> None:
    def nothing(_name: str) -> list[Fact]:
        return []

    async with engine_of(database_url) as engine:
        count = await play(database_url, engine, two_workers_beside(with_pupil), nothing)

        assert await memberships(engine) == everywhere(count)
        assert await audit(engine) == []


async def test_a_mark_set_anew_while_it_is_derived_is_derived_again(database_url: str) -> None:
    def scene(to: Sequence[asyncpg.Connection], name: str) -> list[Session]:
        return [
            ingesting(to[0], guardianship(f"h{name}", f"p{name}")),
            deriving(to[1], Worker(to[1])),
        ]

    async with engine_of(database_url) as engine:
        count = await play(database_url, engine, scene, with_pupil)

        assert await memberships(engine) == everywhere(count, ("g", "h"))
        assert await audit(engine) == []


async def test_workers_side_by_side_leave_out_whoever_was_withdrawn(database_url: str) -> None:
    def scene(to: Sequence[asyncpg.Connection], name: str) -> list[Session]:
        return [
            ingesting(to[0], withdrawal(f"p{name}", name)),
            deriving(to[1], Worker(to[1])),
        ]

    async with engine_of(database_url) as engine:
        await play(database_url, engine, scene, with_pupil)

        assert await memberships(engine) == {}
        assert await audit(engine) == []
