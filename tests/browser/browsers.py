"""Which Chromium the browser tests use: the one without windows, where there is one.

It draws and runs pages as the other does, at two thirds of the processor's time.
"""

import shutil
from typing import Final

import pytest

NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser")

CHROMIUM: Final = next(filter(None, map(shutil.which, NAMES)), None)
"""Its path; None where the machine has none."""

LACKING: Final = "chromium is missing: apt-get install chromium-headless-shell"

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason=LACKING)
