"""Slots of the call budget: when each was used, and from when it may be again."""

from pathlib import Path

from projections.migrate import run_script

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the SQL beside this file is the definition."""
    run_script((Path(__file__).parent / "0007_slots.sql").read_text("utf-8"))


def downgrade() -> None:
    """Without them calls that travel late would bunch up with those after them."""
    message = "slots are not undone: restore the backup taken before the migration"
    raise NotImplementedError(message)
