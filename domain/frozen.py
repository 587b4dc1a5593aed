"""Closed chats: nobody enters by itself, and only who must not stay leaves.

A closing class is frozen, not emptied: people stay although the rules no longer expect
them. Out go those who unlinked, were removed, were excluded by hand, and guardians whose
guardianship ended (events.md, «Closing»).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from domain.ids import MaxUserId


@dataclass(frozen=True, slots=True)
class Bystander:
    """Somebody linked to an account in a closed chat whom the rules do not expect there.

    ``former_guardian``: in a parents chat, of a pupil of the class, and no longer.
    """

    removed: bool = False
    excluded: bool = False
    former_guardian: bool = False

    @property
    def stays(self) -> bool:
        """Whether the person may stay."""
        return not (self.removed or self.excluded or self.former_guardian)


def leavers(accounts: Mapping[MaxUserId, Collection[Bystander]]) -> frozenset[MaxUserId]:
    """Which of the accounts leave the closed chat.

    ``accounts`` names, for each account that is present and not expected, everyone linked to
    it by now; nobody means that its person unlinked. A shared account stays while one of
    its people may.
    """
    return frozenset(
        account for account, people in accounts.items() if not any(each.stays for each in people)
    )
