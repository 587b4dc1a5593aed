"""The bot's webhooks: which there are, and setting and ending them.

A subscription is dropped by MAX after eight hours without a 200, so somebody has to look.
Setting one that exists and ending one that does not are harmless, so both may be repeated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.lanes import Lane
from gateway.max_http import MaxHttp
from gateway.ports import CallBudget
from gateway.replies import Answer, Call, JsonValue, Query
from gateway.verdicts import read_success

_PATH = "/subscriptions"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One webhook; no update types means all of them."""

    url: str
    update_types: tuple[str, ...]


class _SubscriptionIn(Answer):
    url: str
    update_types: tuple[str, ...] | None = None


class _SubscriptionsIn(Answer):
    subscriptions: tuple[_SubscriptionIn, ...]


class Subscriptions:
    """Webhook subscriptions on one connection and one budget."""

    def __init__(self, http: MaxHttp, budget: CallBudget) -> None:
        self._http = http
        self._budget = budget

    async def present(self, lane: Lane) -> tuple[Subscription, ...]:
        """All subscriptions of the bot."""
        call = Call("GET", _PATH, changes=False)
        answer = await self._http.ask(call, _SubscriptionsIn, self._budget, lane)
        return tuple(
            Subscription(entry.url, entry.update_types or ()) for entry in answer.subscriptions
        )

    async def subscribe(
        self, url: str, update_types: Sequence[str], secret: str, lane: Lane
    ) -> None:
        """Have updates of these types sent to ``url`` with ``secret`` in their header."""
        body: dict[str, JsonValue] = {
            "url": url,
            "update_types": [*update_types],
            "secret": secret,
        }
        call = Call("POST", _PATH, changes=True, body=body)
        read_success(call, await self._http.send(call, self._budget, lane))

    async def unsubscribe(self, url: str, lane: Lane) -> None:
        """Have no more updates sent to ``url``."""
        call = Call("DELETE", _PATH, changes=True, query=Query(url=url))
        read_success(call, await self._http.send(call, self._budget, lane))


__all__ = ["Subscription", "Subscriptions"]
