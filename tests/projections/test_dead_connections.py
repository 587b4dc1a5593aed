"""What the server has closed is left alone by the pool, without asking each time."""

from projections.database import create_engine
from tests.projections.builders import fetch

OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()"""


async def test_a_connection_that_the_server_closed_is_not_handed_out(database_url: str) -> None:
    ours, other = create_engine(database_url, pool_size=1), create_engine(database_url, pool_size=1)
    try:
        ((before,),) = await fetch(ours, "SELECT pg_backend_pid()")
        assert await fetch(other, OTHERS) == [(True,)]
        ((after,),) = await fetch(ours, "SELECT pg_backend_pid()")
        assert before != after
    finally:
        await ours.dispose()
        await other.dispose()
