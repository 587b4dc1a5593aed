"""What can go wrong inside the simulator, without a word about HTTP.

SimulatorError
├── JournalUnreadableError   the file is not a journal of ours
├── JournalNotWrittenError   the file takes no more; nothing was changed
└── RefusedError             the messenger says no; ``bot_api`` gives each its status
    ├── ChatNotFoundError
    ├── ChatDeletedError
    ├── AccessDeniedError
    ├── AbsentError          the member, administrator, link or call is not there
    ├── ConflictError        a one-time thing was used already, or has expired
    └── NotPossibleError     a limit or a rule of the messenger forbids it
        └── ChatFullError    there is no room in the chat
"""


class SimulatorError(Exception):
    """The root of the simulator's own errors."""


class JournalUnreadableError(SimulatorError):
    """A line of the journal is none of ours, though more lines follow it."""


class JournalNotWrittenError(SimulatorError):
    """The journal's file takes no more; nothing was changed."""


class RefusedError(SimulatorError):
    """The messenger refuses; nothing was changed."""


class ChatNotFoundError(RefusedError):
    """There is no such chat, or not any more."""


class ChatDeletedError(RefusedError):
    """The chat of this external id was deleted, and stays so."""


class AccessDeniedError(RefusedError):
    """The bot is not in the chat, or has not the right that this takes."""


class AbsentError(RefusedError):
    """What was to be changed does not exist."""


class ConflictError(RefusedError):
    """What works once was used already, or came too late."""


class NotPossibleError(RefusedError):
    """A limit or a rule of the messenger forbids the call as a whole."""


class ChatFullError(NotPossibleError):
    """There is no room in the chat."""
