"""The *provisioning* capability over the partner contract, adding by it, calls and profile links.

What the public Bot API cannot do: create a chat that the bot owns, add people to it, delete it;
learn from a person which account is theirs. The contract is ours (docs describe it); an adopter
maps it to what MAX gives to partners. ``external_id`` is the idempotency key of a create, so one
whose outcome is not known is settled by sending it again.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from domain.call_classes import CallClass
from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from domain.lesson_calls import CallPlan
from gateway.bot_api import ADMINS_A_CHAT, IDS_A_CALL, LONGEST_TITLE, add_call
from gateway.errors import Gone, NotFound, Refused
from gateway.max_http import MaxHttp
from gateway.member_answers import (
    AddAnswer,
    CreatedAnswer,
    LinkAnswer,
    PlannedAnswer,
    failures_of,
)
from gateway.ports import AddFailure, CallBudget, Created, IssuedLink, PlannedCall
from gateway.replies import Answer, Call, JsonValue
from gateway.verdicts import doubt_if_unsuccessful, error_of, problem_of, read_answer

_CHATS = "/partner/v1/chats"
_CALLS = "/partner/v1/calls"
_LINKS = "/partner/v1/profile-links"


class PartnerApi:
    """``Provisioning``, and the partner's way of adding, on one connection and one budget."""

    def __init__(self, http: MaxHttp, budget: CallBudget) -> None:
        self._http = http
        self._budget = budget

    async def create(
        self,
        external_id: str,
        title: str,
        kind: str,
        user_ids: Sequence[MaxUserId],
        admin_ids: Sequence[MaxUserId],
        lane: Lane,
    ) -> Created:
        """Create, or find, the chat of this ``external_id``. ``Gone`` if it was deleted."""
        body: JsonValue = {
            "external_id": external_id,
            "title": title,
            "kind": kind,
            "user_ids": [*user_ids],
            "admin_ids": [*admin_ids],
        }
        call = Call("POST", _CHATS, changes=True, body=body, kind=CallClass.PARTNER)
        if len(user_ids) > IDS_A_CALL or len(admin_ids) > ADMINS_A_CHAT:
            raise Refused(str(call), 0, "ids.count")
        if not 1 <= len(title) <= LONGEST_TITLE:
            raise Refused(str(call), 0, "title.length")
        reply = await self._http.send(call, self._budget, lane)
        doubt_if_unsuccessful(call, reply)
        answer = read_answer(call, reply, CreatedAnswer)
        failed = answer.of([*user_ids, *admin_ids])
        return Created(MaxChatId(answer.chat_id), answer.link, answer.created, failed)

    async def add(
        self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane
    ) -> Mapping[MaxUserId, AddFailure]:
        """Add up to 100 accounts by the contract; the answer names those not added."""
        call = add_call(f"{_CHATS}/{chat_id}/members", user_ids)
        answer = await self._http.ask(call, AddAnswer, self._budget, lane)
        return failures_of(call, answer, user_ids)

    async def delete(self, chat_id: MaxChatId, lane: Lane) -> None:
        """Delete for ever; a chat that is not there counts as deleted."""
        await self._end(
            Call("DELETE", f"{_CHATS}/{chat_id}", changes=True, kind=CallClass.PARTNER), lane
        )

    async def issue_link(self, external_id: str, lane: Lane) -> IssuedLink:
        """A new link for this person; it ends the one before it."""
        body: JsonValue = {"external_id": external_id}
        call = Call("POST", _LINKS, changes=True, body=body, kind=CallClass.PARTNER)
        reply = await self._http.send(call, self._budget, lane)
        doubt_if_unsuccessful(call, reply)
        answer = read_answer(call, reply, LinkAnswer)
        return IssuedLink(answer.url, answer.expires_at)

    async def end_link(self, external_id: str, lane: Lane) -> None:
        """Unlink the person; one who is not linked counts as unlinked."""
        path = f"{_LINKS}/{quote(external_id, safe=':')}"
        await self._end(Call("DELETE", path, changes=True, kind=CallClass.PARTNER), lane)

    async def plan_call(
        self, external_id: str, chat_id: MaxChatId, plan: CallPlan, lane: Lane
    ) -> PlannedCall:
        """Plan a call, or find the one of this ``external_id``, which stays as it is."""
        body: dict[str, JsonValue] = {"external_id": external_id, "chat_id": chat_id}
        call = Call("POST", _CALLS, changes=True, body=body | _words(plan), kind=CallClass.CALL)
        return await self._planned(call, lane)

    async def change_call(self, call_id: str, plan: CallPlan, lane: Lane) -> PlannedCall:
        """Give a call other words or times."""
        return await self._planned(_of_call("PATCH", call_id, _words(plan)), lane)

    async def end_call(self, call_id: str, lane: Lane) -> None:
        """Delete a call; one that is not there counts as deleted."""
        await self._end(_of_call("DELETE", call_id), lane)

    async def _planned(self, call: Call, lane: Lane) -> PlannedCall:
        reply = await self._http.send(call, self._budget, lane)
        doubt_if_unsuccessful(call, reply)
        answer = read_answer(call, reply, PlannedAnswer)
        return PlannedCall(answer.call_id, answer.join_url)

    async def _end(self, call: Call, lane: Lane) -> None:
        """Have something be no more; what is not there is none.

        The contract describes no body: an empty one will do. A 404 in words that are not the
        messenger's (a wrong address answers so too) leaves it unknown.
        """
        reply = await self._http.send(call, self._budget, lane)
        doubt_if_unsuccessful(call, reply)
        if reply.is_success:
            if reply.body.strip():
                read_answer(call, reply, Answer)
            return
        error = error_of(call, reply)
        if isinstance(error, NotFound | Gone) and problem_of(reply) is not None:
            return
        raise error


def _of_call(method: str, call_id: str, body: JsonValue = None) -> Call:
    """A call about a call; its id is part of the link to it with some, so it is told nowhere."""
    return Call(
        method,
        f"{_CALLS}/{quote(call_id, safe=':')}",
        changes=True,
        body=body,
        kind=CallClass.CALL,
        shown=f"{_CALLS}/…",
    )


def _words(plan: CallPlan) -> dict[str, JsonValue]:
    return {
        "title": plan.title,
        "starts_at": plan.starts_at.isoformat(),
        "ends_at": plan.ends_at.isoformat(),
    }


__all__ = ["PartnerApi"]
