"""Three nodes of Kafka that are one cluster, each a broker and a controller, to kill and restart.

Guarantees: every topic that does not say otherwise has three copies, and a record is acknowledged
when two have it; no leader moves by itself while all nodes are up.
"""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, NoError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int8, Int16, Int32, Schema, String

from rollcall.embedded import EmbeddedKafka
from rollcall.embedded.ports import HOST, plan_ports
from tests.servers.loops import run_now

NODES: Final = (1, 2, 3)
PATIENCE: Final = 60.0
"""Seconds for what takes one to five; ample, for any machine."""

_PREFERRED = 0

_PROPERTIES = """
node.id={node}
controller.quorum.voters={voters}
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
auto.leader.rebalance.enable=false
"""

Place = tuple[str, int]
"""Topic and partition."""


class Copies(NamedTuple):
    """Where a partition is: -1 leads where nobody does; the first of ``wanted`` should lead."""

    leader: int
    wanted: tuple[int, ...]
    in_step: frozenset[int]


Standing = dict[Place, Copies]


class _Elected(Response):  # type: ignore[misc]  # aiokafka's base is untyped for mypy
    API_KEY = 43
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "topics",
            Array(
                ("topic", String("utf-8")),
                (
                    "partitions",
                    Array(
                        ("partition", Int32),
                        ("error_code", Int16),
                        ("error_message", String("utf-8")),
                    ),
                ),
            ),
        ),
    )


class _Elect(RequestStruct):  # type: ignore[misc]  # as above
    API_KEY = 43
    API_VERSION = 1
    RESPONSE_TYPE = _Elected
    SCHEMA = Schema(
        ("election_type", Int8),
        ("topics", Array(("topic", String("utf-8")), ("partitions", Array(Int32)))),
        ("timeout_ms", Int32),
    )


class _ElectRequest(Request[_Elect]):  # type: ignore[misc]  # as above
    """Let whoever is preferred lead a partition; aiokafka has no such question."""

    API_KEY: ClassVar[int] = 43

    def __init__(self, place: Place) -> None:
        self._topic, self._partition = place

    def build(self, request_struct_class: type[_Elect]) -> _Elect:
        """The request on the wire."""
        topics = [(self._topic, [self._partition])]
        return request_struct_class(_PREFERRED, topics, int(PATIENCE * 1000))


class Cluster:
    """The nodes by their ids."""

    def __init__(self, folder: Path) -> None:
        names = [f"{kind}{node}" for kind in ("broker", "controller") for node in NODES]
        ports = plan_ports(tuple(names))
        voters = ",".join(f"{node}@{HOST}:{ports[f'controller{node}']}" for node in NODES)
        self.nodes = {
            node: EmbeddedKafka(
                folder / f"node{node}",
                ports[f"broker{node}"],
                controller_port=ports[f"controller{node}"],
                properties=_PROPERTIES.format(node=node, voters=voters),
            )
            for node in NODES
        }
        for each in self.nodes.values():
            each.cluster_id = self.nodes[NODES[0]].cluster_id

    @property
    def bootstrap(self) -> str:
        """The addresses of all nodes, whichever are up."""
        return ",".join(each.bootstrap for each in self.nodes.values())

    async def start(self, *nodes: int) -> None:
        """Start these, or all; they answer once most of the cluster is up."""
        await asyncio.gather(*(self.nodes[node].start() for node in nodes or NODES))

    async def kill(self, *nodes: int) -> None:
        """End these with SIGKILL at once, or all."""
        for node in nodes or NODES:
            await self.nodes[node].kill()

    async def standing(self, *topics: str) -> Standing:
        """Which nodes lead and keep these topics."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            await admin.start()
            found = await admin.describe_topics(list(topics))
        finally:
            await admin.close()
        return {
            (topic["topic"], each["partition"]): Copies(
                each["leader"], tuple(each["replicas"]), frozenset(each["isr"])
            )
            for topic in found
            for each in topic["partitions"]
        }

    async def until(self, holds: Callable[[Standing], bool], *topics: str) -> Standing:
        """Wait until these topics stand so.

        Raises:
            TimeoutError: they do not.
        """
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    standing = await self.standing(*topics)
                except KafkaError:  # of a node that was just killed or started
                    standing = {}
                if standing and holds(standing):
                    return standing
                await asyncio.sleep(0.1)

    async def move_to_preferred(self, place: Place) -> None:
        """Have the node lead this partition that should; it must be in step."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            await admin.start()
            answer = await admin._send_to_controller(_ElectRequest(place))  # noqa: SLF001 - as above
        finally:
            await admin.close()
        told = answer.to_object()
        codes = [
            told["error_code"],
            *(p["error_code"] for t in told["topics"] for p in t["partitions"]),
        ]
        for code in codes:
            if for_code(code) is not NoError:
                raise for_code(code)


def whole(standing: Standing) -> bool:
    """Whether every node has every record."""
    return all(len(each.in_step) == len(NODES) for each in standing.values())


def busiest(standing: Standing) -> int:
    """The node that leads most partitions."""
    [(node, _)] = Counter(each.leader for each in standing.values()).most_common(1)
    return node


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """The cluster while the block runs; its data goes with it."""
    made = Cluster(folder)
    try:
        run_now(made.start())
        yield made
    finally:
        run_now(made.kill())
        shutil.rmtree(folder, ignore_errors=True)
