"""The world's invariants under any operations, and its life across a restart."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.accounts import Refusal
from simulator.chats import FULL_RIGHTS, Chat
from simulator.config import SimulatorConfig
from simulator.errors import JournalUnreadableError, RefusedError
from simulator.meetings import MeetingPlan
from simulator.world import World
from tests.simulator.harness import UNLIMITED, Clock, started

BOT = 500
CONFIG = SimulatorConfig(bot_id=BOT, max_admins=3, max_members=8, wall=Clock())

Step = Callable[[World], object]

accounts = st.integers(min_value=1, max_value=12) | st.just(BOT)
several = st.lists(accounts, min_size=1, max_size=5, unique=True)
names = st.sampled_from(["a", "b", "c"])
actors = st.sampled_from([BOT, 1, None])


def chat_of(world: World, name: str) -> int:
    return {chat.external_id: chat.chat_id for chat in world.chats}.get(name, -1)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """One operation on one of three chats; many of them are refused."""
    name, people, one, by = draw(names), draw(several), draw(accounts), draw(actors)
    refusal = draw(st.none() | st.sampled_from(Refusal))
    every: list[Step] = [
        lambda world: world.chats.create(name, "t", "class", people, people[:2]),
        lambda world: world.chats.create(name, "t", "class", people, people[:4]),
        lambda world: world.chats.add(chat_of(world, name), people, by),
        lambda world: world.chats.enter(chat_of(world, name), one, None),
        lambda world: world.chats.remove(chat_of(world, name), one, by or 1),
        lambda world: world.chats.set_admins(
            chat_of(world, name), dict.fromkeys(people, FULL_RIGHTS)
        ),
        lambda world: world.chats.demote(chat_of(world, name), one),
        lambda world: world.chats.rename(chat_of(world, name), f"t{one}", BOT),
        lambda world: world.accounts.set_refusal(one, refusal),
    ]
    if draw(st.integers(min_value=0, max_value=9)) == 0:
        return lambda world: world.chats.delete(chat_of(world, name))
    return draw(st.sampled_from(every))


def run(world: World, history: list[Step]) -> Iterator[None]:
    for step in history:
        before = state(world)
        try:
            step(world)
        except RefusedError:
            assert state(world) == before
        yield


def state(world: World) -> dict[int, object]:
    return {
        chat.chat_id: (
            chat.external_id,
            chat.title,
            chat.kind,
            [(user_id, chat.joined_at(user_id)) for user_id in chat],
            dict(chat.admins),
        )
        for chat in world.chats
    }


@given(st.lists(steps(), max_size=40))
def test_the_limits_hold_and_the_owner_stays_whatever_is_done(history: list[Step]) -> None:
    world = World(CONFIG)
    seen: dict[str, set[int]] = {}
    for _ in run(world, history):
        for chat in world.chats:
            assert BOT in chat
            assert chat.owner_id == BOT
            assert len(chat.admins.keys() - {BOT}) <= CONFIG.max_admins
            assert all(user_id in chat for user_id in chat.admins)
            assert list(chat) == sorted(set(chat))
            seen.setdefault(chat.external_id, set()).add(chat.chat_id)
    assert all(len(ids) == 1 for ids in seen.values())


@given(st.lists(steps(), max_size=40), st.integers(min_value=0, max_value=400))
def test_a_world_from_its_journal_is_the_same_even_after_a_torn_write(
    history: list[Step], torn: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state" / "journal.jsonl"
        world = World(replace(CONFIG, journal=path))
        for _ in run(world, history):
            pass
        world.close()
        with path.open("ab") as file:
            file.write(b'{"change":"ChatCreated"' + b"x" * torn)
        again = World(replace(CONFIG, journal=path))
        assert state(again) == state(world)
        again.chats.create("another", "t", "class", [1], [])
        again.close()
        third = World(replace(CONFIG, journal=path))
        assert state(third) == state(again)


@given(
    st.sets(st.integers(min_value=1, max_value=60), max_size=40),
    st.lists(st.tuples(st.booleans(), st.integers(min_value=1, max_value=60)), max_size=40),
    st.integers(min_value=1, max_value=7),
)
def test_who_stays_is_on_exactly_one_page_whoever_comes_and_goes(
    members: set[int], moves: list[tuple[bool, int]], count: int
) -> None:
    chat = Chat(-1, "a", "t", "class", BOT, 0)
    for user_id in members:
        chat.put(user_id, 0)
    stayed, read, marker = set(members), list[int](), 0
    pending = iter(moves)
    while True:
        page, following = chat.page(marker, count)
        read += page
        comes, user_id = next(pending, (True, 1))
        if comes:
            chat.put(user_id, 0)
        elif user_id in chat:
            chat.drop(user_id)
            stayed.discard(user_id)
        if following is None:
            break
        marker = following
    assert stayed <= set(read)
    assert len(read) == len(set(read))


def test_everything_but_chats_survives_a_restart_too(tmp_path: Path) -> None:
    config = replace(CONFIG, journal=tmp_path / "journal.jsonl")
    world = World(config)
    world.accounts.set_refusal(5, Refusal.PRIVACY)
    link = world.accounts.issue_link("p1", 60)
    world.accounts.confirm_link(link.link_id, 6)
    world.subscribe("http://127.0.0.1:9/a", ("user_added",), "secret")
    world.subscribe("http://127.0.0.1:9/b", None, None)
    world.unsubscribe("http://127.0.0.1:9/b")
    world.meetings.plan("m1", -1, MeetingPlan("t", "2026-09-01T08:00:00Z", "2026-09-01T09:00:00Z"))
    world.set_token(valid=False)
    world.close()
    again = World(config)
    assert again.accounts.refusal(5) is Refusal.PRIVACY
    assert again.accounts.linked_account("p1") == 6
    assert again.subscriptions == world.subscriptions
    assert list(again.meetings) == list(world.meetings)
    assert again.token_valid is False


def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("покупки\nмолоко\n")
    with pytest.raises(JournalUnreadableError, match="line 1"):
        World(replace(CONFIG, journal=path))
    assert path.read_text() == "покупки\nмолоко\n"


async def test_a_simulator_goes_on_where_it_was_ended(tmp_path: Path) -> None:
    config = SimulatorConfig(journal=tmp_path / "journal.jsonl")
    async with started(config) as site:
        chat_id = await site.create([1, 2], [1])
    async with started(config) as site:
        assert (site.people(chat_id), site.admins(chat_id)) == ({1, 2}, {1})
        assert await site.create([1]) == chat_id


async def test_a_full_disk_is_503_and_neither_changes_nor_harms_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(UNLIMITED, journal=tmp_path / "journal.jsonl")
    async with started(config) as site:
        chat_id = await site.create([1])
        whole = os.write

        def half(descriptor: int, data: bytes) -> int:
            if data[:1] == b"{":
                return whole(descriptor, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as full:
            full.setattr(os, "write", half)
            body = {"user_ids": [2]}
            answer = await site.client.post(f"/chats/{chat_id}/members", json=body)
        assert (answer.status_code, answer.json()["code"]) == (503, "service.unavailable")
        assert site.people(chat_id) == {1}
        await site.client.post(f"/chats/{chat_id}/members", json={"user_ids": [3]})
    async with started(config) as site:
        assert site.people(chat_id) == {1, 3}
