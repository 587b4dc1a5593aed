"""Facts, marks, chats, the queue, intents and the outbox; the views for dashboards."""

from pathlib import Path

from projections.migrate import run_script

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything; the SQL beside this file is the one definition of the tables."""
    for name in ("0001_foundations.sql", "0001_dashboard.sql"):
        run_script((Path(__file__).parent / name).read_text("utf-8"))


def downgrade() -> None:
    """There is nothing before the foundations."""
    message = "the first migration cannot be undone: drop the database instead"
    raise NotImplementedError(message)
