"""Kafka's ids of topics, which tell a topic from another of the same name made later.

aiokafka speaks Metadata up to version 5; ids come with version 10. This is version 12 (Kafka
3.1 and later), the first in which nothing but what we need was added.
"""

import uuid
from collections.abc import Sequence
from io import BytesIO
from typing import Any, ClassVar, NamedTuple

from aiokafka.errors import NoError, UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)


class Leader(NamedTuple):
    """The node that leads a partition, and since which epoch."""

    node: int
    epoch: int


class Uuid(AbstractType[uuid.UUID]):  # type: ignore[misc]  # aiokafka's base is untyped for mypy
    """Sixteen bytes."""

    @classmethod
    def encode(cls, value: uuid.UUID) -> bytes:
        """The bytes of ``value``."""
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> uuid.UUID:
        """The next sixteen bytes."""
        return uuid.UUID(bytes=data.read(16))


class _Response(Response):  # type: ignore[misc]  # as above
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString("utf-8")),
                ("topic_id", Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("topic_authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _Struct(RequestStruct):  # type: ignore[misc]  # as above
    API_KEY = 3
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("topic_id", Uuid),
                ("name", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class TopicsRequest(Request[_Struct]):  # type: ignore[misc]  # as above
    """What Kafka knows of these topics; none is created by asking."""

    API_KEY: ClassVar[int] = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_Struct]) -> _Struct:
        """The request on the wire."""
        nobody = uuid.UUID(int=0)
        return request_struct_class([(nobody, name, {}) for name in self._topics], False, False, {})


def parse(response: Any) -> dict[str, tuple[str, dict[int, Leader]]]:  # noqa: ANN401 - aiokafka's
    """Id and partitions with their leaders by name, of the topics that exist.

    Raises:
        KafkaError: nobody can tell of some topic whether it exists.
    """
    found = {}
    for topic in response.to_object()["topics"]:
        error = for_code(topic["error_code"])
        if error is UnknownTopicOrPartitionError:
            continue
        if error is not NoError:
            raise error
        leaders = {
            each["partition"]: Leader(each["leader"], each["leader_epoch"])
            for each in topic["partitions"]
        }
        found[topic["name"]] = (str(topic["topic_id"]), leaders)
    return found
