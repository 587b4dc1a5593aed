"""Events as upstream publishes them, each as the bytes of one record."""

import json

REGISTER = "register"
Data = dict[str, object]


def event(kind: str, subject: str, data: Data, **envelope: object) -> bytes:
    """A structured CloudEvent of the type ``sgo.<kind>.v1``."""
    whole = {
        "specversion": "1.0",
        "id": f"{kind}:{subject}:{data.get('version', 0)}",
        "source": "urn:test",
        "type": f"sgo.{kind}.v1",
        "subject": subject,
        "time": "2026-09-01T08:00:00Z",
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(whole | envelope, ensure_ascii=False).encode()


def guardianship(
    guardian: str, pupil: str = "p1", version: int = 1, status: str = "active"
) -> bytes:
    return event(
        "guardianship.changed",
        f"{guardian}:{pupil}",
        {"guardian_id": guardian, "pupil_id": pupil, "version": version, "status": status},
    )


def profile(person: str, account: int | None, version: int = 1) -> bytes:
    data: Data = {"person_id": person, "version": version}
    if account is not None:
        data["max_user_id"] = account
    return event("profile.changed", person, data)


def person(person_id: str, surname: str = "Берёзкин", version: int = 1, **more: object) -> bytes:
    data: Data = {
        "person_id": person_id,
        "version": version,
        "surname": surname,
        "given_name": "Лев",
        "sex": "male",
        "status": "active",
    }
    return event("person.changed", person_id, data | more)
