"""The public Bot API's methods on chats: reading, title, members, administrators.

Names, types and statuses are those of the official description (version 0.0.32).
"""

from collections.abc import Sequence

from pydantic import Field

from simulator import fields
from simulator.accounts import Failed
from simulator.admin_entries import Admins, given_rights
from simulator.chats import Chat
from simulator.config import ActingOnAbsent, Era, SimulatorConfig
from simulator.errors import AbsentError, AccessDeniedError, NotPossibleError
from simulator.objects import Objects
from simulator.operations import Call, CallKind, Operation
from simulator.wire import ApiError, JsonObject, invalid
from simulator.world import World


class _Patch(fields.Body):
    title: fields.Title | None = None
    notify: bool | None = None


class _People(fields.Body):
    user_ids: fields.Accounts = Field(min_length=1, max_length=fields.MAX_IDS)


def failures(failed: Failed, left_out: Sequence[int] = ()) -> JsonObject:
    """Who could not be added; those in ``left_out`` failed for a reason that is not told."""
    by_code: dict[str, list[int]] = {}
    for user_id, code in failed.items():
        by_code.setdefault(code, []).append(user_id)
    return {
        "failed_user_ids": [*failed, *left_out],
        "failed_user_details": [
            {"error_code": code, "user_ids": user_ids} for code, user_ids in by_code.items()
        ],
    }


def halved(call: Call, ids: Sequence[int]) -> tuple[list[int], list[int]]:
    """The ids to serve, and those that a ``partial`` fault leaves out (at least one)."""
    cut = len(ids) // 2 if call.partial else len(ids)
    return list(ids[:cut]), list(ids[cut:])


class BotApi:
    """The handlers, and the rule who may do what."""

    def __init__(self, config: SimulatorConfig, world: World, objects: Objects) -> None:
        self._config = config
        self._world = world
        self._objects = objects

    def operations(self) -> list[Operation]:
        """What this part of the API offers."""
        members, admins = "/chats/{chatId}/members", "/chats/{chatId}/members/admins"
        return [
            Operation("GET", "/me", CallKind.OTHER, self.get_me),
            Operation("PATCH", "/me", CallKind.OTHER, self.get_me),
            Operation("GET", "/chats", CallKind.OTHER, self.get_chats),
            Operation("GET", "/chats/{chatId}", CallKind.READ, self.get_chat),
            Operation("PATCH", "/chats/{chatId}", CallKind.RENAME, self.patch_chat),
            Operation("GET", members, CallKind.READ, self.get_members),
            Operation("POST", members, CallKind.ADD, self.add_members),
            Operation("DELETE", members, CallKind.REMOVE, self.remove_member),
            Operation("GET", f"{members}/me", CallKind.READ, self.get_own_membership),
            Operation("DELETE", f"{members}/me", CallKind.OTHER, self.leave),
            Operation("GET", admins, CallKind.READ, self.get_admins),
            Operation("POST", admins, CallKind.PROMOTE, self.set_admins),
            Operation("DELETE", f"{admins}/{{userId}}", CallKind.DEMOTE, self.remove_admin),
        ]

    async def get_me(self, _call: Call) -> JsonObject:
        """Who the bot is."""
        return self._objects.bot_info(self._world.now())

    async def get_chats(self, _call: Call) -> JsonObject:
        """Gone since June 2026: nobody lists chats for a bot any more."""
        raise ApiError(404, "not.found", "GET /chats is no longer supported")

    async def get_chat(self, call: Call) -> JsonObject:
        """A chat that the bot is in (of others it may see that it was removed)."""
        chat = self._found(call)
        if self._config.removed_bot_sees_status and self._config.bot_id not in chat:
            return self._objects.chat(chat) | {"status": "removed"}
        return self._objects.chat(self._chat(call))

    async def patch_chat(self, call: Call) -> JsonObject:
        """A new title; icon, pin and notify are read over."""
        chat = self._chat(call, "change_chat_info")
        title = call.body(_Patch).title
        if call.ignored and title is not None:
            return self._objects.chat(chat) | {"title": title}
        if title is not None:
            self._world.chats.rename(chat.chat_id, title, self._config.bot_id)
        return self._objects.chat(self._world.chats.get(chat.chat_id))

    async def get_members(self, call: Call) -> JsonObject:
        """One page of members, or chosen ones of them."""
        chat = self._chat(call, "")
        query = call.request.query_params
        chosen = fields.query_list(query, "user_ids")
        if chosen is not None:
            wanted = {fields.integer(item, "user_ids", 1) for item in chosen}
            present = sorted(user_id for user_id in wanted if user_id in chat)
            return self._page(self._objects.members(chat, present))
        count = fields.query_integer(query, "count", 20, 1, fields.MAX_IDS) or 20
        marker = fields.query_integer(query, "marker", None, -fields.MAX_INT, fields.MAX_INT)
        page, following = chat.page(marker or 0, count)
        if call.partial:
            page, following = page[: len(page) // 2], None
        return self._page(self._objects.members(chat, page), following)

    def _page(self, members: list[JsonObject], following: int | None = None) -> JsonObject:
        """``ChatMembersList``; the last one may have no marker at all."""
        if following is None and self._config.era is Era.NOW:
            return {"members": members}
        return {"members": members, "marker": following}

    async def add_members(self, call: Call) -> JsonObject:
        """Add up to 100 accounts; who could not be added is in the answer."""
        if not self._config.bot_may_add:
            raise ApiError(405, "method.not.allowed", "bots no longer add members")
        chat = self._chat(call, "add_remove_members")
        return self.add(call, chat.chat_id)

    def add(self, call: Call, chat_id: int) -> JsonObject:
        """Add the accounts of a request's body (the partner contract's method is the same)."""
        served, left_out = halved(call, call.body(_People).user_ids)
        failed = self._world.chats.add(chat_id, served, self._config.bot_id)
        # A partial failure looks like a success.
        return {"success": True} | failures(failed, left_out)

    async def remove_member(self, call: Call) -> JsonObject:
        """Take one account out."""
        chat = self._chat(call, "add_remove_members")
        values = fields.query_values(call.request.query_params, "user_id")
        if len(values) != 1:
            raise invalid("user_id is required, one a call")
        user_id = fields.integer(values[0], "user_id", 1)
        try:
            self._world.chats.remove(chat.chat_id, user_id, self._config.bot_id)
        except AbsentError:
            return self._absent("user is not a member of the chat")
        return {"success": True}

    async def get_own_membership(self, call: Call) -> JsonObject:
        """The bot as a member."""
        return self._objects.member(self._chat(call), self._config.bot_id)

    async def leave(self, call: Call) -> JsonObject:
        """The bot leaves; the chat stays and is closed to it."""
        chat = self._chat(call)
        self._world.chats.remove(chat.chat_id, self._config.bot_id, None)
        return {"success": True}

    async def get_admins(self, call: Call) -> JsonObject:
        """All administrators, the owner among them."""
        chat = self._chat(call, "")
        return self._page(self._objects.members(chat, sorted(chat.admins)))

    async def set_admins(self, call: Call) -> JsonObject:
        """Give members rights; an entry replaces the rights that its member had."""
        chat = self._chat(call, "add_admins")
        rights = given_rights(chat, call.body(Admins))
        served, left_out = halved(call, list(rights))
        self._world.chats.set_admins(chat.chat_id, {u: rights[u] for u in served})
        if left_out:
            return {"success": False, "message": f"{len(left_out)} entries were not processed"}
        return {"success": True}

    async def remove_admin(self, call: Call) -> JsonObject:
        """Make an administrator an ordinary member."""
        chat = self._chat(call, "add_admins")
        user_id = call.place("userId", 1)
        if user_id == chat.owner_id:
            raise NotPossibleError("the owner stays administrator")
        try:
            self._world.chats.demote(chat.chat_id, user_id)
        except AbsentError:
            return self._absent("user is not an administrator of the chat")
        return {"success": True}

    def _chat(self, call: Call, right: str | None = None) -> Chat:
        """The chat of the call, if the bot may do this there.

        ``right`` None asks for membership, an empty one for administration of any kind.
        """
        chat = self._found(call)
        bot = self._config.bot_id
        if bot not in chat:
            raise AccessDeniedError("the bot is not a member of the chat")
        rights = chat.admins.get(bot)
        if right is not None and (rights is None or (right and right not in rights.permissions)):
            raise AccessDeniedError(
                f"the bot lacks a right in the chat: {right or 'administrator'}"
            )
        return chat

    def _found(self, call: Call) -> Chat:
        chat_id = call.place("chatId")
        chats = self._world.chats
        return chats.get_stale(chat_id) if call.stale else chats.get(chat_id)

    def _absent(self, message: str) -> JsonObject:
        match self._config.acting_on_absent:
            case ActingOnAbsent.ACCEPTED:
                return {"success": True}
            case ActingOnAbsent.UNSUCCESSFUL:
                body: JsonObject = {"success": False, "message": message}
                return body | ({"code": "not.found"} if self._config.era is Era.NOW else {})
            case ActingOnAbsent.NOT_FOUND:
                raise AbsentError(message)
