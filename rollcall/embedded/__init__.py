"""Real PostgreSQL and real Apache Kafka from Python packages, for one machine.

What comes in: a data directory and, where wanted, a port. What goes out: an address that has
answered a real client. Data stays in the directory across restarts; one directory belongs to
one running server; every child ends with the process that started it, kill -9 included
(Linux; elsewhere only by ``stop``). Production uses servers of its own instead.
"""

from rollcall.embedded.errors import EmbeddedError
from rollcall.embedded.kafka import EmbeddedKafka
from rollcall.embedded.postgres import EmbeddedPostgres

__all__ = ["EmbeddedError", "EmbeddedKafka", "EmbeddedPostgres"]
