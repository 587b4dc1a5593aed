"""What can go wrong with Kafka, in the project's own words.

``ConsumersError``
├── ``KafkaUnavailable``  it cannot be reached, or did not answer in time: try again later
├── ``KafkaRefused``      it refuses what we ask (rights, a bad setting): a person must look
├── ``KafkaMisconfigured``  we cannot even ask: a file that the settings name cannot be used
├── ``TopicsMissing``     topics that are to be read do not exist
└── ``TopicCompacted``    a topic's old records are thrown away by key: nothing can be rebuilt

No exception of aiokafka or FastStream leaves this room.
"""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import KafkaError, KafkaTimeoutError

from loops.together import was_asked_to_end


class ConsumersError(Exception):
    """Anything that Kafka could not do for us."""


class KafkaUnavailable(ConsumersError):
    """Kafka cannot be reached, or did not answer in time."""


class KafkaRefused(ConsumersError):
    """Kafka refuses what we ask."""


class KafkaMisconfigured(ConsumersError):
    """What we are told of Kafka cannot be used; the message says what."""


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
        # aiokafka tells of a broker that ends the TLS of a connection as of one that is away.
        if isinstance(error.__cause__, ssl.SSLError):
            raise KafkaRefused(f"TLS: {tls_reason(error.__cause__)}") from error
        # It calls no answer in time final, of a partition whose leader is away too.
        again = error.retriable or isinstance(error, KafkaTimeoutError)
        kind = KafkaUnavailable if again else KafkaRefused
        raise kind(type(error).__name__) from error
    except ssl.SSLError as error:
        raise KafkaRefused(f"TLS: {tls_reason(error)}") from error
    except (TimeoutError, OSError) as error:
        raise KafkaUnavailable(type(error).__name__) from error
    except asyncio.CancelledError as error:
        # aiokafka gives up what its own tasks would have answered, as where a broker dies.
        if was_asked_to_end():
            raise
        raise KafkaUnavailable(type(error).__name__) from error


def tls_reason(error: ssl.SSLError) -> str:
    """What TLS holds against the other side, in few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (error.reason or type(error).__name__).replace("_", " ").lower()
