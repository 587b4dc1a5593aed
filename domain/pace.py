"""The pace of calls: how many a second the messenger takes, found out and not believed.

Pure steps over what was met. A refusal brings the pace down: to the number that the messenger
told, where it told one below the pace; else to what was fine before, or by three tenths. It
climbs one by one while the slots are used up and nothing is refused: quickly up to where it was
refused before, and past that at intervals that double. So a limit that moved is found again,
and one that stays is met once in a long while.
"""

from dataclasses import dataclass, replace

WINDOW_SECONDS = 1.06
"""In which no more calls are granted than the pace: over one, since calls travel unevenly."""

STEP = 0.7
"""What is left of the pace where nothing better is known."""

STEADY_SECONDS = 5.0
"""A pace that lasted so long without a refusal was fine; so long one step takes."""

FIRST_PATIENCE = 60.0
TOLD_PATIENCE = 600.0
LONGEST_PATIENCE = 3600.0

SAME_SECONDS = 3.0
"""Refusals so close together are of one moment, and bring the pace down once: the pause that
each brings, and what had its grant before that, are over then."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Calls a second that are asked for; all times in seconds.

    ``fine`` is the greatest that is known to be taken, ``refused`` the least that was not;
    ``patience`` is how long the pace stays just below that, ``told`` whether the messenger
    named the number.
    """

    calls: int
    fine: int | None = None
    refused: int | None = None
    patience: float = FIRST_PATIENCE
    told: bool = False

    @property
    def stays(self) -> float:
        """How long this pace is kept before one more call a second is tried."""
        return self.patience if self.refused == self.calls + 1 else STEADY_SECONDS


def slower(pace: Pace, told: int | None, lasted: float) -> Pace:
    """The pace after a refusal; ``lasted`` is how long it was the pace.

    Where the pace was taken before, or is not above the number that was told, calls bunched up
    or others call too: then one call less is enough, and soon tried again.
    """
    if told is not None and told < pace.calls:
        return Pace(told, None, told + 1, _next_patience(pace, told, TOLD_PATIENCE), told=True)
    climbed = pace.fine is not None and pace.fine < pace.calls
    if lasted < SAME_SECONDS and not climbed:
        return pace
    if climbed and pace.fine is not None:
        patience = _next_patience(pace, pace.fine, FIRST_PATIENCE)
        return Pace(pace.fine, pace.fine, pace.calls, patience, told=pace.told)
    if told is not None or pace.fine is not None:
        return replace(pace, calls=max(1, pace.calls - 1), fine=None)
    calls = max(1, int(pace.calls * STEP))
    return Pace(calls, None, pace.calls, _next_patience(pace, calls, FIRST_PATIENCE))


def faster(pace: Pace, most: int) -> Pace | None:
    """The pace after it was kept for as long as it stays, all slots used; None where it is set."""
    if pace.calls >= most:
        return None
    past = pace.refused is not None and pace.refused <= pace.calls
    return replace(
        pace, calls=pace.calls + 1, fine=pace.calls, refused=None if past else pace.refused
    )


def _next_patience(pace: Pace, calls: int, first: float) -> float:
    """Twice as long where the same was found out again."""
    again = pace.refused == calls + 1
    return min(pace.patience * 2, LONGEST_PATIENCE) if again else first
