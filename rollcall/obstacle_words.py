"""What keeps chats from being as they should be, for the command line: what it is, what to do.

Total over ``ObstacleKind``: a kind without words fails the tests.
"""

from domain.obstacles import Obstacle, ObstacleKind

WORDS = {
    ObstacleKind.GAP: (
        "partitions whose records are missing; no chat is changed",
        "find out what was lost, then `rollcall gaps --acknowledge TOPIC/PARTITION`",
    ),
    ObstacleKind.STOPPED: (
        "partitions are not read on, since our own code fails over their records",
        "install a release without the fault, then `rollcall quarantine retry`",
    ),
    ObstacleKind.READ_ONLY: (
        "PostgreSQL takes no changes",
        "is it a standby, is its disk full? it goes on by itself",
    ),
    ObstacleKind.CATCHING_UP: (
        "no chat is changed until what the topics held is read and derived",
        "wait; it passes by itself",
    ),
    ObstacleKind.UNWATCHED: (
        "nobody looks at the topics' ends, so removals wait",
        "start a process that runs ingest; is Kafka there?",
    ),
    ObstacleKind.MISSING: (
        "topics that are to be read do not exist, so removals wait",
        "make them again, or correct ROLLCALL_KAFKA__TOPICS and start again",
    ),
    ObstacleKind.UNREAD: (
        "records wait to be read, so removals wait",
        "look for `ingest.waits` in the log if it lasts",
    ),
    ObstacleKind.UNDERIVED: (
        "changes wait to be derived, so removals wait",
        "look for `derive.waits` in the log if it lasts",
    ),
    ObstacleKind.TOKEN_REFUSED: (
        "chats wait: the messenger refuses our token, no call is made",
        "set ROLLCALL_MESSENGER__TOKEN and start again; it is tried once a minute",
    ),
    ObstacleKind.MESSENGER_FAILING: (
        "chats wait: calls to the messenger fail",
        "they are tried with growing pauses; ask MAX if it lasts",
    ),
    ObstacleKind.ANSWERS_REFUTED: (
        "chats in which the messenger answered that a call was done, and a read showed that not",
        "ask MAX; chats that nobody has read since are swept first",
    ),
    ObstacleKind.WEBHOOK_LOST: (
        "the messenger does not keep our webhook; what people do is found by the sweep alone",
        "is its address reachable from outside, is its certificate trusted?",
    ),
    ObstacleKind.ADDING_OFF: (
        "nobody can be added, only invited by the chats' links",
        "hand out the links; it is tried once a day",
    ),
    ObstacleKind.HELD: (
        "chats whose removals wait for a person",
        "`rollcall plan` shows them, `rollcall approve HASH` lets them go",
    ),
    ObstacleKind.UNLINKING: (
        "chats whose removals wait, for too many people unlinked at once",
        "ask whether the profile service is well; then decide by `rollcall plan`",
    ),
    ObstacleKind.FLAPPING: (
        "chats where somebody was taken out and came back again and again",
        "find out what the register does; `rollcall plan` shows who, then approve or reject",
    ),
    ObstacleKind.REJECTED: (
        "chats where a person rejected removals that the register asks for",
        "nothing; who thinks it over says `rollcall approve HASH`",
    ),
    ObstacleKind.PARKED: (
        "chats in which the bot may do nothing",
        "make the bot an administrator, then `rollcall reconcile CHAT`",
    ),
    ObstacleKind.GONE: (
        "chats that the messenger deleted for ever",
        "`rollcall bring-back CHAT` makes another one",
    ),
    ObstacleKind.REFUSED: (
        "chats whose last call the messenger refused",
        "`rollcall reconcile CHAT` tries again; it is tried once a day",
    ),
    ObstacleKind.FAILING: (
        "chats whose passes fail one after the other",
        "they are tried with pauses of up to 15 minutes",
    ),
    ObstacleKind.SHORT_READ: (
        "chats that count more people than they list",
        "what follows from the list is done; they are read again once a day",
    ),
    ObstacleKind.STUCK: (
        "accounts that the messenger does not let us remove, promote, demote or add",
        "everybody else is served; each is tried once a day, or `rollcall reconcile CHAT`",
    ),
    ObstacleKind.UNDONE: (
        "times that something set right in a chat was changed back, again and again",
        "find out who, or which other bot, changes it; it is set right three times a day",
    ),
    ObstacleKind.OWN_ACCOUNT: (
        "profiles that name the bot's own account",
        "correct the link of these people; the bot stays in every chat",
    ),
    ObstacleKind.UNHEARD: (
        "people unlinked their profile, and the messenger has not taken it yet",
        "they are out of the chats all the same; look for `profile_link.` in the log",
    ),
    ObstacleKind.LESSON_WAITS: (
        "distance lessons whose call waits: for the chat, the register, or its own end",
        "it passes by itself; no chat: somebody of the group has to link a profile",
    ),
    ObstacleKind.LESSON_FAILS: (
        "distance lessons for whose call the messenger says no, or nothing",
        "`rollcall explain LESSON PERSON` tells more; a new decision of its teacher tries again",
    ),
    ObstacleKind.BLOCKED: (
        "accounts that the messenger does not add",
        "hand out the chats' links; each is tried once a day",
    ),
    ObstacleKind.SET_ASIDE: (
        "records set aside because our own code failed over them",
        "install a release without the fault, then `rollcall quarantine retry`",
    ),
    ObstacleKind.UNPUBLISHED: (
        "events of ours wait to be published",
        "look for `outbox.waits` in the log; does Kafka let us write to rollcall.*?",
    ),
    ObstacleKind.LEFT: (
        "people who went out of a chat and are not put back yet",
        "`rollcall drift` lists them",
    ),
}


def line(obstacle: Obstacle) -> str:
    """One line: how many, what, since when, said by whom, where, and what to do."""
    what, advice = WORDS[obstacle.kind]
    since = "" if obstacle.since is None else f", since {obstacle.since:%Y-%m-%d %H:%M} UTC"
    said = "" if obstacle.detail is None else f" ({obstacle.detail})"
    more = ", …" if len(obstacle.about) < obstacle.count else ""
    about = f": {', '.join(obstacle.about)}{more}" if obstacle.about else ""
    kind = obstacle.kind.value.replace("_", " ")
    return f"{kind:<18} {obstacle.count} {what}{since}{said}{about}; {advice}"
