"""The *membership* capability over the public MAX Bot API.

A read is the chat and every page of its members; one whose pages do not end says so. Changing
calls say what they did by returning; what they could not do comes as ``gateway.errors``.
Removing somebody who is not there and demoting somebody who has no rights count as done,
however the messenger words that (see ``gateway.absence``); a call that the API is known to
refuse (more than 100 ids, 50 administrators, a title past 200 code points) is ``Refused``
without being sent.
"""

from collections.abc import Mapping, Sequence

from domain.call_classes import CallClass
from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from gateway.absence import Absence, Verb, absence
from gateway.errors import BadAnswer, Forbidden, Gone, IncompleteRead, NotFound, Refused
from gateway.max_http import MaxHttp
from gateway.member_answers import (
    AddAnswer,
    ChangedChat,
    ChatAnswer,
    MemberAnswer,
    MembersPage,
    failures_of,
)
from gateway.ports import AddFailure, BotStanding, CallBudget, ChatSnapshot, SeenMember
from gateway.replies import Call, JsonValue, Query
from gateway.verdicts import (
    doubt_if_unsuccessful,
    problem_of,
    read_answer,
    read_success,
    unbelievable,
)

IDS_A_CALL = 100
ADMINS_A_CHAT = 50
LONGEST_TITLE = 200

_PAGE = 100
# 50,000 members: far past any chat of a school, so only an endless marker gets there.
_MOST_PAGES = 500

# All that an administrator of a group chat can be given; the rest of the API's list is for
# channels, or is an older name of one of these.
FULL_PERMISSIONS = (
    "read_all_messages",
    "add_remove_members",
    "add_admins",
    "change_chat_info",
    "pin_message",
    "write",
    "can_call",
    "edit_link",
)


class BotApi:
    """``Membership`` on one connection and one budget."""

    def __init__(self, http: MaxHttp, budget: CallBudget) -> None:
        self._http = http
        self._budget = budget

    async def whoami(self, lane: Lane) -> MaxUserId:
        """The bot's own account, which owns every chat and is never removed."""
        call = Call("GET", "/me", changes=False)
        answer = await self._http.ask(call, MemberAnswer, self._budget, lane)
        return MaxUserId(answer.user_id)

    async def read(self, chat_id: MaxChatId, lane: Lane) -> ChatSnapshot:
        """Read the chat and every page of its members; two calls for up to 100 members."""
        call = Call("GET", f"/chats/{chat_id}", changes=False)
        chat = await self._http.ask(call, ChatAnswer, self._budget, lane)
        _check_standing(call, chat, chat_id)
        members, ends = await self._members(chat_id, lane)
        return ChatSnapshot(chat_id, chat.title or "", members, chat.participants_count, ends)

    async def standing(self, chat_id: MaxChatId, lane: Lane) -> BotStanding:
        """How the bot itself stands to the chat; one call."""
        call = Call("GET", f"/chats/{chat_id}/members/me", changes=False)
        try:
            me = await self._http.ask(call, MemberAnswer, self._budget, lane)
        except (Forbidden, NotFound, Gone):
            return BotStanding(is_member=False)
        told = None if me.permissions is None else frozenset(me.permissions)
        # An owner who administers has every right, whatever is listed.
        return BotStanding(True, me.is_admin, None if me.is_owner else told)

    async def _members(self, chat_id: MaxChatId, lane: Lane) -> tuple[tuple[SeenMember, ...], bool]:
        """The members, and whether their pages end."""
        path, query = f"/chats/{chat_id}/members", Query(count=_PAGE)
        seen: dict[MaxUserId, SeenMember] = {}
        markers: set[int] = set()
        while len(markers) < _MOST_PAGES:
            call = Call("GET", path, changes=False, query=query)
            page = await self._http.ask(call, MembersPage, self._budget, lane)
            # Who is doubled was moved between pages; the later page is the fresher word.
            seen.update((member.user_id, member) for member in page.in_our_words())
            if page.marker is None or page.marker in markers:
                return _never_empty(call, tuple(seen.values())), page.marker is None
            markers.add(page.marker)
            query = Query(count=_PAGE, marker=page.marker)
        return tuple(seen.values()), False

    async def add(
        self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane
    ) -> Mapping[MaxUserId, AddFailure]:
        """Add up to 100 accounts by the Bot API; the answer names those that were not added."""
        call = add_call(f"/chats/{chat_id}/members", user_ids)
        answer = await self._http.ask(call, AddAnswer, self._budget, lane)
        return failures_of(call, answer, user_ids)

    async def remove(self, chat_id: MaxChatId, user_id: MaxUserId, lane: Lane) -> None:
        """Remove one account; one who is not there counts as removed."""
        path = f"/chats/{chat_id}/members"
        call = Call(
            "DELETE", path, changes=True, query=Query(user_id=user_id), kind=CallClass.CHANGE
        )
        await self._undo(call, Verb.REMOVE, lane)

    async def demote(self, chat_id: MaxChatId, user_id: MaxUserId, lane: Lane) -> None:
        """Take an administrator's rights; one who has none counts as demoted."""
        path = f"/chats/{chat_id}/members/admins/{user_id}"
        call = Call("DELETE", path, changes=True, kind=CallClass.CHANGE)
        await self._undo(call, Verb.DEMOTE, lane)

    async def _undo(self, call: Call, verb: Verb, lane: Lane) -> None:
        reply = await self._http.send(call, self._budget, lane)
        problem = problem_of(reply)
        what = absence(reply, problem, verb)
        if what is Absence.PERSON:
            return
        if what is Absence.UNCLEAR and problem is not None:
            raise NotFound(str(call), reply.status, problem.code or "", problem.message or "")
        read_success(call, reply)

    async def promote(self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane) -> None:
        """Make present members administrators with every right, in one call for up to 50."""
        admins: list[JsonValue] = [
            {"user_id": user_id, "permissions": list(FULL_PERMISSIONS)} for user_id in user_ids
        ]
        path = f"/chats/{chat_id}/members/admins"
        call = Call("POST", path, changes=True, body={"admins": admins}, kind=CallClass.CHANGE)
        _check_count(call, user_ids, ADMINS_A_CHAT)
        read_success(call, await self._http.send(call, self._budget, lane))

    async def rename(self, chat_id: MaxChatId, title: str, lane: Lane) -> str | None:
        """Set the title (1-200 code points); what the messenger made of it."""
        call = Call(
            "PATCH",
            f"/chats/{chat_id}",
            changes=True,
            body={"title": title},
            kind=CallClass.CHANGE,
        )
        if not 1 <= len(title) <= LONGEST_TITLE:
            raise Refused(str(call), 0, "title.length")
        reply = await self._http.send(call, self._budget, lane)
        doubt_if_unsuccessful(call, reply)
        answer = read_answer(call, reply, ChangedChat)
        if answer.chat_id != chat_id:
            raise unbelievable(call, "the answer is about another chat")
        return answer.title


def add_call(path: str, user_ids: Sequence[MaxUserId]) -> Call:
    """The call that adds accounts, in the words that both APIs share."""
    call = Call("POST", path, changes=True, body={"user_ids": [*user_ids]}, kind=CallClass.ADD)
    _check_count(call, user_ids, IDS_A_CALL)
    return call


def _check_count(call: Call, user_ids: Sequence[MaxUserId], most: int) -> None:
    if not 1 <= len(user_ids) <= most:
        raise Refused(str(call), 0, "ids.count")


def _never_empty(call: Call, members: tuple[SeenMember, ...]) -> tuple[SeenMember, ...]:
    if not members:
        raise IncompleteRead(str(call), "no members, though the bot itself must be one")
    return members


def _check_standing(call: Call, chat: ChatAnswer, asked: MaxChatId) -> None:
    if chat.chat_id != asked:
        raise BadAnswer(str(call), "the answer is about another chat")
    if chat.status in {"removed", "left", "closed"}:
        raise Forbidden(str(call), 200, f"status.{chat.status}")


__all__ = ["ADMINS_A_CHAT", "FULL_PERMISSIONS", "IDS_A_CALL", "LONGEST_TITLE", "BotApi", "add_call"]
