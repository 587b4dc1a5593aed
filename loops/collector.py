"""Python's garbage collector, kept from what costs much and finds nothing.

Facts, events and memberships are made in great numbers and hold no cycles. Looking for cycles
among them took a fifth of all reading and two fifths of all deriving.
"""

import gc

_YOUNG_OBJECTS = 50_000
"""Objects that are made before the collector looks among the young ones."""


def calm() -> None:
    """For the whole process: look less often, and never at what is there by now."""
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 50)
