"""Transactions in which PostgreSQL itself shows an actor no row that is not for them.

Guarantees: the role and the settings hold for one transaction, whatever happens in it and
whichever connection of a pool it is; it can write nothing; an actor of whom nothing is told
sees nothing. The policies are in ``schema/12_console.sql``. They are a fence against forgotten
filters, not against statements that others wrote: whoever can run any statement of theirs in
here can also change the settings.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.actors import Actor
from domain.ids import ClassId, GroupId, SchoolId
from projections.database import transaction

# Small questions about few rows: compiling them takes longer than they do.
_TELL = """
           set_config('staff.operator', :operator, true),
           set_config('staff.self', :self, true),
           set_config('staff.family', :family, true),
           set_config('staff.administers', :administers, true),
           set_config('staff.works_in', :works_in, true),
           set_config('staff.chooses_in', :chooses_in, true),
           set_config('staff.leads', :leads, true),
           set_config('staff.leads_at', :leads_at, true),
           set_config('staff.teaches', :teaches, true),
           set_config('staff.teaches_at', :teaches_at, true),
           set_config('staff.runs', :runs, true),
           set_config('staff.chats', :chats, true),
           set_config('staff.own_chats', :own_chats, true)"""

_ENTER = text(f"""
    SELECT set_config('transaction_read_only', 'on', true),
           set_config('statement_timeout', '10s', true), set_config('jit', 'off', true),{_TELL},
           set_config('role', 'rollcall_staff', true)""")

_TELL_ALONE = text(f"SELECT {_TELL}")


@asynccontextmanager
async def reading(engine: AsyncEngine, actor: Actor) -> AsyncIterator[AsyncConnection]:
    """A read-only transaction that shows what this actor may see."""
    async with transaction(engine) as connection:
        await enter(connection, actor)
        yield connection


async def enter(connection: AsyncConnection, actor: Actor) -> None:
    """Put the rest of a transaction behind the fence."""
    await connection.execute(_ENTER, settings_of(actor))


async def tell(connection: AsyncConnection, actor: Actor) -> None:
    """Tell who asks, to the views that choose by themselves; the transaction may go on to write.

    For looking again at what was read behind the fence before, at the instant of a decision.
    """
    await connection.execute(_TELL_ALONE, settings_of(actor))


def settings_of(actor: Actor) -> dict[str, str]:
    """The actor as the policies read them."""
    family = actor.children if actor.person_id is None else actor.children | {actor.person_id}
    leads = {each: at for each, at in actor.leads.items() if at in actor.works_in}
    teaches = {each: at for each, at in actor.teaches.items() if at in actor.works_in}
    return {
        "operator": "" if actor.operator is None else actor.operator.value,
        "self": actor.person_id or "",
        "family": _listed(family),
        "administers": _listed(actor.administers & actor.works_in),
        "works_in": _listed(actor.works_in),
        "chooses_in": _listed(actor.chooses_in),
        "leads": _listed(leads),
        "leads_at": _paired(leads),
        "teaches": _listed(teaches),
        "teaches_at": _paired(teaches),
        "runs": _listed(actor.chats_run_at_work),
        "chats": _listed(actor.chats),
        "own_chats": _listed(actor.own_chats),
    }


def _listed(ids: Iterable[str]) -> str:
    """Between commas, which no id has."""
    return ",".join(each for each in ids if "," not in each)


def _paired(schools: Mapping[ClassId, SchoolId] | Mapping[GroupId, SchoolId]) -> str:
    return _listed(f"{each}|{school}" for each, school in schools.items())
