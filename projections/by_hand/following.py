"""The time that a new decision bears, beside those that it follows.

Guarantees: a clock that was set back makes no decision older than the one that it follows, and
one that was ahead by an hour or more draws no other after it.
"""

from sqlalchemy import TextClause, text


def time_after(followed: str) -> TextClause:
    """The query for it; ``followed``: which decisions it follows, a condition of ours in SQL."""
    return text(f"""
        SELECT greatest(clock_now(), max(at) + interval '1 microsecond') FROM decisions
         WHERE {followed} AND at < clock_now() + interval '1 hour'""")  # noqa: S608 - made of constants
