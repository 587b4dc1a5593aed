"""Reports: views of the quarantine and of orders known under two bodies."""

from pathlib import Path

from projections.migrate import run_script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the views; the SQL beside this file is the definition."""
    run_script((Path(__file__).parent / "0005_reports.sql").read_text("utf-8"))


def downgrade() -> None:
    """The views are promised to dashboards and only ever grow."""
    message = "reports are not undone: dashboards read them"
    raise NotImplementedError(message)
