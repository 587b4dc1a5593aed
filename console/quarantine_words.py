"""Whose fault it is that a record is in quarantine, in Russian.

Total over ``Cause``, so that no new one is shown in English or not at all.
"""

from typing import assert_never

from console.words import Word
from operations.arrivals import Cause


def cause(whose: Cause) -> Word:
    """The word for it; what exactly is wrong stands beside, in the words of the contract."""
    match whose:
        case Cause.CONTRACT:
            return Word("Не по контракту", "×", "quiet")
        case Cause.OURS:
            return Word("Ошибся Rollcall", "!", "attention")
        case Cause.STORE:
            return Word("Не принял PostgreSQL", "!", "attention")
        case _:
            assert_never(whose)
