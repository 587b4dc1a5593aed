"""The rest of the Bot API, answered plausibly: messages, pins, actions, button answers.

Rollcall uses none of it. Client libraries by others do, at their start or in their examples,
and must not notice a difference; nothing is kept of what they send.
"""

from typing import Literal

from pydantic import Field

from simulator import fields
from simulator.config import SimulatorConfig
from simulator.objects import Objects
from simulator.operations import Call, CallKind, Operation
from simulator.wire import ApiError, JsonObject, invalid
from simulator.world import World


class _Action(fields.Body):
    action: Literal[
        "typing_on", "sending_photo", "sending_video", "sending_audio", "sending_file", "mark_seen"
    ]


class _Message(fields.Body):
    text: fields.Text | None = Field(None, max_length=4000)


class Conversation:
    """Handlers that keep nothing."""

    def __init__(self, config: SimulatorConfig, world: World, objects: Objects) -> None:
        self._config = config
        self._world = world
        self._objects = objects
        self._sent = 0

    def operations(self) -> list[Operation]:
        """What this part of the API offers."""
        pin = "/chats/{chatId}/pin"
        table = [
            ("POST", "/chats/{chatId}/actions", self.act),
            ("GET", pin, self.no_message),
            ("PUT", pin, self.done),
            ("DELETE", pin, self.done),
            ("GET", "/messages", self.messages),
            ("POST", "/messages", self.send),
            ("PUT", "/messages", self.done),
            ("DELETE", "/messages", self.done),
            ("GET", "/messages/{messageId}", self.no_such_message),
            ("POST", "/answers", self.done),
        ]
        return [
            Operation(method, template, CallKind.OTHER, handler)
            for method, template, handler in table
        ]

    async def act(self, call: Call) -> JsonObject:
        """Show the members that the bot is typing."""
        self._world.chats.get(call.place("chatId"))
        call.body(_Action)
        return {"success": True}

    async def send(self, call: Call) -> JsonObject:
        """``SendMessageResult`` for a message to a chat or a person."""
        query = call.request.query_params
        chat_id = fields.query_integer(query, "chat_id", None, -fields.MAX_INT, fields.MAX_INT)
        user_id = fields.query_integer(query, "user_id", None, 1, fields.MAX_INT)
        if chat_id is None and user_id is None:
            raise invalid("chat_id or user_id is required")
        if chat_id is not None:
            self._world.chats.get(chat_id)
        words = call.body(_Message).text
        now = self._world.now()
        self._sent += 1
        recipient: JsonObject = {
            "chat_id": chat_id,
            "chat_type": "dialog" if chat_id is None else "chat",
            "user_id": user_id,
        }
        message: JsonObject = {
            "sender": self._objects.user(self._config.bot_id, now),
            "recipient": recipient,
            "timestamp": now,
            "link": None,
            "body": {
                "mid": f"mid.{self._sent:016x}",
                "seq": self._sent,
                "text": words,
                "attachments": [],
                "link": None,
            },
        }
        return {"message": message}

    async def messages(self, _call: Call) -> JsonObject:
        """Nothing was kept."""
        return {"messages": []}

    async def no_message(self, _call: Call) -> JsonObject:
        """Nothing is pinned."""
        return {"message": None}

    async def no_such_message(self, _call: Call) -> JsonObject:
        """Nothing was kept."""
        raise ApiError(404, "not.found", "no such message")

    async def done(self, _call: Call) -> JsonObject:
        """Agree, and forget."""
        return {"success": True}
