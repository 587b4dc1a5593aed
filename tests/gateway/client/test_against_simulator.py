"""The client and the simulator agree: every method of both ports, end to end over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from gateway import errors
from gateway.attempts_in_a_call import Timeouts
from gateway.client import Adding, MaxMessenger, MessengerConfig
from gateway.max_http import Surroundings
from gateway.ports import AddFailure, SeenMember
from simulator.accounts import Refusal
from simulator.config import ActingOnAbsent, AddingPresent, SimulatorConfig
from simulator.faults import FaultKind, FaultSpec
from simulator.server import RunningSimulator, serve
from tests.gateway.client.scripted import Ledger, Naps, NoJitter

UNLIMITED = SimulatorConfig(requests_per_second=1_000_000)
BOT = MaxUserId(UNLIMITED.bot_id)
ANNA, BORIS, VERA = MaxUserId(1), MaxUserId(2), MaxUserId(3)
MEMBERS = "/chats/{chatId}/members"


@asynccontextmanager
async def joined(
    config: SimulatorConfig = UNLIMITED, adding: Adding = Adding.PARTNER
) -> AsyncIterator[tuple[MaxMessenger, RunningSimulator]]:
    async with serve(config) as running:
        url = running.base_url
        settings = MessengerConfig(
            url, url, config.token, config.token, adding=adding, timeouts=Timeouts(whole=20)
        )
        messenger = MaxMessenger(settings, Ledger(), Surroundings(sleep=Naps(), jitter=NoJitter()))
        try:
            yield messenger, running
        finally:
            await messenger.aclose()


async def chat_of(messenger: MaxMessenger, *people: MaxUserId) -> MaxChatId:
    made = await messenger.create("s:class:9g#0", "9г", "class", people, people[:1], Lane.LIVE)
    return made.chat_id


def arm(
    running: RunningSimulator, method: str, path: str, kind: FaultKind, status: int = 500
) -> None:
    spec = FaultSpec(method=method, path=path, kind=kind, status=status, seconds=0, count=1)
    running.simulator.faults.arm(spec)


async def people_in(messenger: MaxMessenger, chat_id: MaxChatId) -> dict[MaxUserId, bool]:
    """The members but the bot, and whether each is an administrator."""
    snapshot = await messenger.read(chat_id, Lane.LIVE)
    assert not snapshot.is_short
    return {m.user_id: m.is_admin for m in snapshot.members if m.user_id != BOT}


async def test_the_bot_knows_itself() -> None:
    async with joined() as (messenger, _):
        assert await messenger.whoami(Lane.LIVE) == BOT


async def test_a_chat_is_created_with_its_people_and_found_again() -> None:
    async with joined() as (messenger, running):
        running.world.accounts.set_refusal(VERA, Refusal.PRIVACY)
        made = await messenger.create(
            "s:class:9g#0", "9г", "class", [ANNA, BORIS, VERA], [ANNA], Lane.LIVE
        )
        again = await messenger.create("s:class:9g#0", "9г", "class", [], [], Lane.LIVE)
        assert (made.created, again.created) == (True, False)
        assert made.chat_id == again.chat_id
        assert made.link is not None
        assert made.failed == {VERA: AddFailure.PRIVACY}
        snapshot = await messenger.read(made.chat_id, Lane.LIVE)
        assert snapshot.title == "9г"
        assert set(snapshot.members) == {
            SeenMember(BOT, is_admin=True, is_owner=True, is_bot=True),
            SeenMember(ANNA, is_admin=True, is_owner=False, is_bot=False),
            SeenMember(BORIS, is_admin=False, is_owner=False, is_bot=False),
        }


@pytest.mark.parametrize("adding", [Adding.PARTNER, Adding.BOT])
async def test_people_are_added_and_those_who_were_not_are_named(adding: Adding) -> None:
    async with joined(adding=adding) as (messenger, running):
        running.world.accounts.set_refusal(BORIS, Refusal.PRIVACY)
        running.world.accounts.set_refusal(VERA, Refusal.NOT_FOUND)
        chat_id = await chat_of(messenger)
        assert await messenger.add(chat_id, [ANNA, BORIS, VERA], Lane.LIVE) == {
            BORIS: AddFailure.PRIVACY,
            VERA: AddFailure.NOT_FOUND,
        }
        assert await people_in(messenger, chat_id) == {ANNA: False}


@pytest.mark.parametrize("present", AddingPresent)
async def test_adding_somebody_twice_does_no_harm(present: AddingPresent) -> None:
    async with joined(replace(UNLIMITED, adding_present=present)) as (messenger, _):
        chat_id = await chat_of(messenger, ANNA)
        failed = await messenger.add(chat_id, [ANNA], Lane.LIVE)
        assert failed in ({}, {ANNA: AddFailure.UNKNOWN})
        assert await people_in(messenger, chat_id) == {ANNA: True}


async def test_where_bots_no_longer_add_it_is_refused() -> None:
    config = replace(UNLIMITED, bot_may_add=False)
    async with joined(config, Adding.BOT) as (messenger, _):
        chat_id = await chat_of(messenger)
        with pytest.raises(errors.Refused):
            await messenger.add(chat_id, [ANNA], Lane.LIVE)


async def test_a_large_chat_is_read_over_all_its_pages() -> None:
    async with joined() as (messenger, _):
        chat_id = await chat_of(messenger)
        everybody = [MaxUserId(n) for n in range(1, 251)]
        for start in range(0, 250, 100):
            await messenger.add(chat_id, everybody[start : start + 100], Lane.LIVE)
        assert sorted(await people_in(messenger, chat_id)) == everybody


@pytest.mark.parametrize("absent", ActingOnAbsent)
async def test_removing_and_demoting_are_done_however_often(absent: ActingOnAbsent) -> None:
    async with joined(replace(UNLIMITED, acting_on_absent=absent)) as (messenger, _):
        chat_id = await chat_of(messenger, ANNA, BORIS)
        for _ in range(2):
            await messenger.demote(chat_id, ANNA, Lane.LIVE)
        assert await people_in(messenger, chat_id) == {ANNA: False, BORIS: False}
        for _ in range(2):
            await messenger.remove(chat_id, ANNA, Lane.SAFETY)
        assert await people_in(messenger, chat_id) == {BORIS: False}


@pytest.mark.parametrize("absent", ActingOnAbsent)
async def test_nobody_counts_as_removed_from_a_chat_that_is_not_there(
    absent: ActingOnAbsent,
) -> None:
    async with joined(replace(UNLIMITED, acting_on_absent=absent)) as (messenger, _):
        with pytest.raises(errors.NotFound):
            await messenger.remove(MaxChatId(-404), ANNA, Lane.LIVE)
        with pytest.raises(errors.NotFound):
            await messenger.demote(MaxChatId(-404), ANNA, Lane.LIVE)


async def test_many_become_administrators_at_once_and_the_chat_gets_its_title() -> None:
    async with joined() as (messenger, _):
        chat_id = await chat_of(messenger, ANNA, BORIS, VERA)
        await messenger.promote(chat_id, [BORIS, VERA], Lane.LIVE)
        await messenger.rename(chat_id, "9г - Ученики", Lane.LIVE)
        assert await people_in(messenger, chat_id) == {ANNA: True, BORIS: True, VERA: True}
        assert (await messenger.read(chat_id, Lane.LIVE)).title == "9г - Ученики"


async def test_a_deleted_chat_is_deleted_however_often_and_never_comes_back() -> None:
    async with joined() as (messenger, _):
        chat_id = await chat_of(messenger, ANNA)
        for _ in range(2):
            await messenger.delete(chat_id, Lane.LIVE)
        with pytest.raises(errors.NotFound):
            await messenger.read(chat_id, Lane.LIVE)
        with pytest.raises(errors.Gone):
            await chat_of(messenger, ANNA)


async def test_a_withdrawn_token_is_unauthorized_and_a_lost_chat_forbidden() -> None:
    async with joined() as (messenger, running):
        chat_id = await chat_of(messenger, ANNA)
        running.world.chats.remove(chat_id, BOT, None)
        with pytest.raises(errors.Forbidden):
            await messenger.read(chat_id, Lane.LIVE)
        with pytest.raises(errors.Forbidden):
            await messenger.remove(chat_id, ANNA, Lane.LIVE)
        running.world.set_token(valid=False)
        with pytest.raises(errors.Unauthorized):
            await messenger.read(chat_id, Lane.LIVE)


@pytest.mark.parametrize(
    "kind",
    [FaultKind.DROP_AFTER_EFFECT, FaultKind.STATUS_AFTER_EFFECT, FaultKind.TRUNCATED],
)
async def test_an_answer_lost_after_the_effect_is_unknown_and_a_read_settles_it(
    kind: FaultKind,
) -> None:
    async with joined() as (messenger, running):
        chat_id = await chat_of(messenger, ANNA, BORIS)
        arm(running, "DELETE", MEMBERS, kind)
        with pytest.raises(errors.OutcomeUnknown):
            await messenger.remove(chat_id, BORIS, Lane.LIVE)
        assert await people_in(messenger, chat_id) == {ANNA: True}


@pytest.mark.parametrize("kind", [FaultKind.DROP, FaultKind.STATUS])
async def test_a_read_survives_a_hiccup(kind: FaultKind) -> None:
    async with joined() as (messenger, running):
        chat_id = await chat_of(messenger, ANNA)
        arm(running, "GET", MEMBERS, kind)
        assert await people_in(messenger, chat_id) == {ANNA: True}


async def test_a_create_whose_answer_is_lost_makes_no_second_chat() -> None:
    async with joined() as (messenger, running):
        arm(running, "POST", "/partner/v1/chats", FaultKind.DROP_AFTER_EFFECT)
        with pytest.raises(errors.OutcomeUnknown):
            await chat_of(messenger, ANNA)
        chat_id = await chat_of(messenger, ANNA)
        assert [chat.chat_id for chat in running.world.chats] == [chat_id]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.HTML, errors.BadAnswer),
        (FaultKind.TRUNCATED, errors.BadAnswer),
        (FaultKind.SUCCESS_FALSE, errors.BadAnswer),
    ],
)
async def test_a_spoilt_read_is_never_a_short_list(
    kind: FaultKind, error: type[errors.BadAnswer]
) -> None:
    async with joined() as (messenger, running):
        chat_id = await chat_of(messenger, ANNA)
        arm(running, "GET", MEMBERS, kind, status=200)
        with pytest.raises(error):
            await messenger.read(chat_id, Lane.LIVE)


async def test_a_marker_that_goes_in_a_circle_makes_a_short_snapshot() -> None:
    async with joined() as (messenger, running):
        chat_id = await chat_of(messenger, ANNA)
        for _ in range(2):
            arm(running, "GET", MEMBERS, FaultKind.CYCLIC_MARKER, status=200)
        assert (await messenger.read(chat_id, Lane.LIVE)).is_short


async def test_a_page_cut_in_half_is_a_short_snapshot() -> None:
    async with joined() as (messenger, running):
        chat_id = await chat_of(messenger, ANNA, BORIS, VERA)
        arm(running, "GET", MEMBERS, FaultKind.PARTIAL)
        assert (await messenger.read(chat_id, Lane.LIVE)).is_short


async def test_null_ids_beside_details_still_name_who_was_not_added() -> None:
    async with joined() as (messenger, running):
        chat_id = await chat_of(messenger)
        running.world.accounts.set_refusal(ANNA, Refusal.PRIVACY)
        path = "/partner/v1/chats/{chat_id}/members"
        arm(running, "POST", path, FaultKind.NULL_FAILED_IDS)
        assert await messenger.add(chat_id, [ANNA, BORIS], Lane.LIVE) == {ANNA: AddFailure.PRIVACY}


async def test_administrators_served_in_part_leave_the_outcome_unknown() -> None:
    async with joined() as (messenger, running):
        chat_id = await chat_of(messenger, ANNA, BORIS, VERA)
        arm(running, "POST", f"{MEMBERS}/admins", FaultKind.PARTIAL)
        with pytest.raises(errors.OutcomeUnknown):
            await messenger.promote(chat_id, [BORIS, VERA], Lane.LIVE)
        assert sum((await people_in(messenger, chat_id)).values()) == 2


async def test_past_the_rate_the_client_pushes_the_budget_back() -> None:
    config = SimulatorConfig(requests_per_second=1, monotonic=lambda: 0.0)
    async with joined(config) as (messenger, _):
        ledger = Ledger()
        hurried = messenger.through(ledger)
        await hurried.whoami(Lane.LIVE)
        with pytest.raises(errors.TooManyRequests):
            await hurried.whoami(Lane.LIVE)
        assert ledger.pushed_back


async def test_a_webhook_is_set_seen_and_ended() -> None:
    async with joined() as (messenger, _):
        hooks = messenger.subscriptions
        url = "http://127.0.0.1:9/hook"
        await hooks.subscribe(url, ["bot_added"], "secret-1", Lane.LIVE)
        (hook,) = await hooks.present(Lane.LIVE)
        assert (hook.url, hook.update_types) == (url, ("bot_added",))
        await hooks.unsubscribe(url, Lane.LIVE)
        assert await hooks.present(Lane.LIVE) == ()
