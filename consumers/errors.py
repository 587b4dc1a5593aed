"""What can go wrong with Kafka, in the project's own words.

``ConsumersError``
├── ``KafkaUnavailable``  it cannot be reached, or did not answer in time: try again later
├── ``KafkaRefused``      it refuses what we ask (rights, a bad setting): a person must look
├── ``TopicsMissing``     topics that are to be read do not exist
└── ``TopicCompacted``    a topic's old records are thrown away by key: nothing can be rebuilt

No exception of aiokafka or FastStream leaves this room.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import KafkaError


class ConsumersError(Exception):
    """Anything that Kafka could not do for us."""


class KafkaUnavailable(ConsumersError):
    """Kafka cannot be reached, or did not answer in time."""


class KafkaRefused(ConsumersError):
    """Kafka refuses what we ask."""


class TopicsMissing(ConsumersError):
    """Topics that are to be read do not exist."""


class TopicCompacted(ConsumersError):
    """A topic that is to be read is compacted."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn what aiokafka raises into ``KafkaUnavailable`` or ``KafkaRefused``."""
    try:
        yield
    except KafkaError as error:
        kind = KafkaUnavailable if error.retriable else KafkaRefused
        raise kind(type(error).__name__) from error
    except ssl.SSLError as error:
        raise KafkaRefused(f"TLS: {error.reason}") from error
    except (TimeoutError, OSError) as error:
        raise KafkaUnavailable(type(error).__name__) from error
