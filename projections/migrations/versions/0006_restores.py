"""Restores: chats whose membership a restore made unknown, and chats deleted for ever."""

from pathlib import Path

from projections.migrate import run_script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and replace two views; the SQL beside this file is the definition."""
    run_script((Path(__file__).parent / "0006_restores.sql").read_text("utf-8"))


def downgrade() -> None:
    """Strangers that wait for a person after a restore would leave by themselves."""
    message = "restores are not undone: who waits for a person would be forgotten"
    raise NotImplementedError(message)
