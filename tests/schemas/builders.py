"""One good event of every type, and how a test says that one thing about it is different."""

import json
from collections.abc import Mapping

from schemas.data import EventData
from schemas.decode import Decoded, Rejected, decode, decode_as
from schemas.encode import PUBLISHED, PublishedData
from schemas.events import RegisterData

Members = dict[str, object]
Header = tuple[str, bytes | None]

SCHOOL: Members = {
    "school_id": "s-1",
    "version": 3,
    "name": "Школа № 7",
    "timezone": "Asia/Kamchatka",
    "community_id": "c:1",
    "status": "active",
}
CLASS: Members = {
    "class_id": "s-1.9g",
    "school_id": "s-1",
    "version": 0,
    "name": "9г",
    "school_year": "2026/2027",
    "class_teacher_id": "p-2",
}
ORDER: Members = {
    "order_id": "o-1",
    "order_number": "17-К",
    "ordered_at": "2026-08-28T12:00:00+12:00",
    "school_id": "s-1",
    "pupil_id": "p-1",
    "class_id": "s-1.9g",
    "effective_on": "2026-09-01",
}
CHAT: Members = {
    "chat_id": "subject:g-1",
    "school_id": "s-1",
    "kind": "subject",
    "class_id": "s-1.9g",
    "subject_group_id": "g-1",
    "max_chat_id": -72057594037927936,
    "title": "9г - Химия",
}
DECISION: Members = {
    "decision_id": "d-1",
    "chat_id": "class:s-1.9g",
    "school_id": "s-1",
    "author": "p-2",
    "at": "2026-09-02T08:00:00.5Z",
}

DATA: Mapping[str, Members] = {
    "sgo.school.changed.v1": SCHOOL,
    "sgo.class.created.v1": CLASS,
    "sgo.class.changed.v1": {**CLASS, "status": "closed", "closed_on": "2027-05-31"},
    "sgo.enrolment.ordered.v1": ORDER,
    "sgo.withdrawal.ordered.v1": ORDER,
    "sgo.order.cancelled.v1": {
        "order_id": "o-1",
        "school_id": "s-1",
        "cancelled_at": "2026-09-03T00:00:00Z",
    },
    "sgo.person.changed.v1": {
        "person_id": "p-1",
        "version": 2**53 - 1,
        "surname": "О'Нил",
        "given_name": "Ёлка",
        "patronymic": "Петровна",
        "birth_date": "2012-02-29",
        "sex": "female",
        "status": "active",
    },
    "sgo.employment.changed.v1": {
        "person_id": "p-2",
        "school_id": "s-1",
        "version": 1,
        "roles": ["teacher", "staff"],
        "status": "active",
    },
    "sgo.guardianship.changed.v1": {
        "guardian_id": "p-3",
        "pupil_id": "p-1",
        "version": 1,
        "status": "ended",
    },
    "sgo.subject-group.changed.v1": {
        "group_id": "g-1",
        "school_id": "s-1",
        "class_id": "s-1.9g",
        "version": 1,
        "subject": "Химия",
        "name": "9г - Химия/1",
        "teacher_ids": ["p-2"],
        "pupils": ["p-1", "p-4"],
        "status": "active",
    },
    "sgo.profile.changed.v1": {"person_id": "p-1", "version": 1, "max_user_id": 2**63 - 1},
    "sgo.lesson.changed.v1": {
        "lesson_id": "l-1",
        "school_id": "s-1",
        "group_id": "g-1",
        "version": 1,
        "topic": "Соли",
        "teacher_id": "p-2",
        "starts_at": "2026-09-01T08:30:00+12:00",
        "ends_at": "2026-09-01T09:15:00+12:00",
        "status": "planned",
    },
    "rollcall.chat.created.v1": CHAT,
    "rollcall.chat.renamed.v1": CHAT,
    "rollcall.chat.deleted.v1": CHAT,
    "rollcall.chat.converged.v1": CHAT,
    "rollcall.membership.decided.v1": {**DECISION, "person_id": "p-1", "membership": "excluded"},
    "rollcall.role.decided.v1": {**DECISION, "person_id": "p-1", "role": "administrator"},
    "rollcall.title.decided.v1": {**DECISION, "title": "9г и родители"},
    "rollcall.deletion.decided.v1": {**DECISION, "deleted": True},
    "rollcall.stay.decided.v1": {**DECISION, "max_user_id": 700100, "stays": True},
    "rollcall.kind.decided.v1": {
        **{name: value for name, value in DECISION.items() if name != "chat_id"},
        "kind": "parents",
        "created": False,
    },
    "rollcall.founding.decided.v1": {
        **DECISION,
        "chat_id": "hand:0b7e7a38-6c8e-5a1c-9d35-2c5c43a1f2aa",
        "kind": "subject",
        "class_id": "s-1.9g",
        "subject_group_id": "g-1",
        "filling": "chosen",
        "title": "9г/Химия",
    },
    "rollcall.lesson.decided.v1": {
        "decision_id": "d-2",
        "lesson_id": "l-1",
        "school_id": "s-1",
        "author": "p-2",
        "at": "2026-09-01T08:30:00Z",
        "title": "Урок о солях",
        "insists": False,
    },
}

PERSON = "sgo.person.changed.v1"


def event(type_name: str, data: object = None, **attributes: object) -> Members:
    """A whole event of a type; its good data unless told otherwise."""
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/sgo/region-50",
        "type": type_name,
        "subject": "somebody",
        "time": "2026-09-01T00:00:00Z",
        "datacontenttype": "application/json",
        "data": DATA[type_name] if data is None else data,
        **attributes,
    }


def with_members(type_name: str, **members: object) -> Members:
    """A whole event whose data has these members instead of, or beside, the good ones."""
    return event(type_name, {**DATA[type_name], **members})


def without(type_name: str, member: str) -> Members:
    """A whole event whose data lacks a member."""
    data = {name: value for name, value in DATA[type_name].items() if name != member}
    return event(type_name, data)


def as_json(value: object) -> bytes:
    """The value as JSON, in UTF-8 as upstream writes it."""
    return json.dumps(value, ensure_ascii=False).encode()


def binary(whole: Members) -> tuple[list[Header], bytes]:
    """The same event in the binary binding."""
    headers: list[Header] = [("content-type", b"application/json")]
    headers += [
        (f"ce_{name}", str(value).encode())
        for name, value in whole.items()
        if name not in {"data", "datacontenttype"}
    ]
    return headers, as_json(whole["data"])


def read(whole: object) -> Decoded[PublishedData] | Rejected:
    """What the decoder makes of a structured event of any type of the contract."""
    return decode_as(PUBLISHED, (), b"key", as_json(whole))


def read_text(value: bytes) -> Decoded[RegisterData] | Rejected:
    """What the decoder makes of these bytes as a structured register event."""
    return decode((), b"key", value)


def reason(outcome: Decoded[EventData] | Rejected) -> str:
    """Why it was rejected; fails if it was not."""
    assert isinstance(outcome, Rejected), "was accepted"
    return outcome.reason


def accepted(outcome: Decoded[PublishedData] | Rejected) -> Decoded[PublishedData]:
    """What was decoded; fails if it was rejected."""
    assert isinstance(outcome, Decoded), outcome
    return outcome
