"""The partner contract: creating and deleting chats, calls, and linking profiles.

It is not public; this is the contract that the project specifies, and an adopter maps the
real one to it. Times in it are RFC 3339.
"""

from dataclasses import asdict
from datetime import UTC, datetime

from pydantic import Field

from simulator import fields
from simulator.bot_api import BotApi, failures, halved
from simulator.changes import MeetingSet
from simulator.config import SimulatorConfig
from simulator.meetings import MeetingPlan
from simulator.operations import Call, CallKind, Operation
from simulator.wire import JsonObject, invalid, parse_object
from simulator.world import World


class _Named(fields.Body):
    external_id: fields.Text = Field(min_length=1, max_length=256)


class _NewChat(_Named):
    title: fields.Title
    kind: fields.Text = Field(min_length=1, max_length=64)
    user_ids: fields.Accounts = Field(default_factory=list, max_length=fields.MAX_IDS)
    admin_ids: fields.Accounts = Field(default_factory=list)


class _NewCall(_Named):
    chat_id: int


class _Plan(fields.Body):
    title: fields.Title
    starts_at: fields.Moment
    ends_at: fields.Moment


class PartnerApi:
    """The handlers; adding members is the Bot API's own method under another path."""

    def __init__(self, config: SimulatorConfig, world: World, bot_api: BotApi) -> None:
        self._config = config
        self._world = world
        self._bot_api = bot_api

    def operations(self) -> list[Operation]:
        """What this part of the API offers."""
        chats, calls = "/partner/v1/chats", "/partner/v1/calls"
        links = "/partner/v1/profile-links"
        return [
            Operation("POST", chats, CallKind.CREATE, self.create_chat),
            Operation("DELETE", f"{chats}/{{chat_id}}", CallKind.DELETE, self.delete_chat),
            Operation("POST", f"{chats}/{{chat_id}}/members", CallKind.ADD, self.add_members),
            Operation("POST", calls, CallKind.OTHER, self.plan_call),
            Operation("PATCH", f"{calls}/{{call_id}}", CallKind.OTHER, self.move_call),
            Operation("DELETE", f"{calls}/{{call_id}}", CallKind.OTHER, self.cancel_call),
            Operation("POST", links, CallKind.OTHER, self.issue_link),
            Operation("DELETE", f"{links}/{{external_id}}", CallKind.OTHER, self.unlink),
        ]

    async def create_chat(self, call: Call) -> JsonObject:
        """Create the chat of an ``external_id``, or find it; 410 if it was deleted."""
        body = call.body(_NewChat)
        if len(body.admin_ids) > self._config.max_admins:
            raise invalid(f"admin_ids must hold at most {self._config.max_admins} ids")
        if not set(body.admin_ids) <= set(body.user_ids):
            raise invalid("admin_ids must be among user_ids")
        served, left_out = halved(call, body.user_ids)
        admins = [u for u in body.admin_ids if u in served]
        chat, created, failed = self._world.chats.create(
            body.external_id, body.title, body.kind, served, admins
        )
        made: JsonObject = {"chat_id": chat.chat_id, "link": chat.link, "created": created}
        return made | failures(failed, left_out if created else ())

    async def delete_chat(self, call: Call) -> JsonObject:
        """Delete for ever; 404 where there is none, any more or at all."""
        self._world.chats.delete(call.place("chat_id"))
        return {"success": True}

    async def add_members(self, call: Call) -> JsonObject:
        """Add up to 100 accounts, by the partner's own power: the bot needs no right there."""
        return self._bot_api.add(call, self._world.chats.get(call.place("chat_id")).chat_id)

    async def plan_call(self, call: Call) -> JsonObject:
        """Plan a call in a chat; the same ``external_id`` gives the one that is there."""
        body = parse_object(call.raw)
        new = fields.read(_NewCall, body)
        self._world.chats.get(new.chat_id)
        plan = _plan(fields.read(_Plan, body))
        return _meeting(self._world.meetings.plan(new.external_id, new.chat_id, plan))

    async def move_call(self, call: Call) -> JsonObject:
        """Change a call's title or times; what is absent stays."""
        known = self._world.meetings.get(call.request.path_params["call_id"])
        body = asdict(known) | parse_object(call.raw)
        return _meeting(self._world.meetings.move(known.call_id, _plan(fields.read(_Plan, body))))

    async def cancel_call(self, call: Call) -> JsonObject:
        """Cancel a call; 404 where there is none."""
        self._world.meetings.cancel(call.request.path_params["call_id"])
        return {"success": True}

    async def issue_link(self, call: Call) -> JsonObject:
        """A one-time link by which a person shows which account is theirs."""
        external_id = call.body(_Named).external_id
        link = self._world.accounts.issue_link(external_id, self._config.link_lifetime)
        expires = datetime.fromtimestamp(link.expires_at / 1000, UTC)
        return {
            "link_id": link.link_id,
            "url": f"https://max.ru/link/{link.link_id}",
            "expires_at": expires.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }

    async def unlink(self, call: Call) -> JsonObject:
        """Forget a person's account; 404 where none is linked and no link is open."""
        self._world.accounts.unlink(call.request.path_params["external_id"])
        return {"success": True}


def _plan(body: _Plan) -> MeetingPlan:
    if datetime.fromisoformat(body.ends_at) <= datetime.fromisoformat(body.starts_at):
        raise invalid("ends_at must be later than starts_at")
    return MeetingPlan(body.title, body.starts_at, body.ends_at)


def _meeting(meeting: MeetingSet) -> JsonObject:
    return {
        "call_id": meeting.call_id,
        "join_url": f"https://max.ru/call/{meeting.call_id}",
    }
