"""The verifier: what was published, judged by the oracle of the wire contract alone.

It shares no code with the engine, and looks at the messenger's own truth, at Kafka's and
PostgreSQL's figures, and at what the ledger and the proxies counted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.oracle import naive
from tests.system.stack import Stack
from tests.system.verifier import check

Accounts = dict[int, str]


@dataclass(slots=True)
class Verdict:
    """What is wrong, by kind; each count should be nought."""

    lost: int = 0
    """Chats and members that should be there and are not."""
    wrong_members: int = 0
    """Accounts that should not be there, or not in that role."""
    second_chats: int = 0
    other_faults: int = 0
    """Titles, the dashboard's views, states that are not converged."""
    examples: list[str] = field(default_factory=list)

    def add(self, kind: str, words: str) -> None:
        """Count one fault."""
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < 20:
            self.examples.append(words)

    def as_json(self) -> dict[str, object]:
        """The counts."""
        return {
            "lost": self.lost,
            "wrong_members": self.wrong_members,
            "second_chats": self.second_chats,
            "other_faults": self.other_faults,
        }


async def judge(school: Stack) -> Verdict:
    """Compare everything with the oracle."""
    verdict = Verdict()
    expected = naive.chats(school.published, datetime.now(UTC))
    chats = await school.chats()
    ours = Counter(_chat_id(chat) for chat in chats)
    for chat_id, count in ours.items():
        if count > 1:
            verdict.add("second_chats", f"{chat_id} is there {count} times")
        if chat_id not in expected:
            verdict.add("wrong_members", f"{chat_id} should not be there")
    there = {_chat_id(chat): chat for chat in chats}
    for chat_id, chat in expected.items():
        if not chat.frozen:
            for kind, words in _faults(chat_id, chat, there.get(chat_id)):
                verdict.add(kind, words)
    try:
        await check(school)
    except AssertionError as fault:
        verdict.add("other_faults", str(fault))
    return verdict


def _faults(
    chat_id: str, chat: naive.Chat, there: Mapping[str, Any] | None
) -> Iterator[tuple[str, str]]:
    if there is None:
        if chat.accounts:
            yield "lost", f"{chat_id} is missing"
        return
    found: Accounts = {
        member["user_id"]: naive.ADMINISTRATOR if member["is_admin"] else naive.MEMBER
        for member in there["members"]
        if not member["is_bot"]
    }
    for account in sorted(chat.accounts.keys() | found.keys()):
        wanted, has = chat.accounts.get(account), found.get(account)
        if has is None:
            yield "lost", f"{chat_id} lacks {account}"
        elif wanted != has:
            yield "wrong_members", f"{chat_id}: {account} is {has} and should be {wanted}"
    if there["title"] != chat.title:
        yield "other_faults", f"{chat_id} has another title"


def _chat_id(chat: Mapping[str, Any]) -> str:
    return str(chat["external_id"]).rpartition("#")[0]
