"""Kafka's question whether its log still holds what we read: where a leader's records end.

Every batch carries the epoch of the leader that took it in; of two logs of a partition the same
offset with the same epoch is the same record. So where the records of our last epoch end before
our offset, what we read is not there any more: the log went back and has grown again
(KIP-101, KIP-320). aiokafka lacks the request; this is version 3 (Kafka 2.3 and later).
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from aiokafka.errors import NoError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int16, Int32, Int64, Schema, String

from projections.facts.offsets import PartitionKey

_CONSUMER = -1
_ANY_EPOCH = -1


class _Response(Response):  # type: ignore[misc]  # aiokafka's base is untyped for mypy
    API_KEY = 23
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            Array(
                ("topic", String("utf-8")),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader_epoch", Int32),
                        ("end_offset", Int64),
                    ),
                ),
            ),
        ),
    )


class _Struct(RequestStruct):  # type: ignore[misc]  # as above
    API_KEY = 23
    API_VERSION = 3
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        ("replica_id", Int32),
        (
            "topics",
            Array(
                ("topic", String("utf-8")),
                (
                    "partitions",
                    Array(
                        ("partition", Int32),
                        ("current_leader_epoch", Int32),
                        ("leader_epoch", Int32),
                    ),
                ),
            ),
        ),
    )


class EpochEndsRequest(Request[_Struct]):  # type: ignore[misc]  # as above
    """Where the records of these epochs end, asked of the partitions' leader."""

    API_KEY: ClassVar[int] = 23

    def __init__(self, epochs: Mapping[PartitionKey, int]) -> None:
        self._epochs = epochs

    def build(self, request_struct_class: type[_Struct]) -> _Struct:
        """The request on the wire."""
        by_topic: dict[str, list[tuple[int, int, int]]] = {}
        for (topic, part), epoch in self._epochs.items():
            by_topic.setdefault(topic, []).append((part, _ANY_EPOCH, epoch))
        return request_struct_class(_CONSUMER, list(by_topic.items()))


def parse(response: Any) -> dict[PartitionKey, int]:  # noqa: ANN401 - aiokafka's
    """The end of each; -1 where the leader knows no epoch as late as ours.

    Raises:
        KafkaError: who was asked is not the leader, or cannot tell now.
    """
    found = {}
    for topic, partitions in response.topics:
        for code, part, _, end in partitions:
            error = for_code(code)
            if error is not NoError:
                raise error
            found[topic, part] = end
    return found
