"""How a chat stands, as SQL over the staff's views: the one place that tells them apart.

Guarantees: every chat has exactly one standing; what a chat as a whole waits for is told by
``domain.chat_standings.standing_of_wait`` alone, so a new ``ChatWait`` cannot be forgotten here.
"""

from typing import Final

from domain.chat_standings import ChatStanding, standing_of_wait
from domain.work import FAILING_AFTER, ChatWait

_RESTS: Final = "coalesce(d.due_at > clock_now(), true)"

# That it is held is told by what is undecided. Whoever lets go what was rejected makes the chat
# due; what it waited for is written anew by the pass that follows.
_WAITS: Final = " ".join(
    f"WHEN d.waiting = '{wait.value}'"
    f"{f' AND {_RESTS}' if wait is ChatWait.REJECTED else ''}"
    f" THEN '{standing_of_wait(wait).value}'"
    for wait in ChatWait
    if wait is not ChatWait.HELD
)

# A chat in which nothing can be done is not being deleted, whatever was decided.
_HELPLESS: Final = f"'{ChatWait.PARKED.value}', '{ChatWait.REFUSED.value}'"
_CAN_BE_CALLED: Final = f"coalesce(d.waiting NOT IN ({_HELPLESS}), true)"

# Of the deleted first: nothing else is of interest. Then what a person must act on, then what
# ends by itself.
STANDING: Final = f"""CASE
    WHEN d.deleted AND d.max_chat_id IS NULL AND d.due_at IS NULL
        THEN '{ChatStanding.DELETED.value}'
    WHEN (d.deleted OR d.deletion_decided) AND {_CAN_BE_CALLED}
        THEN '{ChatStanding.DELETING.value}'
    WHEN cardinality(d.undecided) > 0 THEN '{ChatStanding.HELD.value}'
    WHEN d.frozen THEN '{ChatStanding.FROZEN.value}'
    {_WAITS}
    WHEN d.max_chat_id IS NULL AND n.linked = 0 THEN '{ChatStanding.NO_PROFILES.value}'
    WHEN d.attempts >= {FAILING_AFTER} THEN '{ChatStanding.FAILING.value}'
    WHEN d.observed_at IS NULL OR d.attempts > 0 OR d.due_at <= clock_now()
        THEN '{ChatStanding.PENDING.value}'
    WHEN d.stuck THEN '{ChatStanding.STUCK.value}'
    WHEN n.outside > 0 OR d.blocked THEN '{ChatStanding.OUTSIDE.value}'
    WHEN d.due_at IS NULL THEN '{ChatStanding.CONVERGED.value}'
    ELSE '{ChatStanding.PENDING.value}'
END"""
"""Of a chat with its row ``d`` of ``staff.chat_standings`` and ``n`` of its numbers."""
