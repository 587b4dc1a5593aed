"""What is kept of a refused call: who is tried among fewer, who waits, and until when."""

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId
from domain.refusals import Wish
from domain.work import Blamed
from projections.reconcile import adding, setbacks


async def refused(connection: AsyncConnection, chat_id: ChatId, blamed: Blamed) -> bool:
    """The messenger refused a call for these. True where nobody is added from now on."""
    if blamed.named > 1 and not blamed.each:
        if not blamed.vague:  # a vague no was counted when the chat was read
            await setbacks.strike(
                connection, chat_id, blamed.wish, blamed.accounts, blamed.said, blamed.named
            )
        return False
    if blamed.vague and not blamed.certain:
        (user,) = blamed.accounts
        if not await setbacks.believed(connection, chat_id, blamed.wish, user):
            return False
    if blamed.wish is Wish.ADD:
        await setbacks.done(connection, chat_id, Wish.ADD, blamed.accounts)
        return await adding.refused(
            connection,
            chat_id,
            blamed.accounts,
            blamed.why,
            blamed.said,
            certain=blamed.certain,
        )
    await setbacks.strike(
        connection, chat_id, blamed.wish, blamed.accounts, blamed.said, 1, vague=False
    )
    return False
