"""What tells an outage of ours from a failure that is about one thing.

The rooms that meet servers of ours derive their own error for it from this one, so that a loop
of another room can wait an outage out without knowing the room.
"""


class Outage(Exception):
    """A server of ours does not answer: nothing is wrong with what was asked of it."""
