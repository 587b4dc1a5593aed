"""The partner contract: creating and deleting chats, calls, and linking profiles.

It is not public; this is the contract that the project specifies, and an adopter maps the
real one to it. Times in it are RFC 3339.
"""

from datetime import UTC, datetime

from simulator import fields
from simulator.bot_api import MAX_IDS, BotApi, halved, modified
from simulator.changes import MeetingSet
from simulator.config import SimulatorConfig
from simulator.meetings import MeetingPlan
from simulator.operations import Call, CallKind, Operation
from simulator.wire import Answer, JsonObject, invalid, parse_object
from simulator.world import World

_ID_LENGTH = 256


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

    async def create_chat(self, call: Call) -> Answer:
        """Create the chat of an ``external_id``, or find it; 410 if it was deleted."""
        body = parse_object(call.request.body)
        external_id = fields.text(body, "external_id", 1, _ID_LENGTH)
        title = fields.text(body, "title", 1, 200)
        kind = fields.text(body, "kind", 1, 64)
        people = fields.accounts(body, "user_ids", 0, MAX_IDS)
        admins = fields.accounts(body, "admin_ids", 0, self._config.max_admins)
        if not set(admins) <= set(people):
            raise invalid("admin_ids must be among user_ids")
        served, left_out = halved(call, people)
        chat, created, added = self._world.chats.create(
            external_id, title, kind, served, [u for u in admins if u in served]
        )
        result = modified(added, left_out if created else ())
        return Answer(
            {
                "chat_id": chat.chat_id,
                "link": chat.link,
                "created": created,
                "failed_user_ids": result["failed_user_ids"],
                "failed_user_details": result["failed_user_details"],
            },
            changed=created,
        )

    async def delete_chat(self, call: Call) -> Answer:
        """Delete for ever; 404 where there is none, any more or at all."""
        self._world.chats.delete(self._chat_id(call))
        return Answer({"success": True}, changed=True)

    async def add_members(self, call: Call) -> Answer:
        """Add up to 100 accounts, by the partner's own power: the bot needs no right there."""
        return self._bot_api.add(call, self._world.chats.get(self._chat_id(call)).chat_id)

    async def plan_call(self, call: Call) -> Answer:
        """Plan a call in a chat; the same ``external_id`` gives the one that is there."""
        body = parse_object(call.request.body)
        external_id = fields.text(body, "external_id", 1, _ID_LENGTH)
        chat_id = body.get("chat_id")
        if not isinstance(chat_id, int) or isinstance(chat_id, bool):
            raise invalid("chat_id must be an integer")
        self._world.chats.get(chat_id)
        plan = _plan(body)
        return _meeting(self._world.meetings.plan(external_id, chat_id, plan))

    async def move_call(self, call: Call) -> Answer:
        """Change a call's title or times; what is absent stays."""
        known = self._world.meetings.get(call.params["call_id"])
        body: JsonObject = {
            "title": known.title, "starts_at": known.starts_at, "ends_at": known.ends_at
        }  # fmt: skip
        body |= parse_object(call.request.body)
        return _meeting(self._world.meetings.move(known.call_id, _plan(body)))

    async def cancel_call(self, call: Call) -> Answer:
        """Cancel a call; 404 where there is none."""
        self._world.meetings.cancel(call.params["call_id"])
        return Answer({"success": True})

    async def issue_link(self, call: Call) -> Answer:
        """A one-time link by which a person shows which account is theirs."""
        external_id = fields.text(parse_object(call.request.body), "external_id", 1, _ID_LENGTH)
        link = self._world.accounts.issue_link(external_id, self._config.link_lifetime)
        expires = datetime.fromtimestamp(link.expires_at / 1000, UTC)
        return Answer(
            {
                "link_id": link.link_id,
                "url": f"https://max.ru/link/{link.link_id}",
                "expires_at": expires.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
        )

    async def unlink(self, call: Call) -> Answer:
        """Forget a person's account; 404 where none is linked and no link is open."""
        self._world.accounts.unlink(call.params["external_id"])
        return Answer({"success": True})

    def _chat_id(self, call: Call) -> int:
        return fields.integer(call.params["chat_id"], "chat_id")


def _plan(body: JsonObject) -> MeetingPlan:
    plan = MeetingPlan(
        fields.text(body, "title", 1, 200),
        fields.moment(body, "starts_at"),
        fields.moment(body, "ends_at"),
    )
    if datetime.fromisoformat(plan.ends_at) <= datetime.fromisoformat(plan.starts_at):
        raise invalid("ends_at must be later than starts_at")
    return plan


def _meeting(meeting: MeetingSet) -> Answer:
    return Answer(
        {
            "call_id": meeting.call_id,
            "join_url": f"https://max.ru/call/{meeting.call_id}",
        }
    )
