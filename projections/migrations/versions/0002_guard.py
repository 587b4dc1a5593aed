"""The guard: removals reserved before they are called, and plans that wait for a person."""

from pathlib import Path

from projections.migrate import run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and their view; the SQL beside this file is their definition."""
    run_script((Path(__file__).parent / "0002_guard.sql").read_text("utf-8"))


def downgrade() -> None:
    """Without reservations nobody would know what was removed already."""
    message = "the guard's tables cannot be undone: they say what was removed and who approved it"
    raise NotImplementedError(message)
