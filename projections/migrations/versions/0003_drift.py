"""Drift: what people do in the messenger, hints about it, and states that are not errors."""

from pathlib import Path

from projections.migrate import run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and views; the SQL beside this file is their definition."""
    run_script((Path(__file__).parent / "0003_drift.sql").read_text("utf-8"))


def downgrade() -> None:
    """Who was kept by a person, and who left by themselves, would be forgotten."""
    message = "drift cannot be undone: its tables hold what people decided"
    raise NotImplementedError(message)
