"""What nearly all of several measures stay within."""

import math
from collections.abc import Sequence


def percentile(measures: Sequence[float], share: float) -> float:
    """The smallest of the measures that this share of them, 0 to 1, does not pass."""
    ordered = sorted(measures)
    return ordered[math.ceil(share * len(ordered)) - 1]
