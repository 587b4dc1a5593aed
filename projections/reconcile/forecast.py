"""What initialising a school's chats would come to, chat by chat, had it begun now.

Reads only. Guarantees: who leaves an existing chat is by the plan that reconcile would make, and
by the guard's own judgement; of a chat that the messenger was not asked about nothing is said.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import Action, Add, Create
from domain.chats import Chat
from domain.decisions import CountingDecisions, standing
from domain.drift import DriftRules
from domain.guard import GuardScope
from domain.ids import ChatId, MaxUserId, PersonId
from domain.initialising import (
    Fate,
    Forecast,
    InitialisingWish,
    added_by_hand,
    leaves_when_dropped,
)
from domain.plan import takings
from domain.seasons import GuardPolicy
from domain.takings import Before, Taking
from domain.work import Work
from projections.by_hand.decisions import IS_OVER, load_decisions
from projections.database import driver
from projections.derive.by_rules import rules_of, would_belong
from projections.derive.preset import preset_chats
from projections.guard import admission
from projections.reconcile.preview import ReadFirst, plan_without

MayDecide = Callable[[Chat, GuardScope], bool]
"""Whether who asks may decide about what is held there by this limit."""


@dataclass(frozen=True, slots=True)
class Terms:
    """By what it is judged: the guard's limits, the policy about drift, and who asks."""

    policy: GuardPolicy
    rules: DriftRules
    may_decide: MayDecide


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One chat's forecast, and what writing an approval of it needs.

    ``open``: of what leaves, that about which nobody has decided yet.
    """

    forecast: Forecast
    open: tuple[Taking, ...] = ()
    before: Mapping[MaxUserId, Before] | None = None


_ROWS = text(f"""
    SELECT c.chat_id, {IS_OVER} AS over
      FROM chats c LEFT JOIN chat_sync s USING (chat_id)
     WHERE c.chat_id = ANY(:chats)""")  # noqa: S608 - a constant

_ACCOUNTS = text("""
    SELECT count(DISTINCT max_user_id) FROM fact_profiles
     WHERE person_id = ANY(:people) AND max_user_id IS NOT NULL""")

_MEMBERS = text("SELECT person_id FROM expected_members WHERE chat_id = :chat")


async def foresee(
    connection: AsyncConnection, wish: InitialisingWish, terms: Terms
) -> list[Foreseen] | None:
    """Each chat of the wish, by its id; None where nothing at all is known of the school."""
    chats = await preset_chats(await driver(connection), wish.school_id, wish.kinds)
    if chats is None:
        return None
    ids = [chat.chat_id for chat in chats]
    rows = await connection.execute(_ROWS, {"chats": ids})
    is_over = {ChatId(row.chat_id): bool(row.over) for row in rows}
    missing = [chat for chat in chats if chat.chat_id not in is_over]
    belong = await would_belong(connection, missing)
    dropped = await _dropped(connection, ids) if wish.drops_by_hand else {}
    found = []
    for chat in chats:
        drops = dropped.get(chat.chat_id, _Dropped(frozenset(), frozenset()))
        if chat.chat_id not in is_over:
            there = belong.get(chat.chat_id, frozenset())
            found.append(await _made(connection, chat, Fate.MADE, there, drops))
        elif is_over[chat.chat_id]:
            there = await _expected(connection, chat.chat_id)
            found.append(await _made(connection, chat, Fate.ANEW, there, drops))
        else:
            found.append(await _synced(connection, chat, drops, terms))
    return found


@dataclass(frozen=True, slots=True)
class _Dropped:
    """Who is not added by hand any more, and who of them leaves by that."""

    everybody: AbstractSet[PersonId]
    leaving: AbstractSet[PersonId]


async def _dropped(
    connection: AsyncConnection, chat_ids: Sequence[ChatId]
) -> dict[ChatId, _Dropped]:
    counting = await counting_by_hand(connection, chat_ids)
    rules = await rules_of(connection, list(counting))
    return {
        chat_id: _Dropped(added_by_hand(each), leaves_when_dropped(each, rules.get(chat_id, {})))
        for chat_id, each in counting.items()
    }


async def counting_by_hand(
    connection: AsyncConnection, chat_ids: Sequence[ChatId]
) -> dict[ChatId, CountingDecisions]:
    """What counts in those of these chats into which somebody was added by hand."""
    decided = await load_decisions(await driver(connection), chat_ids)
    counting = {chat: standing(known.people, chat) for chat, known in sorted(decided.items())}
    return {chat: each for chat, each in counting.items() if added_by_hand(each)}


async def _expected(connection: AsyncConnection, chat_id: ChatId) -> frozenset[PersonId]:
    rows = await connection.execute(_MEMBERS, {"chat": chat_id})
    return frozenset(PersonId(row.person_id) for row in rows)


async def _made(
    connection: AsyncConnection,
    chat: Chat,
    fate: Fate,
    belong: AbstractSet[PersonId],
    drops: _Dropped,
) -> Foreseen:
    people = sorted(belong - drops.leaving)
    entering = int((await connection.execute(_ACCOUNTS, {"people": people})).scalar_one())
    return Foreseen(Forecast(chat, fate, entering, dropped=tuple(sorted(drops.everybody))))


async def _synced(
    connection: AsyncConnection, chat: Chat, drops: _Dropped, terms: Terms
) -> Foreseen:
    dropped = tuple(sorted(drops.everybody))
    planned = await plan_without(connection, chat.chat_id, terms.rules, drops.leaving)
    if planned is None or isinstance(planned, ReadFirst):
        return Foreseen(Forecast(chat, Fate.SYNCED, dropped=dropped, known=False))
    work, actions = planned
    forecast = Forecast(chat, Fate.SYNCED, len(set(_entering(actions))), dropped=dropped)
    if not takings(actions):
        return Foreseen(forecast)
    return await _judged(connection, forecast, work, actions, terms)


def _entering(actions: Sequence[Action]) -> Iterator[MaxUserId]:
    for action in actions:
        if isinstance(action, Create):
            yield from action.members
        elif isinstance(action, Add):
            yield from action.user_ids


async def _judged(
    connection: AsyncConnection,
    forecast: Forecast,
    work: Work,
    actions: Sequence[Action],
    terms: Terms,
) -> Foreseen:
    """With what leaves: what the guard lets go, and what who asks may let go."""
    said = await admission.assess(connection, work.chat_id, work.school_id, actions, terms.policy)
    ours = [each for each in said.waiting.values()
            if terms.may_decide(forecast.chat, each.verdict.scope)]  # fmt: skip
    open_ = [taking for each in ours for taking in each.takings]
    open_ += [taking for taking in said.going if taking.account not in said.approved]
    leaving = [*open_, *(each for each in said.going if each.account in said.approved)]
    elsewhere = {each.verdict.scope for each in said.waiting.values() if each not in ours}
    return Foreseen(
        replace(
            forecast,
            leaving=tuple(leaving),
            elsewhere=tuple(scope for scope in GuardScope if scope in elsewhere),
            refused=len(said.rejected),
        ),
        open=tuple(open_),
        before=said.before,
    )
