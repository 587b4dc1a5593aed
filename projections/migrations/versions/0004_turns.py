"""Turns: fair queueing between schools within a lane."""

from pathlib import Path

from projections.migrate import run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give the queue its schools and turns; the SQL beside this file is the definition."""
    run_script((Path(__file__).parent / "0004_turns.sql").read_text("utf-8"))


def downgrade() -> None:
    """Without turns the queue of before would need its index again."""
    message = "turns are not undone: an older Rollcall does not claim by them"
    raise NotImplementedError(message)
