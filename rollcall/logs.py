"""Log lines on stderr: JSON for machines, plain on a terminal, and never a name.

The last step before rendering is an allow-list: a field that is not on it is dropped, and
its name is kept under ``dropped``, so a field is added here on purpose or not at all. What
is about minors (names, birth dates, sex) has no entry and never gets one. A line that cannot
be written (a full disk, a closed pipe) is lost and stops nothing: a library whose log call
raises may leave a task of its own dead and ours waiting for it.
"""

import logging
import sys
from contextlib import suppress
from typing import Literal

import structlog
from structlog.typing import EventDict, WrappedLogger

ALLOWED = frozenset({
    "event", "level", "timestamp",
    "loop", "reason", "wait", "error", "where",                 # what went wrong
    "topic", "partition", "offset", "records", "quarantined",   # Kafka
    "chat_id", "lesson_id", "school_id", "action", "outcome", "lane",        # chats
    "marks", "chats", "seconds", "lag", "address", "server",    # progress
    "signal", "version",
})  # fmt: skip


def allow_listed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep the fields of the allow-list; of others only that they were there."""
    dropped = sorted(name for name in event if name not in ALLOWED)
    kept = {name: value for name, value in event.items() if name in ALLOWED}
    if dropped:
        kept["dropped"] = dropped
    return kept


def configure(
    level: str, style: Literal["auto", "json", "console"], *, libraries: bool = True
) -> None:
    """Set up structlog, and send what libraries log the same way, by level and logger only.

    ``libraries`` is False for commands that end soon: what fails there is told once, in words.
    """
    plain = style == "console" or (style == "auto" and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if plain else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            allow_listed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=lambda *_: _Stderr(),
        cache_logger_on_first_use=False,
    )
    handler = _LibraryHandler() if libraries else logging.NullHandler()
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # It reports each retry as an error; what matters of Kafka our own loops say.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


class _Stderr:
    """The last step: one line on stderr, whichever that is by now."""

    def msg(self, line: str) -> None:
        """Write the line, or lose it."""
        with suppress(OSError, ValueError):  # ValueError: the stream is closed
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = msg


class _LibraryHandler(logging.Handler):
    """What a library says at WARNING or above, without its text: that may quote a record."""

    def emit(self, record: logging.LogRecord) -> None:
        # Levels between the usual ones are a library's own; structlog knows only the usual.
        level = logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING
        structlog.get_logger().log(
            level,
            "library",
            where=f"{record.name}:{record.lineno}",
            error=record.levelname,
        )
