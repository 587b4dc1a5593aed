"""What lies under ``/sim``: the truth to verify against, and the levers to pull.

None of it is part of MAX. It needs no token, is not limited, meets no faults and is counted
nowhere.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from enum import Enum
from itertools import islice
from typing import assert_never

from pydantic import Field
from starlette.responses import StreamingResponse

from simulator import fields
from simulator.accounts import Refusal
from simulator.chats import FULL_RIGHTS, Chat, Rights
from simulator.config import SimulatorConfig
from simulator.errors import AbsentError, NotPossibleError
from simulator.operations import Call, CallKind, Handler, Operation
from simulator.statistics import Statistics
from simulator.wire import Answer, JsonObject, compact, invalid
from simulator.world import World

_CHATS_A_CHUNK = 20
"""Of a stream: what is built without letting other calls in between."""


class PersonAction(Enum):
    """What a person does in MAX; the value is the word in the request."""

    JOIN = "join"
    LEAVE = "leave"
    PROMOTE = "promote"
    DEMOTE = "demote"
    REMOVE = "remove"


class _Person(fields.Body):
    action: PersonAction = Field(strict=False)
    by: fields.Account | None = None


class _Bot(fields.Body):
    member: bool | None = None
    permissions: fields.Texts | None = None
    administrator: bool | None = None


class _Account(fields.Body):
    is_bot: bool | None = None
    refuses: Refusal | None = Field(None, strict=False)


class _Token(fields.Body):
    valid: bool


class _One(fields.Body):
    user_id: fields.Account


class SimApi:
    """The handlers, without those of faults (``fault_api``)."""

    def __init__(self, config: SimulatorConfig, world: World, statistics: Statistics) -> None:
        self._config = config
        self._world = world
        self._statistics = statistics

    def operations(self) -> list[Operation]:
        """What this part offers."""
        chat = "/sim/chats/{chat_id}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/sim/chats", self.chats),
            ("GET", chat, self.chat),
            ("POST", f"{chat}/people/{{user_id}}", self.person),
            ("PUT", f"{chat}/bot", self.bot),
            ("PUT", f"{chat}/owner", self.owner),
            ("GET", "/sim/calls", self.calls),
            ("GET", "/sim/stats", self.stats),
            ("DELETE", "/sim/stats", self.reset_stats),
            ("PUT", "/sim/accounts/{user_id}", self.account),
            ("PUT", "/sim/token", self.token),
            ("POST", "/sim/profile-links/{link_id}/confirm", self.confirm_link),
        ]
        return [
            Operation(method, template, CallKind.OTHER, handler)
            for method, template, handler in table
        ]

    async def chats(self, _call: Call) -> StreamingResponse:
        """All chats with all their members, streamed."""
        return StreamingResponse(self._all_chats(), media_type=Answer.media_type)

    async def chat(self, call: Call) -> JsonObject:
        """One chat with all its members."""
        return self._shown(self._chat(call))

    async def person(self, call: Call) -> JsonObject:
        """Let a person act in a chat; ``by`` names who adds or removes, if it matters."""
        chat = self._chat(call)
        user_id = call.place("user_id", 1)
        if user_id == self._config.bot_id:
            raise invalid("the bot is no person; see PUT /sim/chats/{chat_id}/bot")
        body = call.body(_Person)
        self._act(chat, user_id, body.action, body.by)
        return {"success": True}

    def _act(self, chat: Chat, user_id: int, action: PersonAction, by: int | None) -> None:
        chats = self._world.chats
        match action:
            case PersonAction.JOIN:
                if self._world.accounts.refusal(user_id) is Refusal.NOT_FOUND:
                    raise AbsentError("no such account")
                chats.enter(chat.chat_id, user_id, by)
            case PersonAction.LEAVE:
                chats.remove(chat.chat_id, user_id, None)
            case PersonAction.PROMOTE:
                chats.set_admins(chat.chat_id, {user_id: FULL_RIGHTS})
            case PersonAction.DEMOTE:
                chats.demote(chat.chat_id, user_id)
            case PersonAction.REMOVE:
                others = (a for a in chat.admins if a not in (user_id, chat.owner_id))
                chats.remove(chat.chat_id, user_id, by or next(others, chat.owner_id))
            case _:
                assert_never(action)

    async def bot(self, call: Call) -> JsonObject:
        """Put the bot in or out of a chat; give it rights (all of them, or some), or take them."""
        chat, bot = self._chat(call), self._config.bot_id
        body = call.body(_Bot)
        administrator = True if body.permissions is not None else body.administrator
        stays = body.member if body.member is not None else bot in chat
        if administrator and not stays:
            raise NotPossibleError("an administrator is a member")
        chats = self._world.chats
        if not stays and bot in chat:
            chats.remove(chat.chat_id, bot, None)
        elif stays:
            chats.enter(chat.chat_id, bot, None)
        if administrator:
            some = body.permissions
            rights = FULL_RIGHTS if some is None else Rights(tuple(some), None)
            chats.set_admins(chat.chat_id, {bot: rights})
        elif administrator is False and bot in chat.admins:
            chats.demote(chat.chat_id, bot)
        return {"success": True}

    async def owner(self, call: Call) -> JsonObject:
        """Hand a chat over to a member, by which the bot is its owner no longer."""
        self._world.chats.hand_over(self._chat(call).chat_id, call.body(_One).user_id)
        return {"success": True}

    async def calls(self, _call: Call) -> JsonObject:
        """All planned calls."""
        return {"calls": [asdict(meeting) for meeting in self._world.meetings]}

    async def stats(self, _call: Call) -> JsonObject:
        """What was called."""
        return self._statistics.report()

    async def reset_stats(self, _call: Call) -> JsonObject:
        """Count from nothing."""
        self._statistics.reset()
        return {"success": True}

    async def account(self, call: Call) -> JsonObject:
        """Decide whether an account can be added, and whether it is a bot of somebody else's."""
        user_id = call.place("user_id", 1)
        body = call.body(_Account)
        told = "refuses" in body.model_fields_set
        if body.is_bot is None and not told:
            raise invalid('refuses must be null, "privacy" or "not_found"')
        if body.is_bot is not None:
            self._world.accounts.set_bot(user_id, is_bot=body.is_bot)
        if told:
            self._world.accounts.set_refusal(user_id, body.refuses)
        return {"success": True}

    async def token(self, call: Call) -> JsonObject:
        """Withdraw the bot's token, or give it back."""
        self._world.set_token(valid=call.body(_Token).valid)
        return {"success": True}

    async def confirm_link(self, call: Call) -> JsonObject:
        """A person confirms a profile link; the webhook ``profile_linked`` follows."""
        user_id = call.body(_One).user_id
        link = self._world.accounts.confirm_link(call.request.path_params["link_id"], user_id)
        return {"external_id": link.external_id, "user_id": user_id}

    def _chat(self, call: Call) -> Chat:
        return self._world.chats.get(call.place("chat_id"))

    async def _all_chats(self) -> AsyncIterator[bytes]:
        chats = iter(self._world.chats)
        before = b'{"chats":['
        while some := [compact(self._shown(chat)) for chat in islice(chats, _CHATS_A_CHUNK)]:
            yield before + b",".join(some)
            before = b","
            await asyncio.sleep(0)  # a long stream must not keep others waiting
        yield b"]}" if before == b"," else before + b"]}"

    def _shown(self, chat: Chat) -> JsonObject:
        return {
            "chat_id": chat.chat_id,
            "external_id": chat.external_id,
            "title": chat.title,
            "kind": chat.kind,
            "owner_id": chat.owner_id,
            "members": [
                {
                    "user_id": user_id,
                    "is_admin": user_id in chat.admins,
                    "is_owner": user_id == chat.owner_id,
                    "is_bot": user_id == self._config.bot_id
                    or self._world.accounts.is_bot(user_id),
                }
                for user_id in chat
            ],
        }
