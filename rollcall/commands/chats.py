"""``bring-back``: a chat that was deleted, here or in MAX, shall be there again."""

import asyncio
import re
from pathlib import Path

from domain.ids import ChatId
from projections.by_hand import decisions
from projections.database import transaction
from projections.queue import due as queue
from rollcall.addresses import Server
from rollcall.commands.session import NOT_SETTLED, login, remark, say, wiring_for
from rollcall.failures import CommandFailed
from schemas.fields import LONG_ID_PATTERN, RULES


def bring_back(chat: str, by: str | None, data_dir: Path | None) -> int:
    """Have a deleted chat made anew, for whoever belongs in it."""
    author = by or login()
    if not re.fullmatch(LONG_ID_PATTERN, author):
        # A decision is published, with the id of who decided and never a name.
        raise CommandFailed(f"--by {RULES[LONG_ID_PATTERN]}: an id, for it is published")
    if not asyncio.run(_bring_back(ChatId(chat), author, data_dir)):
        remark("rollcall: the chat is not deleted, neither here nor as far as MAX has said")
        return NOT_SETTLED
    say(f"{chat} is made anew; `status --wait 60` tells when that is done")
    return 0


async def _bring_back(chat: ChatId, author: str, data_dir: Path | None) -> bool:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        if await queue.unknown(connection, [chat]):
            message = f"no such chat: {chat}; the view dashboard.chats lists them"
            raise CommandFailed(message)
        return await decisions.bring_back(connection, chat, author)
