"""Made-up schools: the example school of ``demo``, and regions of any size for ``synth``.

Nothing here is a copy of a real register; everything follows from a seed and a day, and
every event fits the wire contract.
"""

from synth.region import generate, write

__all__ = ["generate", "write"]
