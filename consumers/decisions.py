"""Decisions by hand, read back from our own topic.

A database that was restored lacks what people decided since its copy, and would let in again
whom the school excluded. So the topic is read from where PostgreSQL stands, and like every
topic its end is watched: no chat is changed until what it holds is here. What is here already
changes nothing, so reading our own decisions as they are published costs a row's look-up.

No group and no commits: every process reads all of it, and compare-and-set tells two apart.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from consumers.assignment import logs_of, place
from consumers.closing import let_go_of
from consumers.errors import ConsumersError, translated
from consumers.kafka_config import KafkaConfig, client_options
from consumers.kafka_view import KafkaView
from consumers.partition_batches import bad_record
from consumers.resume import resume
from domain.chats import ChatKind, Filling
from domain.decisions import (
    AnyDecision,
    ChatDecision,
    Decision,
    Deletion,
    KindDecision,
    KindSwitch,
    LessonDecision,
    MembershipDecision,
    RoleDecision,
    Stay,
    StayDecision,
)
from domain.founding import Founding, Purpose
from domain.ids import ChatId, ClassId, GroupId, LessonId, MaxUserId, PersonId, SchoolId
from loops.waiting import nap
from projections.by_hand.decision_log import DecisionLog
from projections.errors import OffsetsMoved, StoreError
from projections.facts.ingest_store import IngestStore
from projections.facts.offsets import PartitionKey, Position, ReadingState, Step
from projections.facts.quarantine import BadRecord
from schemas.decode import Rejected, decode_as
from schemas.outgoing import (
    DECISIONS,
    DECISIONS_TOPIC,
    DecisionData,
    DeletionDecided,
    FoundingDecided,
    KindDecided,
    LessonDecided,
    MembershipDecided,
    RoleDecided,
    StayDecided,
    TitleDecided,
)

log = structlog.get_logger()

POLL_SECONDS = 0.5
"""How long a poll waits for records; also how soon an older database is noticed."""
AT_ONCE = 500
_RETRY_SECONDS = 2.0

AboutChat: TypeAlias = (
    MembershipDecided | RoleDecided | TitleDecided | DeletionDecided | FoundingDecided | StayDecided
)
Record: TypeAlias = "ConsumerRecord[bytes, bytes]"


class DecisionsReader:
    """Keeps the journal as complete as the topic is."""

    def __init__(
        self,
        kafka: KafkaConfig,
        store: IngestStore,
        journal: DecisionLog,
        topic: str = DECISIONS_TOPIC,
    ) -> None:
        self._kafka = kafka
        self._store = store
        self._journal = journal
        self._topic = topic

    async def run(self, stop: asyncio.Event) -> None:
        """Read until ``stop``; while Kafka or PostgreSQL is away, try again."""
        while not stop.is_set():
            try:
                async with KafkaView(self._kafka) as view, self._consumer() as consumer:
                    while not stop.is_set():
                        if not await self._round(view, consumer):
                            await nap(stop, POLL_SECONDS)
            except (ConsumersError, StoreError) as error:
                log.warning("decisions.wait", error=type(error).__name__)
                await nap(stop, _RETRY_SECONDS)

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer: AIOKafkaConsumer = AIOKafkaConsumer(
            **client_options(self._kafka), isolation_level="read_committed", group_id=None
        )
        try:
            with translated():
                await consumer.start()
            yield consumer
        finally:
            await let_go_of(consumer)

    async def _round(self, view: KafkaView, consumer: AIOKafkaConsumer) -> bool:
        """Take in what lies past where PostgreSQL stands now; False where nothing can be read."""
        standings = await self._standings(view)
        readable = {
            TopicPartition(*key): standing
            for key, standing in standings.items()
            if standing.state is ReadingState.READING
        }
        if not readable:
            return False
        if consumer.assignment() != readable.keys():
            consumer.assign(list(readable))
        for partition, standing in readable.items():
            consumer.seek(partition, standing.next_off)
        with translated():
            fetched = await consumer.getmany(
                timeout_ms=int(POLL_SECONDS * 1000), max_records=AT_ONCE
            )
        if fetched:
            with suppress(OffsetsMoved):  # another process has read it, or somebody has set it back
                await self._take(fetched, readable)
        return True

    async def _standings(self, view: KafkaView) -> dict[PartitionKey, Position]:
        """Where each partition is read from, by the rules of all topics."""
        stored = await self._store.standings((self._topic,))
        views = await view.topics((self._topic,))
        keys = [(self._topic, part) for topic in views.values() for part in topic.partitions]
        stood = {key: stored.get(key) for key in keys}
        logs = await logs_of(view, views, stood)
        found = {key: resume(stood[key], log, None) for key, log in logs.items()}
        await place(self._store, stored, found)
        return {key: each.standing for key, each in found.items()}

    async def _take(
        self,
        fetched: Mapping[TopicPartition, list[Record]],
        standings: Mapping[TopicPartition, Position],
    ) -> None:
        found: list[AnyDecision | LessonDecision] = []
        bad: list[BadRecord] = []
        steps = []
        for partition, records in fetched.items():
            standing = standings[partition]
            for record in records:
                decoded = decode_as(DECISIONS, record.headers, record.key, record.value)
                if isinstance(decoded, Rejected):
                    bad.append(bad_record(record, decoded.reason, standing.topic_id))
                else:
                    found.append(decision_of(decoded.data))
            start, end = standing.next_off, records[-1].offset + 1
            steps.append(Step(partition.topic, partition.partition, standing.topic_id, start, end))
        lacked = await self._journal.take(found, bad, steps)
        if lacked:
            log.warning("decisions.read_back", records=lacked)


def decision_of(data: DecisionData) -> AnyDecision | LessonDecision:
    """The decision that an event of ours tells of."""
    if isinstance(data, KindDecided):
        switch = KindSwitch.ON if data.created else KindSwitch.OFF
        school, kind = SchoolId(data.school_id), ChatKind(data.kind)
        return KindDecision(data.decision_id, school, kind, data.author, data.at, switch)
    if isinstance(data, LessonDecided):
        return _of_a_lesson(data)
    return _of_a_chat(data)


def _of_a_lesson(data: LessonDecided) -> LessonDecision:
    lesson_id, school_id = LessonId(data.lesson_id), SchoolId(data.school_id)
    return LessonDecision(
        data.decision_id, lesson_id, school_id, data.author, data.at, data.title, data.insists
    )


def _of_a_chat(data: AboutChat) -> AnyDecision:
    chat_id = ChatId(data.chat_id)
    match data:
        case MembershipDecided() | RoleDecided():
            choice = (
                MembershipDecision(data.membership)
                if isinstance(data, MembershipDecided)
                else RoleDecision(data.role)
            )
            person_id = PersonId(data.person_id)
            return Decision(data.decision_id, chat_id, person_id, data.author, data.at, choice)
        case TitleDecided():
            return ChatDecision(data.decision_id, chat_id, data.author, data.at, data.title or "")
        case DeletionDecided():
            deletion = Deletion.DELETED if data.deleted else Deletion.KEPT
            return ChatDecision(data.decision_id, chat_id, data.author, data.at, deletion)
        case StayDecided():
            stay = Stay.KEPT if data.stays else Stay.RELEASED
            account = MaxUserId(data.max_user_id)
            return StayDecision(data.decision_id, chat_id, account, data.author, data.at, stay)
        case FoundingDecided():
            return ChatDecision(data.decision_id, chat_id, data.author, data.at, _founding(data))


def _founding(data: FoundingDecided) -> Founding:
    purpose = Purpose(
        SchoolId(data.school_id),
        ChatKind(data.kind),
        None if data.class_id is None else ClassId(data.class_id),
        None if data.subject_group_id is None else GroupId(data.subject_group_id),
    )
    return Founding(purpose, Filling(data.filling), data.title)
