"""Searching, ordering and paging lists that fit into memory, by Russian rules.

The lists are those of one region's schools and one school's chats: a few thousand rows at
most. PostgreSQL has no Russian collation here, and «9а» is to stand before «10а».
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Generic, TypeVar

T = TypeVar("T")

PAGE_SIZES = (10, 25, 50, 100)
_NUMBERS = re.compile(r"([0-9]{1,18})")


def order_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Numbers by value, letters without regard to case, ё right after е."""
    parts = _NUMBERS.split(name.casefold())
    return tuple(
        (0, int(part), "") if index % 2 else (1, 0, part.replace("ё", "е\uffff"))
        for index, part in enumerate(parts)
        if part
    )


def matches(needle: str, *haystacks: str | None) -> bool:
    """Whether every word of ``needle`` stands in one of the texts; е and ё are one letter."""
    texts = [_folded(text) for text in haystacks if text]
    return all(any(word in text for text in texts) for word in _folded(needle).split())


def _folded(text: str) -> str:
    return text.casefold().replace("ё", "е")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list; ``number`` counts from 1 and is never past the last page."""

    rows: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page; 1 for an empty list."""
        return max(1, ceil(self.total / self.size))

    @property
    def first_row(self) -> int:
        """The number of the first row shown; 0 for an empty list."""
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last_row(self) -> int:
        """The number of the last row shown."""
        return min(self.total, self.number * self.size)


def start_of(number: int, size: int, total: int) -> tuple[int, int]:
    """(page number within the list, index of its first row)."""
    within = min(number, max(1, ceil(total / size)))
    return within, (within - 1) * size


def page_of(rows: Sequence[T], number: int, size: int) -> Page[T]:
    """Cut one page out of a whole list."""
    within, start = start_of(number, size, len(rows))
    return Page(rows[start : start + size], within, size, len(rows))
