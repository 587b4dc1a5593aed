"""What lies under ``/sim``: the truth to verify against, and the levers to pull.

None of it is part of MAX. It needs no token, is not limited, meets no faults and is counted
nowhere.
"""

from collections.abc import Iterator
from enum import Enum
from itertools import islice
from typing import assert_never

from simulator import fields
from simulator.accounts import Refusal
from simulator.chats import FULL_RIGHTS, Chat, Rights
from simulator.config import SimulatorConfig
from simulator.errors import AbsentError, NotPossibleError
from simulator.operations import Call, CallKind, Operation
from simulator.statistics import Statistics
from simulator.wire import Answer, Chunks, JsonObject, compact, invalid, parse_object
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


class SimApi:
    """The handlers, without those of faults (``fault_api``)."""

    def __init__(self, config: SimulatorConfig, world: World, statistics: Statistics) -> None:
        self._config = config
        self._world = world
        self._statistics = statistics

    def operations(self) -> list[Operation]:
        """What this part offers."""
        chat = "/sim/chats/{chat_id}"
        table = [
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

    async def chats(self, _call: Call) -> Answer:
        """All chats with all their members, streamed."""
        return Answer(Chunks(self._all_chats()))

    async def chat(self, call: Call) -> Answer:
        """One chat with all its members."""
        return Answer(self._shown(self._chat(call)))

    async def person(self, call: Call) -> Answer:
        """Let a person act in a chat; ``by`` names who adds or removes, if it matters."""
        chat = self._chat(call)
        user_id = fields.integer(call.params["user_id"], "user_id", 1)
        if user_id == self._config.bot_id:
            raise invalid("the bot is no person; see PUT /sim/chats/{chat_id}/bot")
        body = parse_object(call.request.body)
        by = None if body.get("by") is None else fields.account(body["by"], "by")
        self._act(chat, user_id, _action(body), by)
        return Answer({"success": True})

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

    async def bot(self, call: Call) -> Answer:
        """Put the bot in or out of a chat; give it rights (all of them, or some), or take them."""
        chat, bot = self._chat(call), self._config.bot_id
        body = parse_object(call.request.body)
        member = fields.boolean(body, "member")
        permissions = fields.texts(body, "permissions")
        administrator = fields.boolean(body, "administrator")
        if permissions is not None:
            administrator = True
        stays = member if member is not None else bot in chat
        if administrator and not stays:
            raise NotPossibleError("an administrator is a member")
        chats = self._world.chats
        if not stays and bot in chat:
            chats.remove(chat.chat_id, bot, None)
        elif stays:
            chats.enter(chat.chat_id, bot, None)
        if administrator:
            rights = FULL_RIGHTS if permissions is None else Rights(permissions, None)
            chats.set_admins(chat.chat_id, {bot: rights})
        elif administrator is False and bot in chat.admins:
            chats.demote(chat.chat_id, bot)
        return Answer({"success": True})

    async def owner(self, call: Call) -> Answer:
        """Hand a chat over to a member, by which the bot is its owner no longer."""
        chat = self._chat(call)
        user_id = fields.account(parse_object(call.request.body).get("user_id"), "user_id")
        self._world.chats.hand_over(chat.chat_id, user_id)
        return Answer({"success": True})

    async def calls(self, _call: Call) -> Answer:
        """All planned calls."""
        return Answer(
            {
                "calls": [
                    {
                        "call_id": meeting.call_id,
                        "external_id": meeting.external_id,
                        "chat_id": meeting.chat_id,
                        "title": meeting.title,
                        "starts_at": meeting.starts_at,
                        "ends_at": meeting.ends_at,
                    }
                    for meeting in self._world.meetings
                ]
            }
        )

    async def stats(self, _call: Call) -> Answer:
        """What was called."""
        return Answer(self._statistics.report())

    async def reset_stats(self, _call: Call) -> Answer:
        """Count from nothing."""
        self._statistics.reset()
        return Answer({"success": True})

    async def account(self, call: Call) -> Answer:
        """Decide whether an account can be added, and whether it is a bot of somebody else's."""
        user_id = fields.integer(call.params["user_id"], "user_id", 1)
        body = parse_object(call.request.body)
        is_bot = fields.boolean(body, "is_bot")
        word = body.get("refuses", ... if is_bot is None else None)
        if word not in (None, *(refusal.value for refusal in Refusal)):
            raise invalid('refuses must be null, "privacy" or "not_found"')
        if is_bot is not None:
            self._world.accounts.set_bot(user_id, is_bot=is_bot)
        if "refuses" in body:
            self._world.accounts.set_refusal(user_id, None if word is None else Refusal(word))
        return Answer({"success": True})

    async def token(self, call: Call) -> Answer:
        """Withdraw the bot's token, or give it back."""
        valid = fields.boolean(parse_object(call.request.body), "valid")
        if valid is None:
            raise invalid("valid must be true or false")
        self._world.set_token(valid=valid)
        return Answer({"success": True})

    async def confirm_link(self, call: Call) -> Answer:
        """A person confirms a profile link; the webhook ``profile_linked`` follows."""
        user_id = fields.account(parse_object(call.request.body).get("user_id"), "user_id")
        link = self._world.accounts.confirm_link(call.params["link_id"], user_id)
        return Answer({"external_id": link.external_id, "user_id": user_id})

    def _chat(self, call: Call) -> Chat:
        return self._world.chats.get(fields.integer(call.params["chat_id"], "chat_id"))

    def _all_chats(self) -> Iterator[bytes]:
        chats = iter(self._world.chats)
        before = b'{"chats":['
        while some := [compact(self._shown(chat)) for chat in islice(chats, _CHATS_A_CHUNK)]:
            yield before + b",".join(some)
            before = b","
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


def _action(body: JsonObject) -> PersonAction:
    try:
        return PersonAction(body.get("action"))
    except ValueError:
        words = ", ".join(action.value for action in PersonAction)
        raise invalid(f"action must be one of: {words}") from None
