"""The whole state of the simulator behind one door: changes are journalled, applied, reported.

A change is in the journal (if there is one) before it is true, and true before anybody is
told. Without a journal the world forgets everything at its end.
"""

from collections.abc import Callable, Sequence
from typing import assert_never

from simulator.accounts import Accounts
from simulator.changes import (
    AccountSet,
    AdminRemoved,
    AdminSet,
    BotSet,
    Change,
    ChatCreated,
    ChatDeleted,
    LinkConfirmed,
    LinkIssued,
    MeetingDeleted,
    MeetingSet,
    MemberRemoved,
    MembersAdded,
    OwnerSet,
    Subscribed,
    TitleChanged,
    TokenSet,
    Unlinked,
    Unsubscribed,
)
from simulator.chat_book import ChatBook
from simulator.config import SimulatorConfig
from simulator.journal import Journal
from simulator.meetings import Meetings

Observer = Callable[[Change], None]


class World:
    """Chats, accounts, meetings, subscriptions and the token of one simulated messenger."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._config = config
        self._journal = Journal(config.journal) if config.journal else None
        self._observers: list[Observer] = []
        self.accounts = Accounts(self.commit, self.now)
        self.meetings = Meetings(self.commit)
        self.chats = ChatBook(config, self.accounts, self.commit_all, self.now)
        self.subscriptions: dict[str, Subscribed] = {}
        self.token_valid = True
        self.changes = 0
        """How many were made since the start."""
        if self._journal:
            for change in self._journal.replay():
                self._apply(change)

    def now(self) -> int:
        """The time of the messenger in milliseconds since 1970."""
        return int(self._config.wall() * 1000)

    def observe(self, observer: Observer) -> None:
        """Have every change from now on reported, after it is true."""
        self._observers.append(observer)

    def subscribe(self, url: str, update_types: tuple[str, ...] | None, secret: str | None) -> None:
        """Send updates to this address from now on, replacing an earlier subscription of it."""
        self.commit(Subscribed(url, update_types, secret, self.now()))

    def unsubscribe(self, url: str) -> bool:
        """Send nothing more there; says whether there was a subscription."""
        if url not in self.subscriptions:
            return False
        self.commit(Unsubscribed(url))
        return True

    def set_token(self, *, valid: bool) -> None:
        """Withdraw the bot's token, or give it back."""
        self.commit(TokenSet(valid))

    def commit(self, change: Change) -> None:
        """Make one change durable and true."""
        self.commit_all((change,))

    def commit_all(self, changes: Sequence[Change]) -> None:
        """Make changes durable and true in this order, then report them."""
        if self._journal:
            self._journal.append(changes)
        self.changes += len(changes)
        for change in changes:
            self._apply(change)
        for change in changes:
            for observer in self._observers:
                observer(change)

    def close(self) -> None:
        """Let go of the journal's file."""
        if self._journal:
            self._journal.close()

    def _apply(self, change: Change) -> None:
        match change:
            case (
                ChatCreated()
                | ChatDeleted()
                | TitleChanged()
                | MembersAdded()
                | MemberRemoved()
                | AdminSet()
                | AdminRemoved()
                | OwnerSet()
            ):
                self.chats.apply(change)
            case AccountSet() | BotSet() | LinkIssued() | LinkConfirmed() | Unlinked():
                self.accounts.apply(change)
            case MeetingSet() | MeetingDeleted():
                self.meetings.apply(change)
            case Subscribed():
                self.subscriptions[change.url] = change
            case Unsubscribed():
                self.subscriptions.pop(change.url, None)
            case TokenSet():
                self.token_valid = change.valid
            case _:
                assert_never(change)
