"""What becomes of people who are added to a chat: each of them by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

ALREADY_MEMBER = "add.participant.already.member"
"""Not in MAX's documentation: what a client would meet if adding a present member failed."""

CHAT_FULL = "chat.full"
"""By the partner contract: there is no room for the account."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of an addition: who is new, and who failed under which code."""

    new: tuple[int, ...]
    failed: Mapping[int, str]
