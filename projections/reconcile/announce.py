"""What we tell others about chats, written to the outbox with the change itself."""

from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import MaxChatId
from domain.plan import Action, Create, Delete, Rename
from domain.work import Applied, ChatMade, Effect, IntentId, Work
from projections import outbox
