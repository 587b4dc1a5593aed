"""What a restored database does not know of the calls of distance lessons."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.lanes import Lane

# What a restored database knows of calls is as old as its copy: one that was made may have been
# changed or deleted since, and one that was not may be there.
_DOUBT_ALL = text("""
    UPDATE lesson_calls l
       SET standing = CASE standing WHEN 'made' THEN 'doubted' WHEN 'none' THEN 'asked'
                                    ELSE standing END,
           plans = CASE WHEN standing IN ('none', 'asked') THEN '[]' ELSE plans END,
           lane = CAST(:lane AS smallint), due_at = clock_now(), live = true,
           due_generation = due_generation + 1
      FROM (SELECT lesson_id FROM lesson_calls ORDER BY lesson_id FOR NO KEY UPDATE) known
      LEFT JOIN fact_lessons f USING (lesson_id)
     WHERE l.lesson_id = known.lesson_id AND coalesce(f.ends_at > clock_now(), true)""")


async def doubt_all(connection: AsyncConnection) -> None:
    """The database is older than the messenger: what is known of calls is doubted."""
    await connection.execute(_DOUBT_ALL, {"lane": int(Lane.RESYNC)})
