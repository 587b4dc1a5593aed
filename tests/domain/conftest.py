"""Property tests of pure functions: as many examples as usual, and no clock over them."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
