"""``initialise``: what bringing a school's chats into step would come to, and beginning it.

Whoever runs a command looks after the installation, so it is asked and begun as an operator.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.actors import Actor, OperatorRole
from domain.chats import ChatKind
from domain.ids import SchoolId
from operations import initialising, initialising_standing, initialising_start
from operations.initialising import InitialisingPlan, InitialisingWish, PlannedChat
from operations.initialising_standing import SchoolInitialisation
from operations.initialising_start import Begun, Changed, UnderWay
from operations.installation import Installation
from operations.plans import Decider
from operations.store import StaffStore
from rollcall.commands.session import (
    NOT_SETTLED,
    RunningStack,
    login,
    operate,
    remark,
    say,
    say_json,
)
from rollcall.profiles import installation

_OPERATOR = Actor(operator=OperatorRole.IDS)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    school: str
    kinds: Sequence[ChatKind]
    drops_by_hand: bool

    @property
    def wish(self) -> InitialisingWish:
        """The same in the words of the domain."""
        return InitialisingWish(SchoolId(self.school), frozenset(self.kinds), self.drops_by_hand)


def told(asked: Asked, *, as_json: bool, data_dir: Path | None) -> int:
    """What it would come to."""

    async def ask(stack: RunningStack) -> tuple[InitialisingPlan, SchoolInitialisation]:
        store, where = StaffStore(stack.engine), _installation(stack)
        plan = await initialising.plan(store, _OPERATOR, asked.wish, where)
        return plan, await initialising_standing.standing(
            store, _OPERATOR, asked.wish.school_id, where
        )

    plan, standing = operate(data_dir, ask)
    if as_json:
        say_json(_json(plan, standing))
        return 0
    say(f"{plan.hash}  makes {plan.made} of {len(plan.chats)} chats")
    for line in [*_lines(plan), *_under_way(standing)]:
        say(line)
    return 0


def begin(asked: Asked, confirmed: str, by: str | None, *, data_dir: Path | None) -> int:
    """Begin it, if it comes to what the hash names."""

    async def ask(stack: RunningStack) -> Begun | UnderWay | Changed:
        store, decider = StaffStore(stack.engine), Decider(_OPERATOR, by or login())
        where = _installation(stack)
        return await initialising_start.begin(store, decider, asked.wish, confirmed, where)

    outcome = operate(data_dir, ask)
    if isinstance(outcome, Begun):
        say("it is under way; `status --wait 60` tells when that is done")
        return 0
    if isinstance(outcome, UnderWay):
        remark("rollcall: another is under way in this school; it ends within an hour")
    else:
        remark("rollcall: it would come to something else by now; see `initialise` without a hash")
    return NOT_SETTLED


def _installation(stack: RunningStack) -> Installation:
    return installation(stack.settings, stack.wiring.derive_config().kinds_off)


def _lines(plan: InitialisingPlan) -> Iterator[str]:
    if plan.too_many is not None:
        yield f"  {plan.too_many.would_be} would leave, {plan.too_many.limit} are allowed in all"
    for chat in plan.chats:
        if not chat.forecast.is_quiet:
            yield f"  {chat.forecast.chat.chat_id}: {', '.join(_of(chat))}"
            for each in chat.people:
                yield f"    {each.account} ({each.person_id or 'nobody known'}): {each.cause.value}"


def _of(chat: PlannedChat) -> Iterator[str]:
    told_of = chat.forecast
    yield told_of.fate.value if told_of.known else "not read yet, so who leaves is not known"
    counts = {
        "enter": told_of.entering,
        "leave": chat.leaving,
        "lose rights": chat.losing,
        "no longer by hand": len(told_of.dropped),
        "stay by a rejection": told_of.refused,
    }
    yield from (f"{count} {what}" for what, count in counts.items() if count)
    if told_of.elsewhere:
        yield f"more is held by {', '.join(scope.value for scope in told_of.elsewhere)}"


def _under_way(standing: SchoolInitialisation) -> Iterator[str]:
    latest = standing.latest
    if latest is not None and standing.is_under_way:
        yield (
            f"  one is under way: {latest.settled} of {len(latest.chats)} chats, begun by "
            f"{latest.started_by} at {latest.started_at:%Y-%m-%d %H:%M} UTC"
        )


def _json(plan: InitialisingPlan, standing: SchoolInitialisation) -> dict[str, object]:
    return {
        "hash": plan.hash,
        "school_id": plan.wish.school_id,
        "under_way": standing.is_under_way,
        "too_many": plan.too_many is not None,
        "chats": [
            {
                "chat_id": chat.forecast.chat.chat_id,
                "fate": chat.forecast.fate.value,
                "known": chat.forecast.known,
                "enter": chat.forecast.entering,
                "leave": chat.leaving,
                "lose_rights": chat.losing,
                "dropped": list(chat.forecast.dropped),
                "people": [
                    {"max_user_id": each.account, "person_id": each.person_id,
                     "cause": each.cause.value, "leaves": each.leaves}
                    for each in chat.people
                ],
            }
            for chat in plan.chats
        ],
    }  # fmt: skip
