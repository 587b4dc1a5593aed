"""The events of the benchmark's own: pupils with accounts, and orders that move them."""

from datetime import UTC, datetime

from benchmarks.published import Event
from rollcall import publish

ACCOUNT = 8_000_000_000
"""The first pupil's account; no made-up region has one so high."""


def now() -> str:
    """The time of an event that happens now."""
    return datetime.now(UTC).isoformat()


def _event(kind: str, subject: str, number: int, data: Event) -> Event:
    return {
        "specversion": "1.0",
        "id": f"latency-{kind}-{number}",
        "source": "urn:benchmark:latency",
        "type": f"sgo.{kind}.v1",
        "subject": subject,
        "time": now(),
        "datacontenttype": "application/json",
        "data": data,
    }


def person_id(number: int) -> str:
    """A pupil of the benchmark."""
    return f"latency-{number}"


def pupil(number: int) -> Event:
    """A pupil with an account who is in no class yet."""
    person = person_id(number)
    account: Event = {"person_id": person, "version": 1, "max_user_id": ACCOUNT + number}
    return _event("profile.changed", person, number, account)


def order(kind: str, number: int, pupil_number: int, of_class: Event) -> Event:
    """An order of today."""
    data: Event = {
        "order_id": f"latency-{number:06}",
        "order_number": str(number),
        "ordered_at": now(),
        "school_id": of_class["school_id"],
        "pupil_id": person_id(pupil_number),
        "class_id": of_class["class_id"],
        "effective_on": publish.local_today().isoformat(),
    }
    return _event(f"{kind}.ordered", data["order_id"], number, data)
