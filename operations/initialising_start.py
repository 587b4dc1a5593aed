"""«Инициализировать список чатов» begun: missing chats are made, the others brought into step.

Guarantees: it is begun in one transaction, or nothing has changed but that what was over has
ended. It does what was confirmed and nothing else: where who leaves, or which chats are made, is
another by now, the answer is so. The confirmation is an approval of exactly the removals that it
shows, each of one account in one chat for the reason that it has. Whoever was added by hand is let
go by a decision in the journal, and so is a chat made anew. Of a school one is under way at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4, uuid5

from domain.actors import Actor
from domain.decisions import OfChat
from domain.guard import GuardScope, Held
from domain.ids import ChatId, PersonId
from domain.initialising import Fate, InitialisingWish, chats_of, confirmation, dropping
from domain.lanes import Lane
from domain.takings import Lot, Taking, takings_hash
from operations.chats import require_id
from operations.initialising import foreseen, require, too_many
from operations.installation import Installation
from operations.plans import Decider
from operations.store import StaffStore
from projections.by_hand import decisions, journal, kinds
from projections.by_hand.journal import ActHead
from projections.database import Connection, driver, transaction, wake
from projections.derive import chat_rows
from projections.derive.by_rules import rules_of
from projections.derive.config import ChatKindsOff
from projections.derive.preset import preset_chats
from projections.guard import plan_decisions
from projections.guard.held_plans import ToHold
from projections.guard.taking_causes import people_of
from projections.queue import due as queue
from projections.queue.marks import CHANNEL, Cause, mark_chats
from projections.reconcile import forecast, initialisations, observed, setbacks
from projections.reconcile.forecast import Foreseen
from projections.reconcile.initialisations import Start

__all__ = [
    "Begun",
    "Changed",
    "UnderWay",
    "begin",
]


@dataclass(frozen=True, slots=True)
class Begun:
    """It is under way."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Nothing has changed: another is under way in the school."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Nothing has changed: it would come to something else than what was confirmed."""


class _Otherwise(Exception):
    """Takes back what the transaction has begun."""


async def begin(
    store: StaffStore,
    decider: Decider,
    wish: InitialisingWish,
    confirmed: str,
    installation: Installation,
) -> Begun | UnderWay | Changed:
    """Begin it, if it comes to what was ``confirmed``.

    Raises:
        AuthorIsNoId: what is decided is published, so the decider's name must be an id.
        NotPermitted: it is not for this actor.
        ModuleOff: the school has no chats.
        NoSuchSchool: nothing is known of it.
    """
    require(decider.actor, wish.school_id, installation)
    require_id(decider.name)
    async with transaction(store.engine) as connection:
        await initialisations.end_those_over(connection)
    try:
        async with transaction(store.engine) as connection:
            return await _begin(connection, decider, wish, confirmed, installation)
    except _Otherwise:
        return Changed()


async def _begin(
    connection: Connection,
    decider: Decider,
    wish: InitialisingWish,
    confirmed: str,
    installation: Installation,
) -> Begun | UnderWay:
    start = Start(uuid4(), wish, decider.name, confirmed)
    if not await initialisations.begin(connection, start):
        known = await initialisations.same_again(connection, start)
        return Begun() if known else UnderWay()
    found = await _foreseen_alone(connection, decider.actor, wish, installation)
    forecasts = [each.forecast for each in found]
    if confirmation(wish, forecasts) != confirmed:
        raise _Otherwise
    beyond = await too_many(connection, decider.actor, wish, found, installation)
    # Whatever kinds are not created by themselves.
    made = {each.chat.chat_id: each.chat.kind for each in forecasts if each.fate is Fate.MADE}
    await kinds.want(connection, wish.school_id, made, decider.name)
    await chat_rows.create_missing(await driver(connection), made, ChatKindsOff())
    await _look_at(connection, [each.chat.chat_id for each in forecasts])
    for chat_id in chats_of(forecasts, Fate.ANEW):
        await decisions.bring_back(connection, chat_id, decider.name)
    dropped = await _drop(connection, start, found) if wish.drops_by_hand else 0
    approved = await _approve(connection, decider.name, found, beyond, installation)
    told = replace(start, dropped=dropped, approved=approved)
    fates = [(each.chat.chat_id, each.fate) for each in forecasts]
    await initialisations.note(connection, told, fates)
    return Begun()


async def _foreseen_alone(
    connection: Connection, actor: Actor, wish: InitialisingWish, installation: Installation
) -> Sequence[Foreseen]:
    """What it comes to, with nobody deciding by hand about its chats until this has committed."""
    if not wish.drops_by_hand:
        return await foreseen(connection, actor, wish, installation)
    chats = await preset_chats(await driver(connection), wish.school_id, wish.kinds)
    for chat_id in sorted(each.chat_id for each in chats or ()):
        await journal.lock(connection, chat_id)
    return await foreseen(connection, actor, wish, installation)


async def _look_at(connection: Connection, chat_ids: Sequence[ChatId]) -> None:
    """Have them derived, read from the messenger and made to match, in the lane of staff.

    Before anything else is written about them: all are locked in one order then.
    """
    raw = await driver(connection)
    now = await raw.fetchval("SELECT clock_now()")
    await mark_chats(raw, dict.fromkeys(chat_ids, Cause(Lane.STAFF, now)))
    wake(CHANNEL)
    await queue.mark_due(connection, chat_ids, Lane.STAFF)
    await observed.forget(connection, chat_ids)
    await setbacks.forget(connection, chat_ids)


async def _drop(connection: Connection, start: Start, found: Sequence[Foreseen]) -> int:
    """End what was added by hand, of those who were shown; how many places."""
    shown = {each.forecast.chat.chat_id: set(each.forecast.dropped) for each in found}
    counting = await forecast.counting_by_hand(connection, sorted(shown))
    rules = await rules_of(connection, list(counting))
    written: list[OfChat] = []
    for chat_id, known in counting.items():
        ends = [
            each for each in dropping(known, rules.get(chat_id, {})) if each[0] in shown[chat_id]
        ]
        at = await journal.lock(connection, chat_id)
        act_id = uuid5(start.run_id, chat_id)
        head = ActHead(act_id, "initialise", chat_id, PersonId(start.by), at)
        written += journal.written(head, ends)
    await decisions.record_all(connection, written)
    return sum(map(len, shown.values()))


async def _approve(
    connection: Connection,
    by: str,
    found: Sequence[Foreseen],
    beyond: Held | None,
    installation: Installation,
) -> int:
    """What the confirmation shows and nobody has decided about, may go."""
    sets = []
    for each in found:
        going = [taking for taking in each.open if beyond is None or not taking.counts]
        for lot in Lot:
            of_lot = [taking for taking in going if taking.lot is lot]
            if of_lot:
                sets.append(await _set(connection, each, lot, of_lot))
    hours = installation.guard.approval_hours
    return await plan_decisions.approve_in_advance(connection, sets, by, hours)


async def _set(
    connection: Connection, each: Foreseen, lot: Lot, takings: Sequence[Taking]
) -> ToHold:
    chat = each.forecast.chat
    shown = len(takings)
    return ToHold(
        chat_id=chat.chat_id,
        school_id=chat.school_id,
        lot=lot,
        hash=takings_hash(chat.chat_id, takings),
        takings=takings,
        before=each.before or {},
        people=await people_of(connection, chat.chat_id, takings),
        verdict=Held(GuardScope.CHAT, shown, shown),
    )
