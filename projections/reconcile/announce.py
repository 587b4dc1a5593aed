"""What we tell others about chats, written to the outbox in the transaction of the change.

Each event's id follows from all that it says, the intent (or lease) behind it, and the
database's time. A restored database counts intents and leases again, but time does not come
again: two events never share an id, and one that is published twice keeps its own, for the id
is written with it.
"""

import json
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import MaxChatId
from domain.plan import Action, Create, Delete, Rename
from domain.work import Applied, ChatMade, Done, Effect, IntentId, Lease, Outcome, Work
from projections import outbox

TOPIC = "rollcall.chats"

_NAMESPACE = UUID("5f0c8f0e-7f0c-4b53-9d5b-6a1a5c9f7a10")


async def after(
    connection: AsyncConnection, work: Work, intent: IntentId, action: Action, effect: Effect
) -> None:
    """Announce a chat that was created, renamed or deleted by this call."""
    match action, effect:
        case Create(), ChatMade(max_chat_id=max_chat_id) if max_chat_id != work.max_chat_id:
            await _add(connection, work, "created", f"intent {intent}", max_chat_id)
        case Rename(), Applied():
            await _add(connection, work, "renamed", f"intent {intent}", work.max_chat_id)
        case Delete(), Applied():
            await _add(connection, work, "deleted", f"intent {intent}", work.max_chat_id)
        case _:
            return


async def gone(
    connection: AsyncConnection, lease: Lease, work: Work, max_chat_id: MaxChatId
) -> None:
    """Announce that the messenger had deleted a chat by itself, which is let go now."""
    await _add(connection, work, "deleted", f"lease {lease.token}", max_chat_id)


async def converged(
    connection: AsyncConnection, lease: Lease, work: Work, outcome: Outcome
) -> None:
    """Announce a chat that now is as it should be, if calls were needed for that."""
    if not (isinstance(outcome, Done) and outcome.changed):
        return
    found = await connection.execute(
        text("SELECT max_chat_id FROM chat_sync WHERE chat_id = :chat"), {"chat": lease.chat_id}
    )
    max_chat_id = found.scalar_one()
    if max_chat_id is not None:
        await _add(connection, work, "converged", f"lease {lease.token}", max_chat_id)


async def _add(
    connection: AsyncConnection, work: Work, what: str, cause: str, max_chat_id: int | None
) -> None:
    data = {
        "chat_id": work.chat_id,
        "school_id": work.school_id,
        "kind": work.kind.value,
        "class_id": work.class_id,
        "subject_group_id": work.group_id,
        "max_chat_id": max_chat_id,
        "title": work.title,
    }
    now = (await connection.execute(text("SELECT clock_now()"))).scalar_one()
    said = json.dumps([what, cause, now.isoformat(), data], sort_keys=True)
    await outbox.add(
        connection,
        event_id=str(uuid5(_NAMESPACE, said)),
        topic=TOPIC,
        event_type=f"rollcall.chat.{what}.v1",
        subject=work.chat_id,
        data={name: value for name, value in data.items() if value is not None},
    )
