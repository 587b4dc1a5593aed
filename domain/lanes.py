"""The lanes in which work on chats waits for the one budget of calls.

A smaller number goes first. The order is a promise: a removal for safety never queues
behind a replay.
"""

from enum import IntEnum


class Lane(IntEnum):
    """Why a chat is due, in the order in which the budget is given out."""

    SAFETY = 0
    LIVE = 1
    STAFF = 2
    RESYNC = 3
    REPLAY = 4
