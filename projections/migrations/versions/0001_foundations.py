"""Everything: tables and functions in the order of ``schema``, then the views for dashboards."""

from projections.migrate import create_views, run_script, scripts

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything; the scripts in ``schema`` are the one definition."""
    for script in scripts("schema"):
        run_script(script)
    create_views()


def downgrade() -> None:
    """There is nothing before the foundations."""
    message = "the first migration cannot be undone: drop the database instead"
    raise NotImplementedError(message)
