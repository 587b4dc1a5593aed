"""A click in the browser ends in the messenger's chat: the whole stack, on a laptop and a phone."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from rollcall.embedded.ports import HOST, free_port
from tests.browser.browsers import needs_chromium
from tests.browser.test_pages import NOTHING_WRONG, visit
from tests.system.stack import Event, stack

PUPIL, PARENT, CLOSED, TEACHER, CHIEF = "pupil", "parent", "closed", "teacher", "chief"
CLOSED_ACCOUNT = 9_100_003


def event(kind: str, subject: str, **data: object) -> Event:
    return {
        "specversion": "1.0", "id": f"{kind}-{subject}", "source": "a-register",
        "type": f"sgo.{kind}.v1", "subject": subject, "time": "2026-01-10T08:00:00Z",
        "datacontenttype": "application/json", "data": data,
    }  # fmt: skip


def person(who: str, surname: str, account: int | None) -> list[Event]:
    name = {"surname": surname, "given_name": "<img src=x onerror=alert(1)>", "sex": "female"}
    known = event("person.changed", who, person_id=who, version=1, status="active", **name)
    linked = event("profile.changed", who, person_id=who, version=1, max_user_id=account)
    return [known] if account is None else [known, linked]


def employed(who: str, role: str) -> Event:
    data = {"person_id": who, "school_id": "s", "version": 1, "roles": [role], "status": "active"}
    return event("employment.changed", f"{who}:s", **data)


def enrolled(who: str) -> Event:
    data = {"order_id": f"o-{who}", "order_number": "1-у", "school_id": "s", "pupil_id": who,
            "class_id": "9g", "ordered_at": "2026-01-10T08:00:00Z",
            "effective_on": "2026-01-10"}  # fmt: skip
    return event("enrolment.ordered", f"o-{who}", **data)


SCHOOL = [
    event("school.changed", "s", school_id="s", version=1, name="Школа № 12", status="active",
          timezone="Europe/Moscow", community_id="community-12"),
    event("class.created", "9g", class_id="9g", school_id="s", version=1, name="9г",
          school_year="2026/2027", class_teacher_id=TEACHER),
    *person(PUPIL, "Ёлкина", None),
    *person(CLOSED, "Незнакомова", CLOSED_ACCOUNT),
    *person(PARENT, "Закрытая", 9_100_002),
    *person(TEACHER, "Классная", 9_100_001),
    *person(CHIEF, "Управляющая", 9_100_004),
    employed(TEACHER, "teacher"),
    employed(CHIEF, "administrator"),
    enrolled(PUPIL),
    enrolled(CLOSED),
    event("guardianship.changed", f"{PARENT}:{CLOSED}", guardian_id=PARENT, pupil_id=CLOSED,
          version=1, status="active"),
]  # fmt: skip


def settings(prefix: str, ports: tuple[int, int]) -> dict[str, str]:
    console, webhook = ports
    return {
        "ROLLCALL_PROFILES__SOURCE": "rollcall",
        "ROLLCALL_PROFILES__TOPIC": f"{prefix}sgo.profiles",
        "ROLLCALL_SIGN_IN__WAY": "development",
        "ROLLCALL_CONSOLE__PORT": str(console),
        "ROLLCALL_MESSENGER__WEBHOOK_URL": f"http://{HOST}:{webhook}/webhook",
        "ROLLCALL_MESSENGER__WEBHOOK_PORT": str(webhook),
        "ROLLCALL_SWEEP__ENABLED": "true",
    }


@pytest.mark.timeout(240)
@needs_chromium
async def test_a_click_ends_in_the_chat_and_another_one_outside_of_it(
    database_url: str, kafka_server: str, topic_prefix: str, tmp_path: Path
) -> None:
    ports = (free_port(), free_port())
    given = (database_url, kafka_server, tmp_path, topic_prefix)
    async with stack(*given, settings(topic_prefix, ports)) as school:
        path = f"/sim/accounts/{CLOSED_ACCOUNT}"
        assert (await school.http.put(path, json={"refuses": "privacy"})).status_code == 200
        await school.publish(SCHOOL)
        await school.run()
        await school.settled()
        for place, width in enumerate((1366, 390)):
            found = await visit(
                f"http://{HOST}:{ports[0]}", width, "visit_linking",
                "--simulator", school.simulator.base_url, "--account", str(9_200_000 + place),
                *pictures(),
            )  # fmt: skip
            seen: dict[str, Any] = found.pop("seen")
            assert found == NOTHING_WRONG
            assert seen == {
                "links": 1, "focus": "H1", "in": ["9г - Ученики"], "into": "max.ru", "out": [],
                "child's link": 1, "copied": "community-12",
            }, json.dumps(seen, ensure_ascii=False)  # fmt: skip


def pictures() -> list[str]:
    """Each screen is kept in the folder that ``ROLLCALL_TEST_PICTURES`` names."""
    folder = os.environ.get("ROLLCALL_TEST_PICTURES")
    return [] if folder is None else ["--pictures", folder]
