"""Our own account in the messenger, as the messenger last told it.

It owns the chats and is in no plan. A profile of the register that names it is a mistake that
people must see (``ObstacleKind.OWN_ACCOUNT``).
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import MaxUserId


async def know(connection: AsyncConnection, account: MaxUserId) -> None:
    """The messenger says that this account is ours."""
    await connection.execute(
        text("""INSERT INTO own_account (max_user_id) VALUES (:account)
                ON CONFLICT (one) DO UPDATE SET max_user_id = excluded.max_user_id
                  WHERE own_account.max_user_id <> excluded.max_user_id"""),
        {"account": account},
    )


async def known(connection: AsyncConnection) -> MaxUserId | None:
    """The account that is ours, None while it was never told."""
    found = await connection.execute(text("SELECT max_user_id FROM own_account"))
    account = found.scalar_one_or_none()
    return None if account is None else MaxUserId(account)
