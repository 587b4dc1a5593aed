"""Whatever people do in MAX, heard or not, an exclusive chat ends as the register says.

But for those who left again after they had been put back: they stay away, and are shown.
"""

from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.drift import Policy
from tests.drift.people import CHIEF, CLASS, People, people
from tests.servers.databases import Databases

ACCOUNTS = st.sampled_from([CHIEF, 10, 11, 12, 98, 99])


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody does something in MAX."""

    account: int
    action: str
    by: int | None


@dataclass(frozen=True, slots=True)
class Heard:
    """The updates so far arrive, some of them twice; then all that is due is done."""

    backwards: bool
    twice: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """The updates so far never arrive."""


@dataclass(frozen=True, slots=True)
class Later:
    """Time passes."""

    hours: int


ACTS = st.builds(
    Act,
    ACCOUNTS,
    st.sampled_from(["join", "leave", "promote", "demote", "remove"]),
    st.none() | ACCOUNTS,
)
STEPS = (
    ACTS
    | ACTS
    | st.builds(Heard, st.booleans(), st.booleans())
    | st.just(Lost())
    | st.builds(Later, st.sampled_from([1, 13, 25]))
)


async def _take(crowd: People, step: Act | Heard | Lost | Later) -> None:
    match step:
        case Act(account, action, by):
            body = {"action": action} | ({} if by is None else {"by": by})
            path = f"/sim/chats/{crowd.max_chat_id}/people/{account}"
            await crowd.school.http.post(path, json=body)  # what cannot be done is refused
        case Heard(backwards, twice):
            bodies = await crowd.updates()
            for body in [*(reversed(bodies) if backwards else bodies), *bodies[: twice * 2]]:
                assert await crowd.deliver(body) == 200
            await crowd.settle()
        case Lost():
            await crowd.updates()
        case Later(hours):
            await crowd.time_passes(f"{hours} hours")


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, max_size=14))
async def test_any_sequence_of_what_people_do_ends_as_the_register_says(
    databases: Databases, steps: list[Act | Heard | Lost | Later]
) -> None:
    url = await databases.create()
    try:
        async with people(url, Policy.EXCLUSIVE) as crowd:
            await crowd.begin()
            for step in steps:
                await _take(crowd, step)
            await crowd.updates()
            await crowd.look()
            for _ in range(3):
                await crowd.time_passes("25 hours")
            away = {
                account
                for kind, account, _, resolution in await crowd.drift()
                if kind in {"left", "removed_by_administrator"} and resolution is None
            }
            due = "SELECT count(*) FROM drift WHERE resolution IS NULL AND due_at IS NOT NULL"
            assert await crowd.school.value(due) == 0
            assert await crowd.members() == {
                account: role for account, role in CLASS.items() if account not in away
            }
            await crowd.school.forget_calls()
            await crowd.look()
            assert await crowd.school.calls() == {}
    finally:
        await databases.drop(url)
