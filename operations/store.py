"""What operations are given to work on; whoever calls them only passes it on."""

from projections.database import Engine
from projections.reports.overview import Overview
from projections.staff.store import StaffStore

__all__ = ["Engine", "Overview", "StaffStore"]
