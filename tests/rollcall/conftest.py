"""Fixtures: the two schools."""

from tests.staff.fixtures import town_url, towns

__all__ = ["town_url", "towns"]
