"""The AsyncAPI 3.0 document: by which topics the events travel, and in which direction."""

from typing import Final

from schemas.documents import ENVELOPE_FILE, Schema, file_of
from schemas.encode import PUBLISHED
from schemas.events import (
    LESSONS_TOPIC,
    ORDERS_TOPIC,
    PARTITIONS,
    PROFILES_TOPIC,
    REGISTER_TOPIC,
)
from schemas.outgoing import CHATS_TOPIC, DECISIONS_TOPIC

CONTRACT_VERSION: Final = "1.0.0"
KAFKA_BINDING: Final = "0.5.0"

_TOPICS: Final = {
    REGISTER_TOPIC: "Schools, classes, people, employments, guardianships and subject groups.",
    ORDERS_TOPIC: "Orders that place pupils in classes, and their cancellations.",
    PROFILES_TOPIC: "People's accounts in the messenger.",
    LESSONS_TOPIC: "Lessons of the timetable.",
    CHATS_TOPIC: "The life of chats; at least once, each event with a stable id.",
    DECISIONS_TOPIC: "What staff decided by hand about chats, by ids only.",
}

_OPERATIONS: Final = (
    ("receiveRegister", "receive", REGISTER_TOPIC, "Rollcall reads the register."),
    ("receiveOrders", "receive", ORDERS_TOPIC, "Rollcall reads the orders."),
    ("receiveProfiles", "receive", PROFILES_TOPIC, "Rollcall reads who has which account."),
    ("receiveLessons", "receive", LESSONS_TOPIC, "Rollcall reads the timetable."),
    ("sendChats", "send", CHATS_TOPIC, "Rollcall tells what became of its chats."),
    ("sendDecisions", "send", DECISIONS_TOPIC, "Rollcall keeps its journal of decisions."),
    (
        "receiveDecisions",
        "receive",
        DECISIONS_TOPIC,
        "A restored database takes the decisions that it lacks.",
    ),
    (
        "sendProfiles",
        "send",
        PROFILES_TOPIC,
        "Only where an installation sets profiles.source=rollcall: nobody else sends then.",
    ),
)


def asyncapi() -> Schema:
    """The whole document, its parts in the order in which they are read."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rollcall",
            "version": CONTRACT_VERSION,
            "description": (
                "CloudEvents 1.0 over Kafka. Both bindings are read, binary where a header "
                "`ce_specversion` is present; Rollcall writes structured events. An event is "
                "the whole state of its entity; neither key, topic nor order matters to a "
                "reader. A change of this contract only ever adds."
            ),
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic: _channel(topic, text) for topic, text in _TOPICS.items()},
        "operations": {
            name: {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic}"},
                "summary": summary,
            }
            for name, action, topic, summary in _OPERATIONS
        },
        "components": {"messages": {name: _message(name) for name in PUBLISHED}},
    }


def _channel(topic: str, description: str) -> Schema:
    return {
        "address": topic,
        "description": description,
        "messages": {
            event.name: {"$ref": f"#/components/messages/{event.name}"}
            for event in PUBLISHED.values()
            if event.topic == topic
        },
        "bindings": {
            "kafka": {
                "topic": topic,
                "partitions": PARTITIONS,
                "topicConfiguration": {"cleanup.policy": ["delete"]},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


def _message(name: str) -> Schema:
    event = PUBLISHED[name]
    return {
        "name": name,
        "summary": (event.model.__doc__ or "").partition("\n")[0],
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                {"$ref": f"./{ENVELOPE_FILE}"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": name},
                        "data": {"$ref": f"./{file_of(name)}"},
                    },
                },
            ]
        },
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "The event's subject."},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }
